"""How identifiers, literals and the values of options are written in Redshift's statements."""

from __future__ import annotations

from records_mover.errors import FormatError, SchemaError

__all__ = ["NAME_BYTES", "folded", "identifier", "literal", "option"]

NAME_BYTES = 127


def folded(name: str) -> str:
    """Return a name as the server stores it: ASCII letters in lower case, 127 bytes at most."""
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in name)
    return lower.encode(errors="surrogatepass")[:NAME_BYTES].decode(errors="ignore")


def identifier(name: str) -> str:
    """Return an identifier in double quotes."""
    if "\0" in name:
        raise SchemaError(f"the name {name!r} holds a NUL character", "rename it")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in single quotes, in which a backslash escapes what follows."""
    if "\0" in text:
        raise SchemaError(f"the text {text!r} holds a NUL character", "leave it out")
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


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
