"""COPY: objects in, rows out, and every error with its file, line and column."""
