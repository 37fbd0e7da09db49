"""Apache Parquet through Arrow."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pat

from records_mover.errors import ColumnMismatchError, FormatError
from records_mover.formats.columns.conform import conform, conforming
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future

__all__ = ["read", "schema_of", "seekable", "write"]

_ROWS = 1 << 16
_GROUP_ROWS = 1 << 20
_GROUP_BYTES = 16 << 20
_SAMPLE, _FEW = 1 << 14, 1 << 8


def read(stream: BinaryIO, schema: RecordsSchema | None, source: str) -> pa.RecordBatchReader:
    """Return the rows of a Parquet file; one that cannot be sought is put aside on disk first."""
    stream = seekable(stream)
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
    with seekable(stream) as sought, _open(sought, source) as file:
        return RecordsSchema.from_arrow(file.schema_arrow), file.metadata.num_rows


def _open(stream: BinaryIO, source: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(stream, pre_buffer=False, coerce_int96_timestamp_unit="us")
    except (OSError, pa.ArrowException) as err:
        stream.close()
        # Arrow's own error is of no subclass; others, such as a lost connection, say more.
        if isinstance(err, OSError) and type(err) is not OSError:
            raise
        what = f"{source or 'the file'} is no Parquet file: {err}"
        raise FormatError(what, "it may be cut off, or of another format") from err


def seekable(stream: BinaryIO) -> BinaryIO:
    """Return the stream, or a file with what was in it, which stands in for it from here on."""
    if stream.seekable():
        return stream
    aside = tempfile.TemporaryFile()  # noqa: SIM115  closed by whoever asked
    try:
        with stream:
            shutil.copyfileobj(stream, aside, 1 << 20)
        aside.seek(0)
    except OSError as err:
        with suppress(OSError):
            aside.close()
        if type(err) is not OSError:  # of the stream
            raise
        what = f"cannot put a Parquet file aside to read it: {(err.strerror or str(err)).lower()}"
        advice = "free some space for temporary files, or name another TMPDIR"
        raise FormatError(what, advice) from err
    return aside


def write(reader: pa.RecordBatchReader, sink: BinaryIO, schema: RecordsSchema) -> int:
    """Write the batches as one Parquet file; return the number of rows."""
    rows = 0
    wanted = conforming(reader, schema)
    first = next(wanted, None)
    batches = wanted if first is None else chain((first,), wanted)
    with (
        pq.ParquetWriter(sink, wanted.schema, use_dictionary=_repeating(first)) as file,
        ThreadPoolExecutor(1, thread_name_prefix="mover-parquet") as pool,
    ):
        written: Future[None] | None = None
        for group in _groups(batches, wanted.schema):
            if written is not None:
                written.result()
            written = pool.submit(file.write_table, group, group.num_rows)
            rows += group.num_rows
        if written is not None:
            written.result()
    return rows


def _groups(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield tables of many rows: each becomes a row group, while the next is gathered."""
    waiting: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        waiting.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting, schema)
            waiting, rows, size = [], 0, 0
    if rows:
        yield pa.Table.from_batches(waiting, schema)


def _repeating(first: pa.RecordBatch | None) -> list[str] | bool:
    """Return the columns whose values come again and again, by the first rows.

    For any other column a dictionary is made in vain, which takes as long as all the rest.
    """
    if first is None or first.num_rows < _FEW or any(pat.is_nested(f.type) for f in first.schema):
        return True
    sample = first.slice(0, _SAMPLE)
    return [
        name
        for name, column in zip(sample.schema.names, sample.columns, strict=True)
        if 2 * _distinct(column) <= sample.num_rows
    ]


def _distinct(column: pa.Array) -> int:
    if not pat.is_dictionary(column.type):
        column = column.dictionary_encode()
    return len(column.dictionary)
