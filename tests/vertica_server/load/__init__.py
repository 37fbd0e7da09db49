"""COPY at work: sources, parsers, conversions, and what becomes of rejected rows."""
