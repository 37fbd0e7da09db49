"""Files of one format or dialect as files of another."""
