"""What Redshift's manual lets a statement say, one file a statement."""
