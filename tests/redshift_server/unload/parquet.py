"""Parquet files: version 1.0 with SNAPPY inside."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from redshift_server.errors import RedshiftError
from redshift_server.relay import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redshift_server.unload.fields import Field

__all__ = ["parquet_parts"]

_REFUSED = {"geometry", "hllsketch", "varbyte", "timetz"}
_BATCH = 50_000


def parquet_parts(
    fields: Sequence[Field], rows: Sequence[list[bytes | None]], limit: int
) -> Iterator[tuple[bytes, int]]:
    """Yield files and how many rows are in each."""
    per_row = max(
        1, sum(len(v or b"") for row in rows[:100] for v in row) // max(1, len(rows[:100]))
    )
    step = max(1, limit // per_row)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        yield _file(fields, part), len(part)


def _file(fields: Sequence[Field], rows: Sequence[list[bytes | None]]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([(field.name, _type(field)) for field in fields])
    arrays = [
        pa.array([_value(row[place], field) for row in rows], schema.field(place).type)
        for place, field in enumerate(fields)
    ]
    sink = io.BytesIO()
    parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema), sink, version="1.0", compression="snappy"
    )
    return sink.getvalue()


def _type(field: Field) -> Any:
    import pyarrow as pa

    if field.type in _REFUSED:
        said = f"{field.shown} is not supported for UNLOAD to PARQUET"
        raise RedshiftError(said, sqlstate="0A000")
    known: dict[str, Callable[[], Any]] = {
        "int2": pa.int16, "int4": pa.int32, "int8": pa.int64, "float4": pa.float32,
        "float8": pa.float64, "bool": pa.bool_, "date": pa.date32,
        "numeric": lambda: pa.decimal128(*field.digits),
        "timestamp": lambda: pa.timestamp("us"),
        "timestamptz": lambda: pa.timestamp("us"),  # the zone is lost: UTC is written
        "time": lambda: pa.time64("us"),
    }  # fmt: skip
    return known.get(field.type, pa.string)()


def _value(value: bytes | None, field: Field) -> Any:
    if value is None:
        return None
    text = value.decode("utf-8", "replace")
    reader: dict[str, Callable[[str], Any]] = {
        "int2": int, "int4": int, "int8": int, "float4": float, "float8": float,
        "bool": lambda one: one == "t", "date": date.fromisoformat, "numeric": Decimal,
        "timestamp": datetime.fromisoformat, "time": time.fromisoformat,
        "timestamptz": lambda one: datetime.fromisoformat(one).replace(tzinfo=None),
        "super": lambda _: (shown(value, "super") or b"").decode(),
    }  # fmt: skip
    try:
        return reader.get(field.type, str)(text)
    except ValueError as error:  # as 24:00:00, which Parquet has no time for
        said = f"{field.shown} value {text} is not supported for UNLOAD to PARQUET"
        raise RedshiftError(said, sqlstate="0A000") from error
