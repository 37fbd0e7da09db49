"""Chunks that Arrow refuses: which row is bad and why, and going on without it where allowed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns import values
from records_mover.formats.delimited import masking
from records_mover.formats.delimited.parse import parse_chunk, read_text
from records_mover.formats.delimited.places import quick_marks
from records_mover.formats.delimited.records import split_fields
from records_mover.formats.delimited.text import is_text, is_utf8
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import pyarrow.csv as pacsv

    from records_mover.formats.delimited.parse import Column, Layout
    from records_mover.formats.delimited.places import Mark, Note
    from records_mover.formats.delimited.records import Chunk
    from records_mover.instructions import ProcessingInstructions

__all__ = ["Mender"]

_SHOWN = 200
_NUL = b"\0"


@dataclass(slots=True)
class Mender:
    """Reads chunks; one that fails as a whole is read again as text, to tell which row is bad.

    ``note`` is told where the rows of each stand.
    """

    layout: Layout
    source: str
    instructions: ProcessingInstructions
    on_reject: Callable[[BadRowError], None] | None = None
    note: Note | None = None
    _rejected: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def batch(self, chunk: Chunk) -> pa.RecordBatch:
        """Return the rows of a chunk; a bad row is left out if the instructions tolerate it."""
        try:
            batch = parse_chunk(self.layout, chunk.data)
            self._noted(chunk, batch.num_rows)
            return batch
        except BadRowError as err:
            if self.instructions.tolerant and _NUL in chunk.data:
                return self._mended(chunk)
            raise self._located(err, chunk) from err
        except pa.ArrowInvalid:
            return self._mended(chunk)

    def _located(self, err: BadRowError, chunk: Chunk) -> BadRowError:
        line = chunk.first_line + (err.line or 0)
        what = f"{self._where(line)}: {err.what}"
        return BadRowError(
            what, err.advice, source=self.source, line=line, text=err.text, reason=err.reason
        )

    def _where(self, line: int) -> str:
        return f"{self.source or 'line'}{':' if self.source else ' '}{line}"

    def _mended(self, chunk: Chunk) -> pa.RecordBatch:
        masked, table, problems = self._table(chunk.data)
        rows = [row for row in range(table.num_rows + len(problems)) if row not in problems]
        arrays = []
        for column in self.layout.columns:
            raw = masked.unmask(_whole(table.column(column.name)))
            array, bad = _converted(column, raw)
            arrays.append(array)
            for index, value in bad:
                problems.setdefault(rows[index], self._unfit(column, value))
        self._judge(chunk, problems)
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.layout.schema)
        kept = batch.filter(values.flags([row not in problems for row in rows]))
        self._noted(chunk, kept.num_rows, problems)
        return kept

    def _noted(self, chunk: Chunk, rows: int, left: Collection[int] = ()) -> None:
        """Tell where the rows stand that a chunk gives, without those that are left out."""
        if self.note is None:
            return
        data, line = chunk.data, chunk.first_line
        marks = None if left else quick_marks(data, self.layout.dialect, line, rows)
        self.note(line, rows, self._marks(chunk, left) if marks is None else marks)

    def _marks(self, chunk: Chunk, left: Collection[int]) -> list[Mark]:
        marks: list[Mark] = []
        line, row, kept = chunk.first_line, 0, 0
        for record in self._records(chunk.data):
            if self._counts(record):
                if row not in left:
                    if not marks or line - kept != marks[-1][1] - marks[-1][0]:
                        marks.append((kept, line))
                    kept += 1
                row += 1
            line += record.count(b"\n")
        return marks

    def _table(self, data: bytes) -> tuple[masking.Masked, pa.Table, dict[int, BadRowError]]:
        """Return the rows as bytes, and those that have too few fields or too many."""
        if _NUL in data:
            return self._evened(data)
        masked = masking.mask(data, self.layout.hints, self.layout.dialect)
        problems: dict[int, BadRowError] = {}

        def skip(row: pacsv.InvalidRow) -> str:
            problems[(row.number or 1) - 1] = self._ragged(row.actual_columns)
            return "skip"

        types = {column.name: pa.binary() for column in self.layout.columns}
        if not masked.swapped and is_text(data):
            return masked, read_text(self.layout, masked, types, skip), problems
        # Arrow shows no row with bytes that are no text, stand-ins of ours among them.
        return self._evened(data)

    def _evened(self, data: bytes) -> tuple[masking.Masked, pa.Table, dict[int, BadRowError]]:
        even, problems = self._even(data)
        masked = masking.mask(even, self.layout.hints, self.layout.dialect)
        types = {column.name: pa.binary() for column in self.layout.columns}
        return masked, read_text(self.layout, masked, types), problems

    def _even(self, data: bytes) -> tuple[bytes, dict[int, BadRowError]]:
        """Return the records without NULs, of as many fields as there are columns; the others."""
        records, problems, row = [], {}, 0
        for record in self._records(data):
            if self._counts(record):
                fields = len(split_fields(record, self.layout.dialect))
                if _NUL in record:
                    advice = "leave it out with --bad-bytes strip"
                    problems[row] = BadRowError("a NUL byte stands in the text", advice)
                elif fields == len(self.layout.names):
                    records.append(record)
                else:
                    problems[row] = self._ragged(fields)
                row += 1
        return b"".join(records), problems

    def _records(self, data: bytes) -> Iterator[bytes]:
        dialect, spot = self.layout.dialect, 0
        while spot < len(data):
            match = dialect.record.match(data, spot)
            record = match.group() if match else data[spot:]
            yield record
            spot += len(record)

    def _ragged(self, fields: int) -> BadRowError:
        columns = many(len(self.layout.names), "column")
        are = "is" if len(self.layout.names) == 1 else "are"
        what = f"{many(fields, 'field')}, but there {are} {columns}"
        return BadRowError(what, "check the hints 'field-delimiter' and 'quoting'")

    def _unfit(self, column: Column, value: str) -> BadRowError:
        shown = value[:_SHOWN]
        what = f"'{shown}' in the column '{column.name}' is no {self._spoken(column.kind)}"
        advice = "mend the value, or give the column another type"
        return BadRowError(what, advice, column=column.name, value=value)

    def _spoken(self, kind: pa.DataType) -> str:
        hints = self.layout.hints
        encoding = "UTF-8" if is_utf8(hints.codec) else hints.encoding
        return f"text in {encoding}" if pat.is_string(kind) else str(kind)

    def _judge(self, chunk: Chunk, problems: dict[int, BadRowError]) -> None:
        """Raise for the first bad row that is not tolerated, and report those that are."""
        if not problems:
            return
        for row, (line, text) in zip(
            sorted(problems), self._rows(chunk, set(problems)), strict=True
        ):
            error = self._placed(problems[row], line, text)
            with self._lock:
                self._rejected += 1
                tolerated = self._rejected <= self.instructions.tolerated
            if not tolerated:
                raise error
            if self.on_reject is not None:
                self.on_reject(error)

    def _placed(self, err: BadRowError, line: int, text: str) -> BadRowError:
        what = f"{self._where(line)}: {err.what}: {text[:_SHOWN]!r}"
        return BadRowError(
            what,
            err.advice,
            source=self.source or None,
            line=line,
            column=err.column,
            value=err.value,
            text=text,
            reason=err.reason,
        )

    def _rows(self, chunk: Chunk, wanted: set[int]) -> Iterator[tuple[int, str]]:
        """Yield the line and the text of rows, counted as Arrow counts them."""
        line, row = chunk.first_line, 0
        for record in self._records(chunk.data):
            if row > max(wanted):
                return
            if self._counts(record):
                if row in wanted:
                    yield line, record.decode("utf-8", "replace").rstrip("\r\n")
                row += 1
            line += record.count(self.layout.dialect.line_end)

    def _counts(self, record: bytes) -> bool:
        dialect = self.layout.dialect
        if dialect.comment is not None and record.startswith(dialect.comment):
            return False
        return len(self.layout.names) == 1 or bool(record.strip(b"\r\n" + dialect.terminator))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.chunks else pa.nulls(0, column.type)


def _converted(column: Column, raw: pa.Array) -> tuple[pa.Array, list[tuple[int, str]]]:
    """Return the typed column, NULL where a value is bad, and those bad values."""

    def convert(part: pa.Array) -> pa.Array:
        text = pc.cast(part, pa.string())
        if not pat.is_string(column.kind):
            # No type but text has an empty value: it is NULL, whatever the marker.
            text = pc.if_else(pc.equal(text, values.text("")), values.null(pa.string()), text)
        return column.convert(text)

    bad = list(_failing(convert, raw, 0))
    if bad:
        mask = values.flags(np.isin(np.arange(len(raw)), bad))
        shown = [_shown(raw[index]) for index in bad]
        raw = pc.if_else(mask, values.null(raw.type), raw)
        return convert(raw), list(zip(bad, shown, strict=True))
    return convert(raw), []


def _shown(value: pa.Scalar) -> str:
    said = value.as_py()
    return said if isinstance(said, str) else said.decode("utf-8", "replace")


def _failing(convert: Callable[[pa.Array], pa.Array], part: pa.Array, start: int) -> Iterator[int]:
    """Yield where the values stand that cannot be converted, by halving."""
    try:
        convert(part)
    except pa.ArrowInvalid:
        if len(part) == 1:
            yield start
            return
        half = len(part) // 2
        yield from _failing(convert, part.slice(0, half), start)
        yield from _failing(convert, part.slice(half), start + half)
