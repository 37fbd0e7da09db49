"""Loading what is good of a stream in which some rows are bad, and saying which ones those are."""
