"""Delimited files as one file of another dialect, in which text that need not change stays."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.columns.values import null, text
from records_mover.formats.delimited.alike_text import as_text
from records_mover.formats.delimited.lines import Marks, lines
from records_mover.formats.delimited.mending import Mender
from records_mover.formats.delimited.opened import open_text
from records_mover.formats.delimited.parse import layout_of
from records_mover.formats.delimited.text import BAD, is_utf8
from records_mover.formats.delimited.writer import header, write_text
from records_mover.formats.ordered import in_order
from records_mover.formats.reading import match_columns
from records_mover.formats.recode.bytewise import bytewise
from records_mover.formats.writing import warn_of_losses, warn_of_untyped_losses
from records_mover.instructions import ProcessingInstructions
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    import pyarrow as pa

    from records_mover.errors import BadRowError
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints
    from records_mover.formats.delimited.opened import OpenedText
    from records_mover.formats.delimited.records import Chunk

__all__ = ["transcode"]

# So much that all that is made of a chunk on the way stays in the processor's cache.
_CHUNK = 2 << 20


def transcode(
    openers: Sequence[Callable[[], BinaryIO]],
    fmt: DelimitedRecordsFormat,
    sink: BinaryIO,
    target: DelimitedRecordsFormat,
    *,
    schema: RecordsSchema | None = None,
    sources: Sequence[str] = (),
    instructions: ProcessingInstructions | None = None,
    on_reject: Callable[[BadRowError], None] | None = None,
    counted: Callable[[int], None] = lambda _rows: None,
) -> int:
    """Write delimited files as one file of another dialect, and return the number of rows.

    Only the columns whose type both write differently are taken apart; without a schema none is.
    ``counted`` is told the rows of each piece, and stops by raising.
    """
    hints = target.validate()
    reading = _Reading(fmt, hints, schema, instructions or ProcessingInstructions(), on_reject)
    pieces = reading.pieces(openers, [*sources, *[""] * len(openers)])

    def told() -> Iterator[tuple[int, Any]]:
        for rows, piece in pieces:
            counted(rows)
            yield rows, piece

    first = next(pieces, None)
    known = reading.schema or RecordsSchema([])
    if schema is None:
        warn_of_untyped_losses(target)
    else:
        warn_of_losses(schema, target)
    begun = [(0, header(known.names, reading.marks))] if len(known) else []
    if first is not None:
        counted(first[0])
        begun.append(first)
    return write_text(chain(begun, told()), sink, hints)


class _Reading:
    """The files of one dialect, read as text of the other."""

    def __init__(
        self,
        fmt: DelimitedRecordsFormat,
        target: ValidatedRecordsHints,
        schema: RecordsSchema | None,
        instructions: ProcessingInstructions,
        on_reject: Callable[[BadRowError], None] | None,
    ) -> None:
        self._format, self._target = fmt, target
        self._instructions, self._on_reject = instructions, on_reject
        self._blanks = [field.field_type != "string" for field in schema.fields] if schema else []
        self.schema = None if schema is None else as_text(schema, fmt.validate(), target)
        self.marks = Marks.of(target)

    def pieces(
        self, openers: Sequence[Callable[[], BinaryIO]], sources: Sequence[str]
    ) -> Iterator[tuple[int, Any]]:
        """Yield the rows of all files in order, the header of none."""
        for opener, source in zip(openers, sources, strict=False):
            marked = self._instructions.tolerant
            opened = open_text(opener(), self._format, source, marked=marked)
            self.schema = match_columns(opened, self.schema, source)
            yield 0, b""
            yield from in_order(opened.chunks(_CHUNK), self._work(opened, self.schema, source))

    def _work(
        self, opened: OpenedText, schema: RecordsSchema, source: str
    ) -> Callable[[Chunk], tuple[int, Any]]:
        names = opened.names if opened.hints.header_row and opened.names else schema.names
        layout = layout_of(names, schema, opened.hints, opened.dialect)
        mender = Mender(
            layout, source=source, instructions=self._instructions, on_reject=self._on_reject
        )
        quick, recoded = None, not is_utf8(opened.hints.codec)
        if tuple(names) == tuple(schema.names) and _all_text(schema):
            blanks = any(self._blanks)
            quick = bytewise(opened.hints, self._target, len(names), blanks=blanks)

        def work(chunk: Chunk) -> tuple[int, Any]:
            if quick is not None and (BAD not in chunk.data or not recoded):
                done = quick.rows(chunk.data)
                if done is not None:
                    return done
            batch = self._without_blanks(mender.batch(chunk))
            return batch.num_rows, lines(batch, self.marks)

        return work

    def _without_blanks(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return NULL for empty text in columns whose type has no empty value."""
        if not any(self._blanks):
            return batch
        import pyarrow as pa

        columns = [
            _blanks_to_null(column) if strict else column
            for column, strict in zip(batch.columns, self._blanks, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _all_text(schema: RecordsSchema) -> bool:
    return all(field.field_type == "string" for field in schema.fields)


def _blanks_to_null(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pat

    if not pat.is_string(column.type):
        return column
    shortest = pc.min(pc.binary_length(column)).as_py()
    if shortest != 0:
        return column
    return pc.if_else(pc.equal(column, text("")), null(pa.string()), column)
