"""Arrow batches to delimited text, in threads, with no row ever a Python object."""

from __future__ import annotations

import codecs
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from records_mover.errors import BadRowError
from records_mover.formats.columns import values
from records_mover.formats.columns.conform import conforming
from records_mover.formats.compression import compressing
from records_mover.formats.delimited.lines import Marks, lines
from records_mover.formats.ordered import in_order
from records_mover.formats.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from records_mover.formats.delimited.hints import ValidatedRecordsHints
    from records_mover.schema import RecordsSchema

__all__ = ["header", "write", "write_text"]

_MARKED = ("utf-8-sig", "utf-16", "utf-32")
_ROWS = 1 << 15
_BYTES = 8 << 20


def write(
    reader: pa.RecordBatchReader,
    sink: BinaryIO,
    schema: RecordsSchema,
    hints: ValidatedRecordsHints,
) -> int:
    """Write the batches as one file; return the number of rows."""
    marks = Marks.of(hints)

    def work(batch: pa.RecordBatch) -> tuple[int, Any]:
        return batch.num_rows, lines(batch, marks)

    # Few megabytes are in flight, whatever a row weighs.
    batches = pieces(conforming(reader, schema), rows=_ROWS, size=_BYTES)
    texts = in_order(batches, work)
    return write_text(chain([(0, header(schema.names, marks))], texts), sink, hints)


def write_text(
    texts: Iterable[tuple[int, Any]], sink: BinaryIO, hints: ValidatedRecordsHints
) -> int:
    """Write pieces of UTF-8, each with its number of rows, as one file; return all rows."""
    encode = _encoder(hints)
    out = compressing(sink, hints.compression)
    rows, begun = 0, False
    for count, text in texts:
        if not begun and bytes(text[:3]) == codecs.BOM_UTF8 and hints.codec not in _MARKED:
            # Readers take a mark at the very beginning for no text: this one is for them.
            out.write(encode(codecs.BOM_UTF8))
        begun = begun or len(text) > 0
        out.write(encode(text))
        rows += count
    out.close()
    return rows


def header(names: Sequence[str], marks: Marks) -> Any:
    """Return the row of the names, if files of this kind have one."""
    if not marks.hints.header_row:
        return b""
    columns = [values.texts([name]) for name in names]
    return lines(pa.RecordBatch.from_arrays(columns, names=list(names)), marks)


def _encoder(hints: ValidatedRecordsHints) -> Callable[[Any], Any]:
    if hints.codec == "utf-8":
        return lambda text: text
    encoder = codecs.getincrementalencoder(hints.codec)()

    def encode(text: Any) -> bytes:
        try:
            return encoder.encode(str(text, "utf-8"))
        except UnicodeEncodeError as err:
            what = f"'{err.object[err.start : err.end]}' cannot be written in {hints.encoding}"
            raise BadRowError(what, "write the file in UTF8") from err

    return encode
