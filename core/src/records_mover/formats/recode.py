"""Files of one format as files of another: several to one, and one to several."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.delimited import DelimitedRecordsFormat
from records_mover.formats.reading import read_batches
from records_mover.formats.writing import write_batches
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions

__all__ = ["read_files", "recode", "write_files"]


def read_files(
    openers: Sequence[Callable[[], BinaryIO]],
    fmt: BaseRecordsFormat,
    schema: RecordsSchema | None = None,
    *,
    sources: Sequence[str] = (),
    instructions: ProcessingInstructions | None = None,
    on_reject: Callable[[BadRowError], None] | None = None,
) -> pa.RecordBatchReader:
    """Return the rows of several files as one table; each header is a header, never a row.

    Without a schema the columns are those of the first file.
    """
    import pyarrow as pa

    names = [*sources, *[""] * len(openers)]

    def opened(index: int, known: RecordsSchema | None) -> pa.RecordBatchReader:
        return read_batches(
            openers[index](),
            fmt,
            known,
            source=names[index],
            instructions=instructions,
            on_reject=on_reject,
        )

    first = opened(0, schema) if openers else None
    if first is None:
        wanted = (schema or RecordsSchema([])).to_arrow()
        return pa.RecordBatchReader.from_batches(wanted, iter(()))
    known = schema or RecordsSchema.from_arrow(first.schema)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from first
        for index in range(1, len(openers)):
            yield from opened(index, known)

    return pa.RecordBatchReader.from_batches(first.schema, batches())


def write_files(
    reader: pa.RecordBatchReader,
    fmt: BaseRecordsFormat,
    open_sink: Callable[[int], BinaryIO],
    *,
    rows_per_file: int,
    schema: RecordsSchema | None = None,
) -> list[int]:
    """Write the batches as several whole files, each with its header; return their rows.

    ``open_sink`` is called with 0, 1, ... and each sink is closed. There is at least one file.
    """
    import pyarrow as pa

    counts: list[int] = []
    rest: Iterator[pa.RecordBatch] = iter(reader)
    pending: list[pa.RecordBatch] = []

    def part() -> Iterator[pa.RecordBatch]:
        missing = rows_per_file
        while missing and (batch := pending.pop() if pending else next(rest, None)) is not None:
            yield batch.slice(0, missing)
            if batch.num_rows > missing:
                pending.append(batch.slice(missing))
            missing -= min(missing, batch.num_rows)

    while not counts or pending or _more(rest, pending):
        piece = pa.RecordBatchReader.from_batches(reader.schema, part())
        with open_sink(len(counts)) as sink:
            counts.append(write_batches(piece, fmt, sink, schema=schema))
    return counts


def _more(rest: Iterator[pa.RecordBatch], pending: list[pa.RecordBatch]) -> bool:
    batch = next(rest, None)
    if batch is not None:
        pending.append(batch)
    return batch is not None


def recode(
    openers: Sequence[Callable[[], BinaryIO]],
    fmt: BaseRecordsFormat,
    sink: BinaryIO,
    target: BaseRecordsFormat,
    *,
    schema: RecordsSchema | None = None,
    sources: Sequence[str] = (),
    instructions: ProcessingInstructions | None = None,
    on_reject: Callable[[BadRowError], None] | None = None,
) -> int:
    """Write files of one format as one file of another, and return the number of rows.

    Between delimited formats only what is written differently is taken apart: the text of all
    other columns stays as it is.
    """
    if isinstance(fmt, DelimitedRecordsFormat) and isinstance(target, DelimitedRecordsFormat):
        from records_mover.formats.transcode import transcode

        return transcode(
            openers,
            fmt,
            sink,
            target,
            schema=schema,
            sources=sources,
            instructions=instructions,
            on_reject=on_reject,
        )
    rows = read_files(
        openers, fmt, schema, sources=sources, instructions=instructions, on_reject=on_reject
    )
    return write_batches(rows, target, sink, schema=schema)
