"""S3 for records-mover."""
