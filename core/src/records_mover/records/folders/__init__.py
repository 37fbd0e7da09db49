"""Folders of data files: records directories, partitions, and what is written into them."""
