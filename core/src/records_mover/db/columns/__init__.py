"""Columns of tables: their types, what they hold, and which of them a source fills."""
