"""JSON lines: read, written, and their types found."""
