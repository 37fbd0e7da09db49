"""SQL text: its words, and a statement in the words of the PostgreSQL behind."""
