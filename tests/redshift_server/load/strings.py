"""CHAR and VARCHAR: lengths in bytes, and UTF-8 that is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.load.problem import FieldProblem

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn

__all__ = ["char_value", "varchar_value"]

_MULTIBYTE = "Multibyte character not supported for CHAR (Hint: Try using VARCHAR)."
_CONTINUATION = 0x80
_KIND_OF_BYTE = 0xC0


def varchar_value(field: bytes, column: TableColumn, statement: CopyStatement) -> bytes:
    """Check and cut a VARCHAR."""
    text = _valid(field, statement)
    if statement.flag("trimblanks"):
        text = text.rstrip(b" ")
    return _fitting(text, column, statement)


def char_value(field: bytes, column: TableColumn, statement: CopyStatement) -> bytes:
    """Check and cut a CHAR; it takes single bytes only."""
    for place, byte in enumerate(field):
        if byte >= _CONTINUATION:
            bad = " ".join(f"{one:02x}" for one in field[place : place + 4])
            raise FieldProblem(1220, f"{_MULTIBYTE} Invalid char: {bad}", place)
    return _fitting(field.rstrip(b" "), column, statement)


def _fitting(text: bytes, column: TableColumn, statement: CopyStatement) -> bytes:
    if not column.size or len(text) <= column.size:
        return text
    if not text[column.size :].strip(b" "):
        return text[: column.size]
    if not statement.flag("truncatecolumns"):
        raise FieldProblem(1204, "String length exceeds DDL length")
    end = column.size
    while end and text[end] & _KIND_OF_BYTE == _CONTINUATION:
        end -= 1
    return text[:end]


def _valid(field: bytes, statement: CopyStatement) -> bytes:
    if field.isascii():
        return field
    try:
        field.decode("utf-8")
    except UnicodeDecodeError as error:
        if "acceptinvchars" not in statement.options:
            raise _bad_bytes(field, error) from None
        mark = statement.text("acceptinvchars", "?").encode()
        return _replaced(field, mark)
    return field


def _replaced(field: bytes, mark: bytes) -> bytes:
    """Put the mark in the place of each byte that is no part of a character."""
    text = field.decode("utf-8", "surrogateescape")
    return b"".join(mark if "\udc80" <= letter <= "\udcff" else letter.encode() for letter in text)


def _bad_bytes(field: bytes, error: UnicodeDecodeError) -> FieldProblem:
    start = error.start
    bad = " ".join(f"{byte:02x}" for byte in field[start : error.end])
    kind = 2 if "unexpected end" in error.reason else 4 if "continuation" in error.reason else 3
    reason = (
        "String contains invalid or unsupported UTF8 codepoints."
        f" Bad UTF8 hex sequence: {bad} (error {kind})"
    )
    return FieldProblem(1220, reason, start)
