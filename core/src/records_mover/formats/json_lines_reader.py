"""JSON lines to Arrow batches and to a schema, chunk by chunk in threads."""

from __future__ import annotations

import json
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.json as pajson
import pyarrow.types as pat

from records_mover.errors import BadRowError, ColumnMismatchError
from records_mover.formats import tokens
from records_mover.formats.compression import decompressing
from records_mover.formats.dialect import Dialect
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.ordered import in_order
from records_mover.formats.records import chunks
from records_mover.formats.text import utf8
from records_mover.formats.values import texts
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.formats.records import Chunk

__all__ = ["json_chunks", "nested_text", "parse_lines", "read"]

_LINES = Dialect(
    delimiter=b"\x00", terminator=b"\n", quote=None, doublequote=False, escape=None, comment=None
)
# Times and dates in JSON are strings; these hints say that they are in ISO 8601.
ISO = PLAIN_CSV.validate()


def read(
    stream: BinaryIO, compression: str | None, schema: RecordsSchema | None, source: str
) -> pa.RecordBatchReader:
    """Return the rows of a file of JSON lines.

    Without a schema the columns are those of the first rows, and later rows must fit them.
    """
    pieces = json_chunks(stream, compression)
    if schema is None:
        first = next(pieces, None)
        pieces = pieces if first is None else chain([first], pieces)
        schema = RecordsSchema([]) if first is None else _first_schema(first, source)
    work = partial(_batch, schema=schema, wanted=schema.to_arrow(), source=source)
    return pa.RecordBatchReader.from_batches(schema.to_arrow(), in_order(pieces, work))


def json_chunks(stream: BinaryIO, compression: str | None) -> Iterator[Chunk]:
    """Yield the lines of a file in chunks that hold at least one object."""
    text = utf8(decompressing(stream, compression), "utf-8")
    try:
        yield from (chunk for chunk in chunks(text, _LINES) if chunk.data.strip())
    finally:
        text.close()


def _first_schema(chunk: Chunk, source: str) -> RecordsSchema:
    table = parse_lines(chunk, pa.schema([]), source)
    fields = RecordsSchema.from_arrow(table.schema).fields
    return RecordsSchema([_as_parsed(field, table.schema) for field in fields])


def _as_parsed(field: Field, schema: pa.Schema) -> Field:
    # Arrow takes strings that look like moments for moments; what they are is not for here.
    return Field(field.name, "string") if pat.is_timestamp(schema.field(field.name).type) else field


def parse_lines(chunk: Chunk, explicit: pa.Schema, source: str) -> pa.Table:
    """Run Arrow's parser over a chunk; ``explicit`` fixes the types of some columns."""
    read_options = pajson.ReadOptions(use_threads=False, block_size=len(chunk.data) + 1)
    parse = pajson.ParseOptions(explicit_schema=explicit)
    try:
        return pajson.read_json(pa.BufferReader(chunk.data), read_options, parse)
    except pa.ArrowInvalid as err:
        raise _bad_line(chunk, explicit, source, err) from err


def _bad_line(chunk: Chunk, explicit: pa.Schema, source: str, err: pa.ArrowInvalid) -> BadRowError:
    """Find the first line that makes the chunk unreadable, by halving."""
    lines = chunk.data.split(b"\n")
    low, high = 0, len(lines)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _fails(lines[:middle], explicit) else (middle, high)
    line = chunk.first_line + low
    text = lines[low].decode("utf-8", "replace")
    where = f"{source or 'line'}{':' if source else ' '}{line}"
    reason = str(err).removeprefix("JSON parse error: ").partition(" in row")[0]
    what = f"{where}: {reason}: {text[:200]!r}"
    advice = "each line must hold one JSON object, with values of one type under a name"
    return BadRowError(what, advice, source=source or None, line=line, text=text)


def _fails(lines: Sequence[bytes], explicit: pa.Schema) -> bool:
    data = b"\n".join(lines)
    if not data.strip():
        return False
    read_options = pajson.ReadOptions(use_threads=False, block_size=len(data) + 1)
    try:
        parse = pajson.ParseOptions(explicit_schema=explicit)
        pajson.read_json(pa.BufferReader(data), read_options, parse)
    except pa.ArrowInvalid:
        return True
    return False


def _batch(
    chunk: Chunk, *, schema: RecordsSchema, wanted: pa.Schema, source: str
) -> pa.RecordBatch:
    nested = [field.name for field in schema.fields if field.field_type == "json"]
    known = [_parsed_as(field) for field in wanted if field.name not in nested]
    table = parse_lines(chunk, pa.schema(known), source)
    strange = [name for name in table.column_names if name not in schema]
    if strange:
        what = f"{source or 'the file'} has the unknown column '{strange[0]}'"
        raise ColumnMismatchError(what, f"the schema has: {', '.join(schema.names)}")
    arrays = []
    for field, kind in zip(schema.fields, wanted, strict=True):
        if field.name in nested:
            arrays.append(nested_text(chunk, field.name, table))
        else:
            arrays.append(_typed(table.column(field.name), field, kind, chunk, source))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _parsed_as(field: pa.Field) -> pa.Field:
    """Return the field with the type that the parser can make: text for what JSON has no type."""
    return pa.field(field.name, tokens.json_type(field.type))


def _typed(
    column: pa.ChunkedArray, field: Field, kind: pa.Field, chunk: Chunk, source: str
) -> pa.Array:
    array = pa.concat_arrays(column.chunks)
    if array.type == kind.type:
        return array
    try:
        return tokens.from_json_type(array, kind.type)
    except pa.ArrowInvalid as err:
        what = (
            f"{source or 'the lines'} from line {chunk.first_line} on: column '{field.name}': {err}"
        )
        raise BadRowError(what, f"it is no {field.field_type}", column=field.name) from err


def nested_text(chunk: Chunk, name: str, table: pa.Table) -> pa.Array:
    """Return the objects and arrays of a column as the JSON that they were written in.

    Arrow would give every object the keys of all others; so Python reads these columns.
    """
    column = table.column(name) if name in table.column_names else None
    if column is None:
        return pa.nulls(table.num_rows, pa.string())
    if pat.is_string(column.type):
        return pa.concat_arrays(column.chunks)
    rows = (json.loads(line) for line in chunk.data.split(b"\n") if line.strip())
    return texts([_dumped(row.get(name)) for row in rows])


def _dumped(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
