"""COPY FROM STDIN: text, batches and large files, by one connection or by several."""
