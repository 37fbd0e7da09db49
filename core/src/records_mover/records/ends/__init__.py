"""What can be an end of a move: files, tables, frames and streams, and how they are named."""
