"""Rows of a SELECT, read past the driver's row parser and made into Arrow columns in bulk."""
