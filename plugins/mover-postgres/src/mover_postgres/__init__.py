"""PostgreSQL for records-mover."""
