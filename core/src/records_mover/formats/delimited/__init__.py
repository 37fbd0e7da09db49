"""Delimited text: its hints, where its records are, its values read and written."""
