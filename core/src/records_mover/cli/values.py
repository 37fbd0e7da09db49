"""Reading and writing the values of options: hints, lists of columns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["hint_option", "names", "parse_hint", "size", "written"]

_WORDS: dict[str, object] = {"null": None, "none": None, "true": True, "false": False}
_WORDS |= {"True": True, "False": False}  # and not None, which may be how NULL is written
_ESCAPE = re.compile(r"\\(?:([tnrf0\\])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_SIMPLE = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "0": "\0", "\\": "\\"}
_SIZE = re.compile(r"([1-9][0-9]*)([kKmMgG]?)[bB]?")
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}
_NUMBER = re.compile(r"[0-9]+")


def parse_hint(text: str) -> tuple[str, object]:
    r"""Read ``name=value``; raise ``ValueError`` for anything else.

    The value is ``true``, ``false``, ``null``, a whole number, text in JSON's double quotes, or
    text as it stands, in which ``\t``, ``\n``, ``\r``, ``\f``, ``\0``, ``\\``, ``\x01`` and
    ``\u2028`` mean what they mean in Python, and any other backslash itself.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"{text!r} is not name=value")
    return name.strip(), _value(value)


def _value(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text)
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            pass  # text that happens to stand between quotes
    return _ESCAPE.sub(_meant, text)


def _meant(match: re.Match[str]) -> str:
    simple, byte, unit = match.groups()
    return _SIMPLE[simple] if simple else chr(int(byte or unit, 16))


def hint_option(name: str, value: object) -> str:
    """Return the ``--hint`` option that says a hint, as a shell reads it."""
    import shlex

    return f"--hint {shlex.quote(f'{name}={written(value)}')}"


def written(value: object) -> str:
    """Return a hint's value as ``parse_hint`` reads it."""
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    text = str(value)
    plain = "".join(_escaped(character) for character in text)
    return plain if _value(plain) == text else json.dumps(text)


def _escaped(character: str) -> str:
    for letter, meant in _SIMPLE.items():
        if character == meant:
            return f"\\{letter}"
    return character if character.isprintable() else json.dumps(character)[1:-1]


def names(texts: Sequence[str]) -> tuple[str, ...]:
    """Split lists of names at their commas; a name in double quotes may hold commas."""
    if not texts:
        return ()
    import csv

    rows = csv.reader(texts, skipinitialspace=True, strict=True)
    try:
        found = [name.strip() for row in rows for name in row or [""]]
    except csv.Error as error:
        raise ValueError(f"{', '.join(texts)!r} is no list of names: {error}") from error
    if not all(found):
        raise ValueError(f"{', '.join(texts)!r} has an empty name in it")
    return tuple(found)


def size(text: str | None) -> int | None:
    """Read a number of bytes, in thousands with ``k``, millions with ``M``, billions with ``G``."""
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size: write 500000, 64M or 1G")
    number, unit = match.groups()
    return int(number) * int(_UNITS[unit.lower()])
