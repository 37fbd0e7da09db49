"""Avro by page copy-parameters-data-format: records at the root, complex values as JSON text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from redshift_server.errors import RedshiftError
from redshift_server.load.jsontext import picker, text_of
from redshift_server.load.problem import LineProblem
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn
    from redshift_server.store import Store

__all__ = ["avro_records"]


def avro_records(
    data: bytes, statement: CopyStatement, store: Store, columns: Sequence[TableColumn]
) -> Iterator[Record]:
    """Yield the records of a file."""
    import fastavro

    pick = picker(statement, store, columns)
    try:
        reader = fastavro.reader(io.BytesIO(data))
        if reader.writer_schema["type"] != "record":  # type: ignore[index, call-overload]
            raise RedshiftError("Invalid Avro: the root is no record")
        for row, value in enumerate(reader, 1):
            yield _record(row, value, pick, columns)
    except (ValueError, EOFError) as error:
        raise RedshiftError(f"Invalid AVRO file found: {error}") from error


def _record(row: int, value: Any, pick: Any, columns: Sequence[TableColumn]) -> Record:
    try:
        picked = pick(value)
    except LineProblem as problem:
        return Record(line=row, raw=b"", fields=[], problem=problem)
    fields = [_text(one, column) for one, column in zip(picked, columns, strict=True)]
    return Record(line=row, raw=b"", fields=fields)


def _text(value: Any, column: TableColumn) -> bytes | None:
    if isinstance(value, bytes):
        return value.hex().encode() if column.type == "varbyte" else value
    if isinstance(value, dict | list | str | int | float) or value is None:
        return text_of(value, column)
    return str(value).encode()
