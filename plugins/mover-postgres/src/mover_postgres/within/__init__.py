"""From a table into another of the same server, without a row that leaves it."""
