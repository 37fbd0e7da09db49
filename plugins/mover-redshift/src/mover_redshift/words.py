"""How identifiers, literals and the values of options are written in Redshift's statements."""

from __future__ import annotations

from records_mover.db.sql.names import cut, identifier
from records_mover.db.sql.names import literal as standard
from records_mover.errors import FormatError

__all__ = ["NAME_BYTES", "folded", "identifier", "literal", "option", "s3_url"]

NAME_BYTES = 127


def folded(name: str) -> str:
    """Return a name as the server stores it: ASCII letters in lower case, 127 bytes at most."""
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in name)
    return cut(lower, NAME_BYTES)


def literal(text: str) -> str:
    """Return a text in single quotes, in which a backslash escapes what follows."""
    return standard(text.replace("\\", "\\\\"))


def s3_url(url: str) -> str:
    """Return the URL of a file or folder as the server spells it, whatever the store calls S3."""
    return "s3://" + url.partition("://")[2]


def option(text: str) -> str:
    r"""Return the value of an option of COPY and UNLOAD, which read ``\N``, ``\t`` and ``\001``.

    Only ``\N`` may hold a backslash: for any other text the manual leaves open what it means.
    """
    if text == "\\N":
        return "'\\N'"
    if "\\" in text or not all(letter.isascii() for letter in text):
        raise FormatError(f"COPY and UNLOAD cannot be told {text!r}", "choose another sign")
    return "'" + "".join(_shown(letter) for letter in text) + "'"


def _shown(letter: str) -> str:
    if letter == "\t":
        return "\\t"
    if letter == "'":
        return "''"
    return letter if letter.isprintable() else f"\\{ord(letter):03o}"
