"""Connections to a server: addresses, transactions, what goes wrong on them, and their end."""
