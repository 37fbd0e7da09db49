"""DuckDB for records-mover."""
