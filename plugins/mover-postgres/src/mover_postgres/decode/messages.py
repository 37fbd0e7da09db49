"""The rows of a binary COPY: what tells them apart in what comes over the wire.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mover_postgres.wire.copydata import DATA, HEADER, Answer, Marks, Memory, spots
from mover_postgres.wire.frames import END_OF_ANSWER, cut
from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mover_postgres.wire.copydata import Bytes, Places

__all__ = ["SLACK", "BinaryInbox", "Rows", "rows_of"]

SLACK = 256
"""Bytes behind the last row, so that a column may be looked at in a window of this size."""

_PIECE = 1 << 21
_FIELDS = 2
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_LENGTHS = len(_SIGNATURE) + 8
_TRAILER = b"\xff\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows: where their first columns begin and their last ones end, and how many before."""

    data: Bytes
    starts: Places
    ends: Places
    before: int = 0
    release: Callable[[], None] = lambda: None
    """To be called when nobody looks at them any more: what they lie in is used again."""

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.starts)

    @property
    def size(self) -> int:
        """How many bytes they hold on to."""
        return len(self.data)


class _BinaryRows:
    """Rows that begin with how many columns they have; a signature before, a trailer behind."""

    head = HEADER + _FIELDS

    def __init__(self, columns: int, marks: tuple[Marks, Marks]) -> None:
        self._fields = columns.to_bytes(_FIELDS, "big")
        self._marks = marks
        self._begun = False

    def likely(self, text: Bytes) -> Places:
        """Return where the head of a message and the number of columns could be."""
        last = len(text) - self.head + 1
        if last < 1:
            return np.empty(0, np.int64)
        marks, counts = self._marks[0](last), self._marks[1](last)
        np.equal(text[:last], DATA, out=marks)
        np.equal(text[HEADER + 1 : HEADER + 1 + last], self._fields[1], out=counts)
        marks &= counts
        found = spots(marks)
        sure = (text[found + 1] == 0) & (text[found + HEADER] == self._fields[0])
        likely: Places = found[sure]
        return likely

    def begin(self, body: bytes) -> int | None:
        """Return where the columns begin, after the signature where it is the first message."""
        start = 0
        if not self._begun and body.startswith(_SIGNATURE):
            start = _LENGTHS + int.from_bytes(body[_LENGTHS - 4 : _LENGTHS], "big")
        self._begun = True
        if body[start:] in (b"", _TRAILER):
            return None
        if body[start : start + _FIELDS] != self._fields:
            raise LoadUnloadError("the server sent no row of binary COPY", "report this defect")
        return start + _FIELDS


class BinaryInbox:
    """What has come of answers to binary COPYs and is not taken yet."""

    def __init__(self, columns: int, heard: Callable[[int, bytes], bool] | None) -> None:
        self._columns = columns
        self._heard = heard
        self._marks = Marks(), Marks()
        self._memory = Memory()
        self._answer = self._next()
        self._keep(np.empty(0, np.uint8))

    def _next(self) -> Answer:
        return Answer(_BinaryRows(self._columns, self._marks), self._heard)

    def _keep(self, rest: Bytes) -> None:
        self.size, self._room = len(rest), max(_PIECE, 2 * len(rest))
        self._data = self._memory.take(self._room + SLACK)
        self._data[: self.size] = rest

    def room(self) -> memoryview:
        """Return where to put what comes next."""
        return self._data.data[self.size : self._room]

    def came(self, count: int) -> bool:
        """Note how much came; say whether to look at it: there is much, or an answer has ended."""
        self.size += count
        return self.size == self._room or self._data[
            max(self.size - len(END_OF_ANSWER) - 1, 0) : self.size
        ].tobytes().startswith(END_OF_ANSWER)

    def found(self) -> list[Rows | None]:
        """Return the rows that are here as a whole, and None where an answer ends."""
        data, size, position = self._data, self.size, 0
        data[size : size + SLACK] = 0
        lease = self._memory.lease(data)
        found: list[Rows | None] = []
        while True:
            starts, ends, position = self._answer.rows(data, size, position)
            if len(starts):
                release = lease.hold()
                found.append(Rows(data=data, starts=starts, ends=ends, release=release))
            if not self._answer.over:
                break
            found.append(None)
            self._answer = self._next()
        self._keep(data[position:size])
        lease.let_go()
        return found


def rows_of(
    read_into: Callable[[memoryview], int],
    columns: int,
    heard: Callable[[int, bytes], bool] | None = None,
) -> Iterator[Rows]:
    """Yield the rows of one answer; without ``heard``, up to where nothing comes any more."""
    inbox, before = BinaryInbox(columns, heard), 0
    while True:
        count = read_into(inbox.room())
        if not count and heard is None and not inbox.size:
            return
        if not count and heard is not None:
            raise cut()
        if count and not inbox.came(count):
            continue
        size = inbox.size
        for rows in inbox.found():
            if rows is None:
                return
            yield replace(rows, before=before)
            before += rows.count
        if not count and inbox.size == size:
            raise cut()
