"""Comparing what arrived with what was sent, by count and by checksums."""
