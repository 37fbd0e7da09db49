"""The values of cases in Arrow, and out of it, where its own conversions know fewer of them."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from records_mover.schema import Field, RecordsSchema
from records_mover.testing import calendar
from records_mover.testing.texts import canonical, is_float

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from records_mover.testing.case import NameCase, Shape, ValueCase

__all__ = [
    "array_of",
    "empty_table",
    "names_table",
    "row_texts",
    "shape_batches",
    "texts_of",
    "value_table",
]

ID = Field("id", "integer")


def value_table(cases: Sequence[ValueCase]) -> pa.Table:
    """Return the rows of cases side by side: ``id`` from 1 on, and a column of each."""
    import pyarrow as pa

    schema = _schema([case.field for case in cases])
    rows = row_texts(cases)
    arrays = [pa.array(range(1, len(rows) + 1), schema.field(0).type)]
    for case, kind, texts in zip(cases, schema.types[1:], zip(*rows, strict=True), strict=True):
        arrays.append(array_of(case.field, texts, kind))
    return pa.table(arrays, schema)


def row_texts(cases: Sequence[ValueCase]) -> list[tuple[str | None, ...]]:
    """Return the rows of cases side by side; the shorter ones end in NULLs."""
    return list(zip_longest(*(case.texts for case in cases)))


def empty_table(*fields: Field) -> pa.Table:
    """Return no rows, of ``id`` and these columns."""
    return _schema(fields).empty_table()


def _schema(fields: Sequence[Field]) -> pa.Schema:
    return RecordsSchema([ID, *fields]).to_arrow()


def array_of(field: Field, texts: Sequence[str | None], kind: pa.DataType) -> pa.Array:
    """Return the values of a column, from text; ValueError for one that Arrow has not."""
    import pyarrow as pa

    values = [None if text is None else _value(field, text) for text in texts]
    if field.field_type == "date":
        return pa.array(values, pa.int32()).view(kind)
    if field.field_type in ("time", "datetime", "datetimetz"):
        return pa.array(values, pa.int64()).view(kind)
    return pa.array(values, kind)


def _value(field: Field, text: str) -> Any:
    match field.field_type:
        case "integer":
            return int(text)
        case "decimal":
            return float(text) if is_float(field) else Decimal(text)
        case "boolean":
            return text == "true"
        case "date":
            return calendar.day_of(text)
        case "time":
            return calendar.time_micros(text)
        case "datetime" | "datetimetz":
            return calendar.micros_of(text, zoned=field.field_type == "datetimetz")
        case "bytes":
            return bytes.fromhex(text)
        case "array":
            return [_item(field.items, item) for item in json.loads(text)]
    return text


def _item(field: Field | None, item: object) -> Any:
    assert field is not None, "an array has items"
    text = canonical(field, item)
    return None if text is None else _value(field, text)


def texts_of(field: Field, column: pa.ChunkedArray | pa.Array) -> list[str | None]:
    """Return a column's values as ``canonical`` spells them."""
    import pyarrow as pa
    import pyarrow.types as pat

    kind = column.type
    if pat.is_date32(kind):
        return _spelt(calendar.day_text, column.cast(pa.int32()))
    if pat.is_timestamp(kind):
        micros = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
        return _spelt(calendar.moment_text, micros)
    if pat.is_time(kind):
        return _spelt(calendar.time_text, column.cast(pa.time64("us")).cast(pa.int64()))
    return [canonical(field, value) for value in column.to_pylist()]


def _spelt(spell: Any, numbers: pa.ChunkedArray | pa.Array) -> list[str | None]:
    return [None if number is None else spell(number) for number in numbers.to_pylist()]


def names_table(case: NameCase) -> pa.Table:
    """Return one row, with a column of each name that holds its place."""
    import pyarrow as pa

    columns = [pa.array([place], pa.int64()) for place in range(len(case.names))]
    return pa.table(columns, names=list(case.names))


def shape_batches(shape: Shape) -> pa.RecordBatchReader:
    """Return batches of a shape: columns ``c0``, ``c1``... of small integers: the row's number."""
    import pyarrow as pa

    schema = pa.schema([(f"c{at}", pa.int16()) for at in range(shape.columns)])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, shape.rows, shape.batch):
            stop = min(start + shape.batch, shape.rows)
            numbers = pa.array(range(start + 1, stop + 1), pa.int16())
            yield pa.record_batch([numbers] * shape.columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
