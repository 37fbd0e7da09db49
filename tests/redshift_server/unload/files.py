"""Rows into files of no more than MAXFILESIZE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.unload.text import compressed, header_line, line_writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_server.grammar.unload import UnloadStatement
    from redshift_server.unload.fields import Field

__all__ = ["File", "pieces"]

_LARGEST = int(6.2 * (1 << 30))
_PARQUET_STEP = 32 << 20
_SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "zstd": ".zst"}

Row = list[bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An object to write."""

    url: str
    data: bytes
    records: int
    slice: int
    format: str


def pieces(
    statement: UnloadStatement,
    fields: Sequence[Field],
    rows: Sequence[Row],
    base: str,
    number: int,
    digits: int,
) -> Iterator[File]:
    """Yield the files of one slice of one partition."""
    limit = statement.count("maxfilesize", _LARGEST)
    if statement.format == "parquet":
        from redshift_server.unload.parquet import parquet_parts

        limit = max(limit // _PARQUET_STEP, 1) * _PARQUET_STEP
        parts = parquet_parts(fields, rows, limit)
    else:
        parts = _text_parts(statement, fields, rows, limit)
    for place, (data, records) in enumerate(parts):
        url = f"{base}{place:0{digits}}{_suffix(statement)}"
        kind = {"delimited": "TEXT"}.get(statement.format, statement.format.upper())
        yield File(url=url, data=data, records=records, slice=number, format=kind)


def _suffix(statement: UnloadStatement) -> str:
    if "extension" in statement.options:
        extension = statement.text("extension")
        return extension if extension.startswith(".") else f".{extension}"
    if statement.format == "parquet":
        return ".parquet"
    return next((end for name, end in _SUFFIXES.items() if statement.flag(name)), "")


def _text_parts(
    statement: UnloadStatement, fields: Sequence[Field], rows: Sequence[Row], limit: int
) -> Iterator[tuple[bytes, int]]:
    write = line_writer(statement, fields)
    head = header_line(statement, fields)
    first = 1 if head else 0
    data, records = bytearray(head), first
    for row in rows:
        line = write(row)
        if records > first and len(data) + len(line) > limit:
            yield compressed(bytes(data), statement), records
            data, records = bytearray(head), first
        data += line
        records += 1
    yield compressed(bytes(data), statement), records
