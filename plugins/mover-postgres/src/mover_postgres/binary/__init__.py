"""Arrow to PostgreSQL as binary COPY: built in bulk, and exact or refused."""
