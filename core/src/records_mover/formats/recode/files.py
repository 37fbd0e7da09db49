"""Files of one format as files of another: several to one, and one to several."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.reading import read_batches
from records_mover.formats.writing import warn_of_losses, write_batches, write_rows
from records_mover.schema import RecordsSchema
from records_mover.streams import CountedSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions

__all__ = ["read_files", "recode", "write_files"]

# A file is written in no fewer steps than these, so that it ends near its size.
_STEPS = 64
_SAMPLE = 4096


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
    open_sink: Callable[[int], AbstractContextManager[BinaryIO]],
    *,
    rows_per_file: int | None = None,
    bytes_per_file: int | None = None,
    schema: RecordsSchema | None = None,
) -> list[int]:
    """Write the batches as several whole files, each with its header; return their rows.

    ``open_sink`` is called with 0, 1, ... for the files in order; there is at least one. How many
    bytes a row takes is told by some rows of the first file, and by each file for the next.
    """
    import pyarrow as pa

    counts: list[int] = []
    rest = _Rest(reader)
    known = schema if schema is not None else RecordsSchema.from_arrow(reader.schema)
    warn_of_losses(known, fmt)
    ratio = _ratio(rest, fmt, known) if bytes_per_file else 1.0
    while not counts or rest.more():
        with open_sink(len(counts)) as sink:
            counted = CountedSink(sink)
            weight = bytes_per_file and int(bytes_per_file / ratio) + 1
            part = rest.part(rows_per_file, weight)
            piece = pa.RecordBatchReader.from_batches(reader.schema, part)
            counts.append(write_rows(piece, fmt, cast(BinaryIO, counted), known))
        ratio = counted.written / rest.weight if rest.weight else ratio
    return counts


def _ratio(rest: _Rest, fmt: BaseRecordsFormat, known: RecordsSchema) -> float:
    """Return how much longer a batch is in a file than in memory."""
    import pyarrow as pa

    if not rest.more() or rest.pending is None:
        return 1.0
    some = rest.pending.slice(0, _SAMPLE)
    written = CountedSink(cast(BinaryIO, BytesIO()))
    piece = pa.RecordBatchReader.from_batches(some.schema, [some])
    write_rows(piece, fmt, cast(BinaryIO, written), known)
    return written.written / max(int(some.nbytes), 1)


class _Rest:
    """What is left of the batches, to be had in parts; ``weight`` is what the last part weighed."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._batches: Iterator[pa.RecordBatch] = iter(reader)
        self.pending: pa.RecordBatch | None = None
        self.weight = 0

    def more(self) -> bool:
        """Tell whether there is another batch with rows."""
        while self.pending is None or not self.pending.num_rows:
            self.pending = next(self._batches, None)
            if self.pending is None:
                return False
        return True

    def part(self, rows: int | None, weight: int | None) -> Iterator[pa.RecordBatch]:
        """Yield batches until there are so many rows, or about so many bytes in memory."""
        taken = self.weight = 0
        while (
            (rows is None or taken < rows)
            and (weight is None or self.weight < weight)
            and self.more()
        ):
            batch = self._take(rows and rows - taken, weight)
            taken += batch.num_rows
            self.weight += int(batch.nbytes)
            yield batch

    def _take(self, rows: int | None, weight: int | None) -> pa.RecordBatch:
        """Return the next batch, small enough that a part does not grow far beyond its weight."""
        pending = self.pending
        assert pending is not None
        most = pending.num_rows if rows is None else min(rows, pending.num_rows)
        if weight is not None:
            row = pending.nbytes // pending.num_rows + 1
            most = min(most, max(weight // _STEPS // row, 1))
        self.pending = pending.slice(most)
        return pending.slice(0, most)


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
        from records_mover.formats.recode.transcode import transcode

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
