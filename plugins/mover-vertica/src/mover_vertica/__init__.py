"""Vertica for records-mover."""
