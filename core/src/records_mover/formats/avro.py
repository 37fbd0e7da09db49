"""Apache Avro through fastavro."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import FormatError
from records_mover.formats.conform import conforming, recast
from records_mover.schema import RecordsSchema
from records_mover.schema.arrow import TYPE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["read", "schema_of", "write"]

_ROWS = 1 << 14
_DAMAGE = (ValueError, EOFError, OSError, KeyError, IndexError)
# Attributes of our own in the schema of a file; other readers pass over them.
_NAME, _TYPE = "records_mover.name", "records_mover.type"
_PLAIN = {"int": "int32", "long": "int64", "float": "float32", "double": "float64"}


def read(stream: BinaryIO, schema: RecordsSchema | None, source: str) -> pa.RecordBatchReader:
    """Return the rows of an Avro object container file."""
    records = _opened(stream, source)
    written = _arrow_schema(records.writer_schema)
    wanted = schema or RecordsSchema.from_arrow(written)
    batches = _batches(stream, records, written, source)
    reader = pa.RecordBatchReader.from_batches(written, batches)
    return conforming(reader, wanted)


def schema_of(stream: BinaryIO, source: str = "") -> tuple[RecordsSchema, int]:
    """Return the columns of an Avro file and how many rows it has, as its blocks say."""
    with stream:
        blocks = _opened(stream, source, blocks=True)
        schema = _arrow_schema(blocks.writer_schema)
        try:
            rows = sum(block.num_records for block in blocks)
        except _DAMAGE as err:
            raise _damaged(source, err) from err
    return RecordsSchema.from_arrow(schema), rows


def _fastavro() -> Any:
    try:
        import fastavro
    except ImportError as err:
        what = "Avro files need the package fastavro, which is not installed"
        raise FormatError(what, "run: pip install 'records-mover[avro]'") from err
    return fastavro


def _opened(stream: BinaryIO, source: str, *, blocks: bool = False) -> Any:
    fastavro = _fastavro()
    try:
        return fastavro.block_reader(stream) if blocks else fastavro.reader(stream)
    except (*_DAMAGE, StopIteration) as err:
        what = f"{source or 'the file'} is no Avro file: {err}"
        raise FormatError(what, "it may be cut off, or of another format") from err


def _damaged(source: str, err: Exception) -> FormatError:
    what = f"{source or 'the file'} is a damaged Avro file: {err}"
    return FormatError(what, "get the file again from its origin")


def _batches(
    stream: BinaryIO, records: Any, schema: pa.Schema, source: str
) -> Iterator[pa.RecordBatch]:
    names = [field["name"] for field in records.writer_schema["fields"]]
    keyed = pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])

    def batch(rows: list[Mapping[str, Any]]) -> pa.RecordBatch:
        arrays = pa.RecordBatch.from_pylist(rows, schema=keyed).columns
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    with stream:
        rows: list[Mapping[str, Any]] = []
        try:
            for record in records:
                rows.append(record)
                if len(rows) == _ROWS:
                    yield batch(rows)
                    rows = []
        except _DAMAGE as err:
            raise _damaged(source, err) from err
        if rows:
            yield batch(rows)


def _arrow_schema(avro: Any) -> pa.Schema:
    fields = []
    for field in avro["fields"]:
        kind, nullable = _nullable(field["type"])
        name, mark = field.get(_NAME, field["name"]), field.get(_TYPE)
        metadata = {TYPE_KEY: mark.encode()} if mark else None
        fields.append(pa.field(name, _arrow_type(kind), nullable=nullable, metadata=metadata))
    return pa.schema(fields)


def _names(fields: list[pa.Field]) -> list[str]:
    """Return names that Avro allows, each once: letters, digits and underscores."""
    taken: set[str] = set()
    names = []
    for field in fields:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", field.name)
        stem = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        names.append(name)
    return names


def _nullable(kind: Any) -> tuple[Any, bool]:
    if not isinstance(kind, list):
        return kind, False
    rest = [one for one in kind if one != "null"]
    if len(rest) != 1:
        raise FormatError(
            f"the Avro union {kind!r} holds several types", "use a union with null only"
        )
    return rest[0], len(rest) < len(kind)


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: C901
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    base = kind["type"] if isinstance(kind, dict) else kind
    if logical == "decimal":
        precision = kind["precision"]
        wide = pa.decimal128 if precision <= 38 else pa.decimal256
        return wide(precision, kind.get("scale", 0))
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
    fastavro = _fastavro()
    wanted = conforming(reader, schema)
    wanted = recast(wanted, pa.schema([_microseconds(field) for field in wanted.schema]))
    rows = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal rows
        for batch in wanted:
            rows += batch.num_rows
            yield from batch.rename_columns(names).to_pylist()

    names = _names(list(wanted.schema))
    pairs = zip(names, wanted.schema, strict=True)
    fields = [{"name": name, **_described(name, field)} for name, field in pairs]
    avro = fastavro.parse_schema({"type": "record", "name": "row", "fields": fields})
    fastavro.writer(sink, avro, records(), codec="deflate")
    return rows


def _described(name: str, field: pa.Field) -> dict[str, Any]:
    """Return the type of a column, and what Avro itself cannot say of it."""
    described = {"type": _avro(field)}
    if name != field.name:
        described[_NAME] = field.name
    mark = (field.metadata or {}).get(TYPE_KEY)
    return {**described, _TYPE: mark.decode()} if mark else described


def _avro(field: pa.Field) -> Any:
    kind = _avro_type(field.type)
    return ["null", kind] if field.nullable else kind


def _microseconds(field: pa.Field) -> pa.Field:
    """Return the field in the unit that Avro knows; a value with nanoseconds will not fit it."""
    kind = field.type
    if pat.is_timestamp(kind) and kind.unit == "ns":
        return field.with_type(pa.timestamp("us", kind.tz))
    return field.with_type(pa.time64("us")) if kind == pa.time64("ns") else field


def _avro_type(kind: pa.DataType) -> Any:
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
