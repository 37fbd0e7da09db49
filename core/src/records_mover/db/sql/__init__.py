"""Words of SQL: names, types and queries as text, whatever the dialect."""
