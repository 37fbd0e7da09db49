"""Files of one format as files of another: several to one, and one to several."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.dates import parse_format
from records_mover.formats.delimited import DelimitedRecordsFormat
from records_mover.formats.reading import read_batches
from records_mover.formats.writing import write_batches
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.hints import ValidatedRecordsHints
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
    reads = partial(
        read_files, openers, fmt, sources=sources, instructions=instructions, on_reject=on_reject
    )
    if not (isinstance(fmt, DelimitedRecordsFormat) and isinstance(target, DelimitedRecordsFormat)):
        return write_batches(reads(schema), target, sink, schema=schema)
    if schema is None:
        return write_batches(reads(None), target, sink)
    textual = _as_text(schema, fmt.validate(), target.validate())
    return write_batches(_without_blanks(reads(textual), schema), target, sink, schema=textual)


def _as_text(
    schema: RecordsSchema, one: ValidatedRecordsHints, other: ValidatedRecordsHints
) -> RecordsSchema:
    """Return the schema with text for each column that both formats write the same way."""
    fields = [
        Field(field.name, "string") if _same_text(field, one, other) else field
        for field in schema.fields
    ]
    return RecordsSchema(fields)


def _same_text(field: Field, one: ValidatedRecordsHints, other: ValidatedRecordsHints) -> bool:
    hint = _HINT_OF.get(field.field_type)
    if hint is None:
        return True
    mine, its = getattr(one, hint), getattr(other, hint)
    return bool(mine == its or (hint in _DATES and parse_format(mine) == parse_format(its)))


_DATES = {"dateformat", "timeonlyformat", "datetimeformat", "datetimeformattz"}
_HINT_OF = {
    "decimal": "decimal_separator",
    "boolean": "boolean_format",
    "date": "dateformat",
    "time": "timeonlyformat",
    "datetime": "datetimeformat",
    "datetimetz": "datetimeformattz",
}


def _without_blanks(reader: pa.RecordBatchReader, schema: RecordsSchema) -> pa.RecordBatchReader:
    """Return the batches with NULL for empty text in columns whose type has no empty value."""
    import pyarrow as pa

    typed = [field.field_type != "string" for field in schema.fields]

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [
                _blanks_to_null(column) if strict else column
                for column, strict in zip(batch.columns, typed, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=reader.schema)

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _blanks_to_null(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pat

    from records_mover.formats.values import null, text

    if not pat.is_string(column.type):
        return column
    shortest = pc.min(pc.binary_length(column)).as_py()
    if shortest != 0:
        return column
    return pc.if_else(pc.equal(column, text("")), null(pa.string()), column)
