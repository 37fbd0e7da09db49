"""Where the rows stand in their files that were read, for whoever refuses one of them later."""

from __future__ import annotations

import threading
from bisect import bisect_right
from typing import TYPE_CHECKING

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats.delimited.dialect import Dialect

__all__ = ["Mark", "Note", "Places", "quick_marks"]

_MOST_MARKS = 1 << 20

Mark = tuple[int, int]
"""A row of a chunk, from 0 on, and its line; each row up to the next mark is a line further."""

if TYPE_CHECKING:
    Note = Callable[[int, int, Sequence[Mark]], None]


def quick_marks(data: bytes, dialect: Dialect, first_line: int, rows: int) -> list[Mark] | None:
    """Return where the rows stand if all records are rows; None where that is not so plain.

    A record then ends at each newline that has an even number of quotes before it.
    """
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if lines == rows:
        return [(0, first_line)]
    if dialect.quote is None or len(dialect.quote) > 1 or dialect.escape or dialect.comment:
        return None
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    quotes, ends = np.flatnonzero(raw == dialect.quote[0]), np.flatnonzero(raw == ord("\n"))
    after = np.flatnonzero(np.searchsorted(quotes, ends) % 2 == 0) + 1
    starts = np.append([0], after[after < lines])
    if len(starts) != rows:
        return None
    at = np.flatnonzero(np.diff(starts - np.arange(rows), prepend=-1))
    return list(zip(at.tolist(), (starts[at] + first_line).tolist(), strict=True))


@frozen
class _Chunk:
    """The rows of a chunk, after so many ``before`` them."""

    source: str
    before: int
    rows: int
    marks: Sequence[Mark]


class Places:
    """Tells the file and the line of a row, by its number among those of all files that were read.

    What is kept of a chunk is where its lines go on otherwise than its rows: nearly nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: list[str] = []
        self._noted: dict[tuple[int, int], tuple[int, Sequence[Mark]]] = {}
        self._marks = 0
        self._chunks: list[_Chunk] = []
        self._known = 0

    def file(self, source: str) -> Note:
        """Begin with the next file; return what notes its chunks, in any order and any thread."""
        number = len(self._sources)
        self._sources.append(source)

        def note(first_line: int, rows: int, marks: Sequence[Mark]) -> None:
            with self._lock:
                self._marks += len(marks)
                kept = marks if self._marks <= _MOST_MARKS else ()
                self._noted[number, first_line] = rows, kept

        return note

    def of(self, row: int) -> tuple[str, int] | None:
        """Return the file and the line of a row, from 1 on; None where that is not known."""
        with self._lock:
            if self._known != len(self._noted):
                self._chunks, self._known = self._in_order(), len(self._noted)
            at = bisect_right(self._chunks, row - 1, key=lambda chunk: chunk.before)
            chunk = self._chunks[at - 1] if at else None
        inside = row - 1 - chunk.before if chunk is not None else 0
        if chunk is None or not chunk.marks or inside >= chunk.rows:
            return None
        first, line = chunk.marks[bisect_right(chunk.marks, inside, key=lambda mark: mark[0]) - 1]
        return chunk.source, line + inside - first

    def _in_order(self) -> list[_Chunk]:
        chunks, before = [], 0
        for number, first_line in sorted(self._noted):
            rows, marks = self._noted[number, first_line]
            if rows:
                source = self._sources[number]
                chunks.append(_Chunk(source=source, before=before, rows=rows, marks=marks))
            before += rows
        return chunks
