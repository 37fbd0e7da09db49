"""Moves table-shaped data by the fastest route that both ends allow."""
