"""Measures records-mover against the best tool for each job, on this machine, in one run."""
