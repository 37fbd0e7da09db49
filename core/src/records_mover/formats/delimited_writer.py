"""Arrow batches to delimited text, in threads, with no row ever a Python object."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.compression import compressing
from records_mover.formats.conform import conforming
from records_mover.formats.ordered import in_order
from records_mover.formats.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.hints import ValidatedRecordsHints
    from records_mover.schema import RecordsSchema

__all__ = ["write"]

_ROWS = 1 << 16


def write(
    reader: pa.RecordBatchReader,
    sink: BinaryIO,
    schema: RecordsSchema,
    hints: ValidatedRecordsHints,
) -> int:
    """Write the batches as one file; return the number of rows."""
    out = compressing(sink, hints.compression)
    encode = _encoder(hints)
    out.write(encode(_header(schema, hints)))
    rows = 0

    def work(batch: pa.RecordBatch) -> tuple[int, bytes]:
        return batch.num_rows, encode(_lines(batch, hints))

    for count, text in in_order(_pieces(conforming(reader, schema)), work):
        out.write(text)
        rows += count
    out.close()
    return rows


def _pieces(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, batch.num_rows, _ROWS):
            yield batch.slice(start, _ROWS)


def _header(schema: RecordsSchema, hints: ValidatedRecordsHints) -> bytes:
    if not hints.header_row:
        return b""
    names = pa.RecordBatch.from_arrays(
        [pa.array([name], pa.string()) for name in schema.names], list(schema.names)
    )
    return bytes(_lines(names, hints))


def _encoder(hints: ValidatedRecordsHints):  # type: ignore[no-untyped-def]
    if hints.codec == "utf-8":
        return lambda text: text
    encoder = codecs.getincrementalencoder(hints.codec)()

    def encode(text: bytes) -> bytes:
        try:
            return encoder.encode(str(text, "utf-8"))
        except UnicodeEncodeError as err:
            what = f"'{err.object[err.start : err.end]}' cannot be written in {hints.encoding}"
            raise BadRowError(what, "write the file in UTF8") from err

    return encode


def _lines(batch: pa.RecordBatch, hints: ValidatedRecordsHints) -> bytes:
    """Return the rows of a batch as text in UTF-8."""
    if not batch.num_rows:
        return b""
    fields = [_field(column, hints) for column in batch.columns]
    ends = pa.scalar(hints.record_terminator, pa.string())
    last = pc.binary_join_element_wise(fields[-1], ends, pa.scalar("", pa.string()))
    if len(fields) == 1:
        joined = last
    else:
        delimiter = pa.scalar(hints.field_delimiter, pa.string())
        joined = pc.binary_join_element_wise(*fields[:-1], last, delimiter)
    offsets = np.frombuffer(joined.buffers()[1], np.int32)
    return bytes(memoryview(joined.buffers()[2])[offsets[0] : offsets[-1]])


def _field(column: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    textual = pat.is_string(column.type) or pat.is_list(column.type) or pat.is_binary(column.type)
    text = render(column, hints)
    text = _quoted(text, hints, textual=textual) if hints.quoting else _escaped(text, hints)
    return pc.fill_null(text, hints.null_marker or "")


def _quoted(text: pa.Array, hints: ValidatedRecordsHints, *, textual: bool) -> pa.Array:
    if hints.quoting == "all" or (hints.quoting == "nonnumeric" and textual):
        return _in_quotes(text, hints)
    needed = _needs_quotes(text, hints)
    if not pc.any(needed).as_py():
        return text
    return pc.if_else(needed, _in_quotes(text, hints), text)


def _needs_quotes(text: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    import re

    marks = {hints.field_delimiter, hints.quotechar, "\n", "\r", hints.record_terminator}
    marks |= {hints.escape} if hints.escape else set()
    pattern = "|".join(re.escape(mark) for mark in sorted(marks))
    special = pc.match_substring_regex(text, pattern)
    return pc.or_(special, pc.equal(text, hints.null_marker or ""))


def _in_quotes(text: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    quote = hints.quotechar
    if hints.escape:
        text = pc.replace_substring(text, hints.escape, hints.escape * 2)
    if hints.doublequote:
        text = pc.replace_substring(text, quote, quote * 2)
    elif hints.escape:
        text = pc.replace_substring(text, quote, hints.escape + quote)
    mark = pa.scalar(quote, pa.string())
    return pc.binary_join_element_wise(mark, text, mark, pa.scalar("", pa.string()))


def _escaped(text: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    marks = [hints.field_delimiter, hints.record_terminator, "\r", "\n"]
    if hints.escape:
        for mark in dict.fromkeys([hints.escape, *marks]):
            text = pc.replace_substring(text, mark, hints.escape + mark)
        return text
    for mark in dict.fromkeys((hints.field_delimiter, hints.record_terminator)):
        if pc.any(pc.match_substring(text, mark)).as_py():
            what = f"a value holds {mark!r}, which nothing tells from the end of a field or row"
            raise BadRowError(what, "write a variant with quotes or escapes: csv or bluelabs")
    return text
