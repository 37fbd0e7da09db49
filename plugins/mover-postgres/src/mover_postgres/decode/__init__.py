"""Binary COPY to Arrow: rows are found and cut into columns many at a time."""
