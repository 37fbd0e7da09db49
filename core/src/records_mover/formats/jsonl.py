"""JSON lines through Arrow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson
import pyarrow.types as pat

from records_mover.errors import BadRowError, FormatError
from records_mover.formats import tokens
from records_mover.formats.compression import compressing, decompressing
from records_mover.formats.conform import conform, conforming
from records_mover.formats.render import plain_decimals
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_text", "read", "write"]

_ROWS = 1 << 16


def read(
    stream: BinaryIO, compression: str | None, schema: RecordsSchema | None, source: str
) -> pa.RecordBatchReader:
    """Return the rows of a file of JSON lines."""
    text = decompressing(stream, compression)
    options = pajson.ParseOptions(explicit_schema=None if schema is None else schema.to_arrow())
    try:
        reader = pajson.open_json(text, parse_options=options)
    except pa.ArrowInvalid as err:
        raise _no_json(err, source) from err
    wanted = (schema or RecordsSchema.from_arrow(reader.schema)).to_arrow()

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            for batch in reader:
                yield conform(batch, wanted)
        except pa.ArrowInvalid as err:
            raise _no_json(err, source) from err
        finally:
            text.close()

    return pa.RecordBatchReader.from_batches(wanted, batches())


def _no_json(err: Exception, source: str) -> FormatError:
    what = f"{source or 'the file'} is no JSON lines file: {err}"
    return FormatError(what, "each line must hold one JSON object")


def write(
    reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema, compression: str | None
) -> int:
    """Write the batches as JSON lines; return the number of rows."""
    out = compressing(sink, compression)
    rows = 0
    for batch in conforming(reader, schema):
        for start in range(0, batch.num_rows, _ROWS):
            out.write(_lines(batch.slice(start, _ROWS)))
        rows += batch.num_rows
    out.close()
    return rows


def _lines(batch: pa.RecordBatch) -> memoryview:
    pieces: list[pa.Array | pa.Scalar] = []
    for index, name in enumerate(batch.schema.names):
        key = ("{" if index == 0 else ",") + json.dumps(name, ensure_ascii=False) + ":"
        pieces += [pa.scalar(key, pa.string()), pc.fill_null(json_text(batch.column(index)), "null")]
    pieces.append(pa.scalar("}\n", pa.string()))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar("", pa.string()))
    offsets = np.frombuffer(joined.buffers()[1], np.int32)
    return memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]]


def json_text(array: pa.Array) -> pa.Array:
    """Return each value of a column as JSON, NULL where it is NULL."""
    kind = array.type
    if pat.is_string(kind):
        return _quoted(array)
    if pat.is_floating(kind):
        return _floats(array)
    if pat.is_decimal(kind):
        return plain_decimals(array)
    if pat.is_list(kind):
        return _lists(array)
    if pat.is_binary(kind):
        return _quoted(tokens.hex_from_bytes(array))
    text = pc.cast(array, pa.string())
    if pat.is_temporal(kind):
        return _quoted(text)
    return text


def _floats(array: pa.Array) -> pa.Array:
    finite = pc.is_finite(array)
    if pc.all(finite).as_py() is False:
        raise BadRowError("JSON has no number for NaN or infinity", "make the column text, or NULL")
    return pc.cast(array, pa.string())


def _quoted(text: pa.Array) -> pa.Array:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = pc.replace_substring(text, plain, escaped)
    if pc.any(pc.match_substring_regex(text, r"[\x00-\x1f]")).as_py():
        for code in range(32):
            text = pc.replace_substring(text, chr(code), f"\\u{code:04x}")
    mark = pa.scalar('"', pa.string())
    return pc.binary_join_element_wise(mark, text, mark, pa.scalar("", pa.string()))


def _lists(array: pa.Array) -> pa.Array:
    items = pc.fill_null(json_text(array.flatten()), "null")
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = np.cumsum(np.frombuffer(lengths.buffers()[1], np.int32)[: len(lengths)], dtype=np.int32)
    offsets = pa.py_buffer(np.concatenate((np.zeros(1, np.int32), ends)))
    lists = pa.Array.from_buffers(pa.list_(pa.string()), len(array), [None, offsets], children=[items])
    joined = pc.binary_join(lists, ",")
    whole = pc.binary_join_element_wise(
        pa.scalar("[", pa.string()), joined, pa.scalar("]", pa.string()), pa.scalar("", pa.string())
    )
    return pc.if_else(pc.is_valid(array), whole, pa.scalar(None, pa.string()))
