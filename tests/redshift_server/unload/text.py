"""Rows as lines: delimited, CSV, fixed width, JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.settings import one_byte, unescaped
from redshift_server.relay import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redshift_server.grammar.unload import UnloadStatement
    from redshift_server.unload.fields import Field

__all__ = ["compressed", "header_line", "line_writer"]

_NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}
_STRINGS = {"varchar", "bpchar", "text", "unknown", "name", "super"}
_TEXT_ONLY = {"geometry", "hllsketch", "varbyte"}

Line = "Callable[[Sequence[bytes | None]], bytes]"


def compressed(data: bytes, statement: UnloadStatement) -> bytes:
    """Return a file's bytes in the codec that was asked for."""
    if statement.flag("gzip"):
        import gzip

        return gzip.compress(data, 6)
    if statement.flag("bzip2"):
        import bz2

        return bz2.compress(data)
    if statement.flag("zstd"):
        import pyarrow as pa

        packed: bytes = pa.compress(data, "zstd", asbytes=True)
        return packed
    return data


def header_line(statement: UnloadStatement, fields: Sequence[Field]) -> bytes:
    """Return the line that HEADER asks for, or nothing."""
    if not statement.flag("header"):
        return b""
    return line_writer(statement, fields)([field.name.encode() for field in fields])


def line_writer(
    statement: UnloadStatement, fields: Sequence[Field]
) -> Callable[[Sequence[bytes | None]], bytes]:
    """Return what writes one row."""
    if "fixedwidth" in statement.options:
        return _fixed(statement, fields)
    if statement.format == "json":
        return _json(fields)
    kinds = [field.type for field in fields]
    default = "," if statement.format == "csv" else "|"
    delimiter = one_byte(statement.text("delimiter", default), "delimiter").encode()
    null = unescaped(statement.text("null")).encode()
    field = (
        _csv_field(delimiter) if statement.format == "csv" else _plain_field(statement, delimiter)
    )

    def write(row: Sequence[bytes | None]) -> bytes:
        values = [shown(value, kind) for value, kind in zip(row, kinds, strict=True)]
        return delimiter.join(null if v is None else field(v) for v in values) + b"\n"

    return write


def _csv_field(delimiter: bytes) -> Callable[[bytes], bytes]:
    special = re.compile(rb'["\r\n' + re.escape(delimiter) + rb"]")

    def write(value: bytes) -> bytes:
        return b'"' + value.replace(b'"', b'""') + b'"' if special.search(value) else value

    return write


def _plain_field(statement: UnloadStatement, delimiter: bytes) -> Callable[[bytes], bytes]:
    quotes = statement.flag("addquotes")
    marks = rb"\\\r\n" + re.escape(delimiter) + (rb"\"'" if quotes else b"")
    special = re.compile(b"[" + marks + b"]")

    def write(value: bytes) -> bytes:
        if statement.flag("escape"):
            value = special.sub(rb"\\\g<0>", value)
        return b'"' + value + b'"' if quotes else value

    return write


def _fixed(
    statement: UnloadStatement, fields: Sequence[Field]
) -> Callable[[Sequence[bytes | None]], bytes]:
    widths = [int(part.rsplit(":", 1)[1]) for part in statement.text("fixedwidth").split(",")]
    if len(widths) != len(fields):
        raise RedshiftError("FIXEDWIDTH must name every column", sqlstate="22023")
    if any(field.type in _TEXT_ONLY for field in fields):
        raise RedshiftError("the type is not supported for FIXEDWIDTH", sqlstate="0A000")
    null = unescaped(statement.text("null")).encode()

    def write(row: Sequence[bytes | None]) -> bytes:
        line = b""
        for value, width in zip(row, widths, strict=True):
            text = null if value is None else value
            if len(text) > width:
                said = f"value of {len(text)} bytes does not fit a width of {width}"
                raise RedshiftError(said, sqlstate="22001")
            line += text.ljust(width)
        return line + b"\n"

    return write


def _json(fields: Sequence[Field]) -> Callable[[Sequence[bytes | None]], bytes]:
    names = [field.name for field in fields]
    if len(set(names)) < len(names):
        raise RedshiftError("duplicate column names are not supported for UNLOAD to JSON")
    for field in fields:
        if field.type in _TEXT_ONLY:
            said = f"{field.type.upper()} is not supported for UNLOAD to JSON"
            raise RedshiftError(said, sqlstate="0A000")
    keys = [json.dumps(name, ensure_ascii=False).encode() for name in names]

    def write(row: Sequence[bytes | None]) -> bytes:
        values = [_json_value(v, f) for v, f in zip(row, fields, strict=True)]
        pairs = [key + b":" + value for key, value in zip(keys, values, strict=True)]
        return b"{" + b",".join(pairs) + b"}\n"

    return write


def _json_value(value: bytes | None, field: Field) -> bytes:
    if value is None:
        return b"null"
    if field.type == "super":
        return shown(value, "super") or b"null"
    if field.type in _NUMBERS and value not in (b"NaN", b"Infinity", b"-Infinity"):
        return value
    return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False).encode()
