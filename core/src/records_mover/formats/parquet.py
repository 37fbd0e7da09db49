"""Apache Parquet through Arrow."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from records_mover.errors import ColumnMismatchError, FormatError
from records_mover.formats.conform import conform, conforming
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["read", "schema_of", "write"]

_ROWS = 1 << 16
_GROUP_ROWS = 1 << 20
_GROUP_BYTES = 128 << 20


def read(stream: BinaryIO, schema: RecordsSchema | None, source: str) -> pa.RecordBatchReader:
    """Return the rows of a Parquet file; one that cannot be sought is put aside on disk first."""
    stream = _seekable(stream)
    file = _open(stream, source)
    known = schema or RecordsSchema.from_arrow(file.schema_arrow)
    wanted = known.to_arrow()
    there = dict.fromkeys(file.schema_arrow.names)
    missing = [name for name in known.names if name not in there]
    if missing:
        stream.close()
        what = f"{source or 'the file'} has no column '{missing[0]}'"
        advice = f"it has: {', '.join(there)}"
        raise ColumnMismatchError(what, advice)

    def batches() -> Iterator[pa.RecordBatch]:
        with stream, file:
            for batch in _whole(file.iter_batches(_ROWS, columns=list(known.names)), source):
                yield conform(batch, wanted)

    return pa.RecordBatchReader.from_batches(wanted, batches())


def _whole(batches: Iterator[pa.RecordBatch], source: str) -> Iterator[pa.RecordBatch]:
    """Yield batches, and say where the file is damaged."""
    try:
        yield from batches
    except (OSError, pa.ArrowException) as err:
        # Arrow's own error is of no subclass; others, such as a lost connection, say more.
        if isinstance(err, OSError) and type(err) is not OSError:
            raise
        what = f"{source or 'the file'} is a damaged Parquet file: {err}"
        raise FormatError(what, "get the file again from its origin") from err


def schema_of(stream: BinaryIO, source: str = "") -> tuple[RecordsSchema, int]:
    """Return the columns of a Parquet file and how many rows it has."""
    with _seekable(stream) as seekable, _open(seekable, source) as file:
        return RecordsSchema.from_arrow(file.schema_arrow), file.metadata.num_rows


def _open(stream: BinaryIO, source: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(stream, pre_buffer=False, coerce_int96_timestamp_unit="us")
    except pa.ArrowInvalid as err:
        stream.close()
        what = f"{source or 'the file'} is no Parquet file: {err}"
        raise FormatError(what, "it may be cut off, or of another format") from err


def _seekable(stream: BinaryIO) -> BinaryIO:
    """Return the stream, or a file with what was in it, which stands in for it from here on."""
    if stream.seekable():
        return stream
    aside = tempfile.TemporaryFile()  # noqa: SIM115  closed by whoever asked
    with stream:
        shutil.copyfileobj(stream, aside, 1 << 20)
    aside.seek(0)
    return aside


def write(reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema) -> int:
    """Write the batches as one Parquet file; return the number of rows."""
    rows = 0
    wanted = conforming(reader, schema)
    group = 0  # rows, settled by the first batch
    with pq.ParquetWriter(sink, wanted.schema) as file:
        for batch in wanted:
            group = group or _group_rows(batch)
            file.write_batch(batch, group)
            rows += int(batch.num_rows)
    return rows


def _group_rows(batch: pa.RecordBatch) -> int:
    """Return how many rows a group may have, by the weight of the first ones."""
    weight = int(batch.nbytes) // max(int(batch.num_rows), 1) + 1
    return max(min(_GROUP_ROWS, _GROUP_BYTES // weight), 1)
