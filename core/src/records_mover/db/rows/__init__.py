"""Rows by SELECT and INSERT, for any dialect."""
