"""The values of columns, whole arrays at a time: their text, their types, their checksum."""
