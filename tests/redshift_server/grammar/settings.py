"""Options of COPY and UNLOAD as a table: what follows each word, and that none comes twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redshift_server.grammar.cursor import Cursor

__all__ = ["Option", "one_byte", "take_option", "unescaped"]

Option = str | int | bool
"""A text, a count, or that a word was there (False: that it was said to be off)."""

_OCTAL = 8
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\b": "\b", "\\f": "\f", "\\v": "\v"}


def take_option(cursor: Cursor, kinds: Mapping[str, str], said: dict[str, Option]) -> None:
    """Take one option; ``kinds`` says what may follow each word."""
    token = cursor.here
    if token is None or token.kind != "word" or token.value not in kinds:
        cursor.fail()
    word = cursor.next().value
    if word in said:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")
    said[word] = _value(cursor, kinds[word])


def _value(cursor: Cursor, kind: str) -> Option:
    if kind == "flag":
        return True
    if kind.startswith("switch"):
        return _switch(cursor, kind)
    cursor.take("as")
    if kind == "count":
        return cursor.integer()
    if kind == "optional text":
        return cursor.string() if cursor.at_string() else True
    return cursor.string()


def _switch(cursor: Cursor, kind: str) -> Option:
    for words, value in ((("on", "true"), True), (("off", "false"), False)):
        if any(cursor.take(word) for word in words):
            return value
    if "preset" in kind and cursor.take("preset"):
        return "preset"
    return True


def unescaped(text: str) -> str:
    r"""Return the character that ``\t`` or ``\001`` means, or the text as it is."""
    if text in _ESCAPES:
        return _ESCAPES[text]
    digits = text[1:]
    if text[:1] == "\\" and digits and all(digit in "01234567" for digit in digits):
        return chr(int(digits, _OCTAL))
    return text


def one_byte(text: str, what: str) -> str:
    """Return the one ASCII character that a delimiter or a quote must be."""
    letter = unescaped(text)
    if len(letter) != 1 or not letter.isascii():
        raise RedshiftError(f"COPY {what} must be a single ASCII character", sqlstate="0A000")
    return letter
