"""DDL: done in the PostgreSQL behind, and written down where that has no place for it."""
