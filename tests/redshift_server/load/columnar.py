"""Parquet and ORC: columns by place, types that must agree, by page
copy-usage_notes-copy-from-columnar."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from redshift_server.errors import RedshiftError
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn

__all__ = ["columnar_by_name", "columnar_records"]

_INTEGERS = {"int2": {"int8", "int16", "int32"}, "int4": {"int16", "int32"}, "int8": {"int64"}}
_EXACT = {
    **_INTEGERS, "float4": {"float"}, "float8": {"double"}, "bool": {"bool"},
    "date": {"date32[day]"}, "varchar": {"string", "large_string", "binary"},
    "bpchar": {"string", "large_string", "binary"}, "varbyte": {"binary", "large_binary"},
    "time": {"time64[us]", "time32[ms]"},
}  # fmt: skip
_BATCH = 10_000


def columnar_records(
    data: bytes, statement: CopyStatement, columns: Sequence[TableColumn], url: str
) -> Iterator[Record]:
    """Yield the rows of a file, each field as the text that its column would read."""
    table = _table(data, statement.format, url)
    if len(columns) != len(table.schema):
        raise RedshiftError(
            "Unmatched number of columns between table and file."
            f" Table columns: {len(columns)}, Data columns: {len(table.schema)}, File name: {url}",
            sqlstate="XX000",
        )
    nested = statement.flag("serializetojson")
    for column, field in zip(columns, table.schema, strict=True):
        _check(column, field, nested, url)
    row = 0
    for batch in table.to_batches(_BATCH):
        lists = [_values(array) for array in batch.columns]
        for values in zip(*lists, strict=True):
            row += 1
            fields = [_text(v, c) for v, c in zip(values, columns, strict=True)]
            yield Record(line=row, raw=b"", fields=fields)


def columnar_by_name(
    data: bytes, kind: str, columns: Sequence[TableColumn], url: str
) -> Iterator[list[bytes | None]]:
    """Yield the rows of a file as an external table reads them: by name, whatever the case."""
    table = _table(data, kind, url)
    places = {field.name.lower(): place for place, field in enumerate(table.schema)}
    for column in columns:
        if column.name in places:
            _check(column, table.schema.field(places[column.name]), True, url)
    for batch in table.to_batches(_BATCH):
        lists = [_values(array) for array in batch.columns]
        for row in range(batch.num_rows):
            picked = [lists[places[c.name]][row] if c.name in places else None for c in columns]
            yield [_text(value, c) for value, c in zip(picked, columns, strict=True)]


def _table(data: bytes, kind: str, url: str) -> Any:
    import pyarrow as pa

    try:
        if kind == "orc":
            from pyarrow import orc

            return orc.ORCFile(pa.BufferReader(data)).read()
        from pyarrow import parquet

        return parquet.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError) as error:
        said = f"Spectrum Scan Error. File '{url}' is not a valid {kind.upper()} file"
        raise RedshiftError(said, detail=f"error: {error} code: 15001") from error


def _check(column: TableColumn, field: Any, nested: bool, url: str) -> None:
    if not _agrees(column, field.type, nested):
        raise RedshiftError(
            f"Spectrum Scan Error. File '{url}' has an incompatible Parquet schema for column"
            f" '{url}.{field.name}'. Column type: {column.type.upper()}, file schema: {field.type}",
            detail="code: 15001",
        )


def _agrees(column: TableColumn, kind: Any, nested: bool) -> bool:
    import pyarrow.types as t

    if column.type == "super":
        return nested or not t.is_nested(kind)
    if column.type in ("timestamp", "timestamptz"):
        return bool(t.is_timestamp(kind))
    if column.type == "numeric":
        return t.is_decimal(kind) and (kind.precision, kind.scale) == (column.size, column.scale)
    return str(kind) in _EXACT.get(column.type, set())


def _values(array: Any) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    values: list[Any] = array.to_pylist()
    return values


def _text(value: Any, column: TableColumn) -> bytes | None:
    if value is None:
        return None
    if column.type == "super":
        return json.dumps(value, default=_plain, separators=(",", ":"), ensure_ascii=False).encode()
    if column.type == "varbyte":
        return bytes(value).hex().encode()
    if isinstance(value, bytes):
        return value
    if isinstance(value, float):
        return repr(value).encode()
    if isinstance(value, Decimal):
        return format(value, "f").encode()
    if hasattr(value, "astimezone"):
        return str(value.isoformat(" ")).encode()
    return str(value).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return float(value) if isinstance(value, Decimal) else str(value)
