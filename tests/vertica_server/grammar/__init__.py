"""Grammars of the statements that only Vertica has, each from its page of the manual."""
