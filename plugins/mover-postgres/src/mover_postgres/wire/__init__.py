"""Bytes on their way to a server and from one, past the driver where that is quicker."""
