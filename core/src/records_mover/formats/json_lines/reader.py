"""JSON lines to Arrow batches and to a schema, chunk by chunk in threads."""

from __future__ import annotations

import json
import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson
import pyarrow.types as pat

from records_mover.errors import BadRowError, ColumnMismatchError
from records_mover.formats.columns import tokens
from records_mover.formats.columns.values import texts
from records_mover.formats.compression import decompressing
from records_mover.formats.delimited.convert import within_precision, wraps
from records_mover.formats.delimited.dialect import Dialect
from records_mover.formats.delimited.records import chunks
from records_mover.formats.delimited.text import is_text, utf8
from records_mover.formats.json_lines import careful
from records_mover.formats.json_lines.numbers import quoted_numbers
from records_mover.formats.ordered import in_order
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.formats.delimited.records import Chunk

__all__ = ["json_chunks", "nested_text", "parse_lines", "read"]

_LINES = Dialect(
    delimiter=b"\x00", terminator=b"\n", quote=None, doublequote=False, escape=None, comment=None
)
_NULL_FIRST = re.compile(rb"\s*null\b")
# What no JSON of anybody else holds marks the numbers of nested JSON.
_MARK = uuid4().hex
_MARKED = re.compile(rf'"{_MARK}([^"]*)"')
_RAW = json.JSONDecoder(parse_float=_MARK.__add__, parse_int=_MARK.__add__)


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


def parse_lines(chunk: Chunk, explicit: pa.Schema, source: str, *, others: bool = True) -> pa.Table:
    """Parse a chunk; ``explicit`` fixes the types of some columns, ``others`` are read too.

    BadRowError names the first line that cannot be read.
    """
    try:
        return _parsed(chunk.data, explicit, others=others)
    except pa.ArrowInvalid as err:
        raise _bad_line(chunk, explicit, source, err) from err


def _parsed(data: bytes, explicit: pa.Schema, *, others: bool = True) -> pa.Table:
    """Run Arrow's parser; it ends the process where the first value is null and no object."""
    if _NULL_FIRST.match(data):
        raise pa.ArrowInvalid("JSON parse error: a null that is no object in row 0")
    if not is_text(data):  # the parser takes any bytes
        raise pa.ArrowInvalid("JSON parse error: bytes that are no text in UTF-8")
    read_options = pajson.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = pajson.ParseOptions(
        explicit_schema=explicit, unexpected_field_behavior="infer" if others else "ignore"
    )
    return pajson.read_json(pa.BufferReader(data), read_options, parse)


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
    try:
        _parsed(data, explicit)
    except pa.ArrowInvalid:
        return True
    return False


def _batch(
    chunk: Chunk, *, schema: RecordsSchema, wanted: pa.Schema, source: str
) -> pa.RecordBatch:
    nested = {field.name for field in schema.fields if field.field_type == "json"}
    flat = pa.schema([field for field in wanted if field.name not in nested])
    try:
        table = _parsed(chunk.data, pa.schema([_parsed_as(field) for field in flat]))
        arrays = {field.name: _typed(table.column(field.name), field) for field in flat}
    except pa.ArrowInvalid:
        table = _careful_table(chunk, flat, source)
        arrays = {
            field.name: careful.typed(_whole(table.column(field.name)), field, chunk, source)
            for field in flat
        }
    strange = [name for name in table.column_names if name not in schema]
    if strange:
        what = f"{source or 'the file'} has the unknown column '{strange[0]}'"
        raise ColumnMismatchError(what, f"the schema has: {', '.join(schema.names)}")
    arrays |= {name: nested_text(chunk, name, table) for name in nested}
    return pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=wanted)


def _careful_table(chunk: Chunk, flat: pa.Schema, source: str) -> pa.Table:
    """Return the lines with all numbers as their text."""
    explicit = pa.schema([field.with_type(careful.as_text(field.type)) for field in flat])
    return parse_lines(quoted_numbers(chunk), explicit, source)


def _parsed_as(field: pa.Field) -> pa.Field:
    """Return the field with the type that the parser can make: text for what JSON has no type."""
    kind = field.type
    if pat.is_decimal128(kind) and wraps(kind):
        kind = pa.decimal256(kind.precision, kind.scale)
    inner = kind.value_type if pat.is_list(kind) else kind
    if pat.is_decimal(inner) and wraps(inner):
        raise pa.ArrowInvalid(f"the parser does not check the digits of {inner}")
    return pa.field(field.name, tokens.json_type(kind))


def _typed(column: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    array = _whole(column)
    if array.type == field.type:
        return within_precision(array)
    if pat.is_decimal(array.type):
        return pc.cast(within_precision(array), field.type)
    return tokens.from_json_type(array, field.type)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.chunks else pa.nulls(0, column.type)


def nested_text(chunk: Chunk, name: str, table: pa.Table) -> pa.Array:
    """Return the objects and arrays of a column as the JSON that they were written in.

    Arrow would give every object the keys of all others; so Python reads these columns.
    """
    column = table.column(name) if name in table.column_names else None
    if column is None:
        return pa.nulls(table.num_rows, pa.string())
    if pat.is_string(column.type):
        return pa.concat_arrays(column.chunks)
    written = []
    for number, line in enumerate(chunk.data.split(b"\n"), chunk.first_line):
        if line.strip():
            written.append(_dumped(_object(line, number).get(name)))
    return texts(written)


def _object(line: bytes, number: int) -> dict[str, Any]:
    try:
        row: dict[str, Any] = _RAW.decode(line.decode().strip())
    except (ValueError, RecursionError) as err:
        what = f"line {number}: {err}: {line[:200]!r}"
        raise BadRowError(what, "each line must hold one JSON object", line=number) from err
    return row


def _dumped(value: Any) -> str | None:
    if value is None:
        return None
    return _MARKED.sub(r"\1", json.dumps(value, ensure_ascii=False))
