"""SUPER, VARBYTE and GEOMETRY as text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from redshift_server.load.problem import FieldProblem

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn

__all__ = ["JSON_MARK", "compact", "geometry_value", "super_value", "varbyte_value"]

JSON_MARK = b"\x01"
"""What a SUPER of JSON begins with inside; see catalog/1_types.sql."""

_BLANK = re.compile(r'("(?:[^"\\]|\\.)*")|\s+', re.DOTALL)
_MAX_SUPER = 16 << 20


def compact(text: str) -> str:
    """Return a JSON text without blanks between its parts, its numbers as they were."""
    return _BLANK.sub(lambda found: found.group(1) or "", text)


def super_value(field: bytes, _column: TableColumn, _statement: CopyStatement) -> bytes:
    """Text for SUPER is serialised JSON (page ingest-super)."""
    try:
        text = field.decode("utf-8")
        json.loads(text, parse_constant=_no_constant)
    except ValueError:
        raise FieldProblem(1224, "Invalid JSON format: SUPER") from None
    value = compact(text).encode()
    if len(value) > _MAX_SUPER:
        raise FieldProblem(1224, "SUPER value exceeds export size.")
    return JSON_MARK + value


def _no_constant(name: str) -> object:
    raise ValueError(name)


def varbyte_value(field: bytes, column: TableColumn, statement: CopyStatement) -> bytes:
    """Text for VARBYTE is hexadecimal."""
    text = field.strip()
    if len(text) % 2 or not re.fullmatch(rb"[0-9A-Fa-f]*", text):
        raise FieldProblem(1219, "Invalid hex digit for VARBYTE")
    if column.size and len(text) // 2 > column.size:
        if not statement.flag("truncatecolumns"):
            raise FieldProblem(1204, "String length exceeds DDL length")
        text = text[: 2 * column.size]
    return b"\\x" + text.lower()


def geometry_value(field: bytes, _column: TableColumn, _statement: CopyStatement) -> bytes:
    """Text for GEOMETRY is hexadecimal EWKB: a byte order and a type at least."""
    text = field.strip().upper()
    if not re.fullmatch(rb"0[01](?:[0-9A-F]{2}){4,}", text):
        raise FieldProblem(1222, "Invalid geometry: not EWKB in hexadecimal")
    return text
