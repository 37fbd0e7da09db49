"""UNLOAD: a query in, objects out."""
