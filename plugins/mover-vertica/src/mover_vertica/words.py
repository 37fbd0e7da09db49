"""How identifiers, literals and the values of options are written in Vertica's statements."""

from __future__ import annotations

from records_mover.db.sql.names import cut, identifier, literal
from records_mover.errors import FormatError

__all__ = ["NAME_BYTES", "identifier", "literal", "option", "s3_url", "same_name", "shortened"]

NAME_BYTES = 128
"""Octets of a name; its case is kept, and ignored even in quotes (page Identifiers)."""


def shortened(name: str) -> str:
    """Return a name as the server can hold it: 128 octets of it at most, no character cut."""
    return cut(name, NAME_BYTES)


def same_name(name: str) -> str:
    """Return what two names have in common that are one to the server."""
    return name.lower()


def s3_url(url: str) -> str:
    """Return the URL of a file or folder as the server spells it, whatever the store calls S3."""
    return "s3://" + url.partition("://")[2]


def option(text: str) -> str:
    r"""Return the value of an option of COPY or EXPORT, control characters as ``E'\001'``.

    Raises ``FormatError`` for what is not ASCII.
    """
    if not all(letter.isascii() for letter in text):
        raise FormatError(f"Vertica cannot be told {text!r}", "choose a sign of ASCII")
    if text.isprintable():
        return literal(text)
    return "E'" + "".join(_shown(letter) for letter in text) + "'"


_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "''"}


def _shown(letter: str) -> str:
    named = _NAMED.get(letter)
    if named is not None:
        return named
    return letter if letter.isprintable() else f"\\{ord(letter):03o}"
