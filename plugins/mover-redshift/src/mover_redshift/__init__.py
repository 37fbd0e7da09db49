"""Redshift for records-mover."""
