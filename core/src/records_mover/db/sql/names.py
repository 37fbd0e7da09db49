"""Names and texts as the SQL standard writes them, for servers that write them so."""

from __future__ import annotations

from records_mover.errors import SchemaError

__all__ = ["checked_name", "cut", "identifier", "literal"]


def checked_name(name: str) -> str:
    """Return a name as it is; ``SchemaError`` for one with a NUL character, which no server has."""
    if "\0" in name:
        raise SchemaError(f"the name {name!r} holds a NUL character", "rename it")
    return name


def identifier(name: str) -> str:
    """Return an identifier in double quotes; ``SchemaError`` where it cannot be one."""
    return '"' + checked_name(name).replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in single quotes, in which a backslash means nothing.

    Raises ``SchemaError`` for a text with a NUL character.
    """
    if "\0" in text:
        raise SchemaError(f"the text {text!r} holds a NUL character", "leave it out")
    return "'" + text.replace("'", "''") + "'"


def cut(name: str, octets: int) -> str:
    """Return as much of a name as so many octets of UTF-8 hold, with no character in part."""
    return name.encode(errors="surrogatepass")[:octets].decode(errors="ignore")
