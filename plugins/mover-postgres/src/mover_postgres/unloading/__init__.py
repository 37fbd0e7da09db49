"""COPY TO STDOUT: as text, and decoded into Arrow batches."""
