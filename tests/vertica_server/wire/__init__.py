"""The protocol that Vertica's clients speak, version 3.x."""
