"""Apache Avro through fastavro."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import FormatError
from records_mover.formats.conform import conforming
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["read", "write"]

_ROWS = 1 << 14
_PLAIN = {"int": "int32", "long": "int64", "float": "float32", "double": "float64"}


def read(stream: BinaryIO, schema: RecordsSchema | None, source: str) -> pa.RecordBatchReader:
    """Return the rows of an Avro object container file."""
    import fastavro

    try:
        records = fastavro.reader(stream)
    except (ValueError, EOFError, OSError, StopIteration) as err:
        what = f"{source or 'the file'} is no Avro file: {err}"
        raise FormatError(what, "it may be cut off, or of another format") from err
    written = _arrow_schema(records.writer_schema)
    wanted = schema or RecordsSchema.from_arrow(written)
    reader = pa.RecordBatchReader.from_batches(written, _batches(stream, records, written, source))
    return conforming(reader, wanted)


def _batches(
    stream: BinaryIO, records: Any, schema: pa.Schema, source: str
) -> Iterator[pa.RecordBatch]:
    with stream:
        rows: list[Mapping[str, Any]] = []
        try:
            for record in records:
                rows.append(record)
                if len(rows) == _ROWS:
                    yield pa.RecordBatch.from_pylist(rows, schema=schema)
                    rows = []
        except (ValueError, EOFError, OSError) as err:
            what = f"{source or 'the file'} is a damaged Avro file: {err}"
            raise FormatError(what, "get the file again from its origin") from err
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=schema)


def _arrow_schema(avro: Any) -> pa.Schema:
    fields = []
    for field in avro["fields"]:
        kind, nullable = _nullable(field["type"])
        fields.append(pa.field(field["name"], _arrow_type(kind), nullable=nullable))
    return pa.schema(fields)


def _nullable(kind: Any) -> tuple[Any, bool]:
    if not isinstance(kind, list):
        return kind, False
    rest = [one for one in kind if one != "null"]
    if len(rest) != 1:
        raise FormatError(f"the Avro union {kind!r} holds several types", "use a union with null only")
    return rest[0], len(rest) < len(kind)


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: C901, PLR0911
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    base = kind["type"] if isinstance(kind, dict) else kind
    if logical == "decimal":
        return pa.decimal128(kind["precision"], kind.get("scale", 0))
    if logical == "date":
        return pa.date32()
    if logical in ("time-millis", "time-micros"):
        return pa.time64("us")
    if logical in ("timestamp-millis", "timestamp-micros"):
        return pa.timestamp("us", "UTC")
    if logical in ("local-timestamp-millis", "local-timestamp-micros"):
        return pa.timestamp("us")
    if base == "array":
        item, nullable = _nullable(kind["items"])
        return pa.list_(pa.field("item", _arrow_type(item), nullable=nullable))
    if base in _PLAIN:
        return getattr(pa, _PLAIN[base])()
    if base == "boolean":
        return pa.bool_()
    if base in ("bytes", "fixed"):
        return pa.binary()
    if base in ("string", "enum"):
        return pa.string()
    raise FormatError(f"the Avro type {kind!r} cannot be read", "flatten the records first")


def write(reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema) -> int:
    """Write the batches as one Avro file; return the number of rows."""
    import fastavro

    wanted = conforming(reader, schema)
    rows = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal rows
        for batch in wanted:
            rows += batch.num_rows
            yield from batch.to_pylist()

    fields = [{"name": field.name, "type": _avro(field)} for field in wanted.schema]
    avro = fastavro.parse_schema({"type": "record", "name": "row", "fields": fields})
    fastavro.writer(sink, avro, records(), codec="deflate")
    return rows


def _avro(field: pa.Field) -> Any:
    kind = _avro_type(field.type)
    return ["null", kind] if field.nullable else kind


def _avro_type(kind: pa.DataType) -> Any:  # noqa: C901, PLR0911
    if pat.is_boolean(kind):
        return "boolean"
    if pat.is_integer(kind):
        return "int" if kind.bit_width < 32 or kind == pa.int32() else "long"
    if pat.is_floating(kind):
        return "float" if kind.bit_width <= 32 else "double"
    if pat.is_decimal(kind):
        digits = {"precision": kind.precision, "scale": kind.scale}
        return {"type": "bytes", "logicalType": "decimal", **digits}
    if pat.is_date(kind):
        return {"type": "int", "logicalType": "date"}
    if pat.is_time(kind):
        return {"type": "long", "logicalType": "time-micros"}
    if pat.is_timestamp(kind):
        name = "timestamp-micros" if kind.tz else "local-timestamp-micros"
        return {"type": "long", "logicalType": name}
    if pat.is_list(kind):
        return {"type": "array", "items": _avro(kind.value_field)}
    return "bytes" if pat.is_binary(kind) else "string"
