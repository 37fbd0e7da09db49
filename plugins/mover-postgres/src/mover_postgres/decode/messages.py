"""The rows of a binary COPY in what comes over the wire: found in bulk, and none taken on trust.

https://www.postgresql.org/docs/18/sql-copy.html#SQL-COPY-BINARY-FORMAT
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mover_postgres.frames import END_OF_ANSWER, cut
from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    Places = npt.NDArray[np.int64]

__all__ = ["SLACK", "Rows", "rows_of"]

SLACK = 256
"""Bytes behind the last row, so that a column may be looked at in a window of this size."""

_PIECE = 1 << 20
_HEADER, _FIELDS = 5, 2
_DATA = ord("d")
_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_LENGTHS = len(_SIGNATURE) + 8
_TRAILER = b"\xff\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows: where their first columns begin and their last ones end, and how many before."""

    data: npt.NDArray[np.uint8]
    starts: Places
    ends: Places
    before: int


def rows_of(
    read_into: Callable[[memoryview], int],
    columns: int,
    heard: Callable[[int, bytes], bool] | None = None,
) -> Iterator[Rows]:
    """Yield the rows of CopyData messages, up to the last.

    ``heard`` is told of every other message, and says when the answer is over; without it the
    messages end where nothing comes any more.
    """
    reader = _Reader(columns, heard)
    rest, before = np.empty(0, np.uint8), 0
    while not reader.over:
        data, size = _filled(read_into, rest)
        if size == len(rest):
            if heard is None and not size:
                return
            raise cut()
        starts, ends, position = reader.rows(data, size)
        if len(starts):
            yield Rows(data=data, starts=starts, ends=ends, before=before)
            before += len(starts)
        rest = data[position:size]


def _filled(
    read_into: Callable[[memoryview], int], rest: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint8], int]:
    """Read on behind what is left, until there is much, or the end of an answer."""
    size, room = len(rest), max(_PIECE, 2 * len(rest))
    data = np.empty(room + SLACK, np.uint8)
    data[:size] = rest
    view = data.data
    while size < room and (count := read_into(view[size:room])):
        size += count
        if bytes(view[max(size - 6, 0) : size]).startswith(END_OF_ANSWER):
            break
    data[size:] = 0
    return data, size


class _Reader:
    """Goes over messages, those of usual rows at a stride."""

    def __init__(self, columns: int, heard: Callable[[int, bytes], bool] | None) -> None:
        self._heard = heard
        self._fields = columns.to_bytes(_FIELDS, "big")
        self._begun = False
        self.over = False

    def rows(self, data: npt.NDArray[np.uint8], size: int) -> tuple[Places, Places, int]:
        """Return the starts and the ends of whole rows, and where the rest begins."""
        position = 0
        starts, ends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        while True:
            found, after = _linked(data, position, size, self._fields)
            if len(found):
                starts.append(found + _HEADER + _FIELDS)
                ends.append(after)
                position = int(after[-1])
            message = _message(data, position, size)
            if message is None or self.over:
                return np.concatenate(starts), np.concatenate(ends), position
            kind, end = message
            row = self._other(kind, data[position + _HEADER : end].tobytes())
            if row is not None:
                starts.append(np.array([position + _HEADER + row], np.int64))
                ends.append(np.array([end], np.int64))
            position = end

    def _other(self, kind: int, body: bytes) -> int | None:
        """Take a message that is no usual row; of an unusual one, say where its columns begin."""
        if kind != _DATA:
            self.over = self._heard is not None and self._heard(kind, body)
            return None
        start = 0
        if not self._begun and body.startswith(_SIGNATURE):
            start = _LENGTHS + int.from_bytes(body[_LENGTHS - 4 : _LENGTHS], "big")
        self._begun = True
        if body[start:] in (b"", _TRAILER):
            return None
        if body[start : start + _FIELDS] != self._fields:
            raise LoadUnloadError("the server sent no row of binary COPY", "report this defect")
        return start + _FIELDS


def _message(data: npt.NDArray[np.uint8], position: int, size: int) -> tuple[int, int] | None:
    """Return the kind and the end of a message; None unless it is there as a whole."""
    if size - position < _HEADER:
        return None
    head = data[position : position + _HEADER].tobytes()
    end = position + 1 + int.from_bytes(head[1:], "big")
    return (head[0], end) if end <= size else None


def _linked(
    data: npt.NDArray[np.uint8], position: int, size: int, fields: bytes
) -> tuple[Places, Places]:
    """Return where messages of usual rows begin and end, each of which the one before leads to.

    What looks like one is compared to what the lengths say, so that no value is taken for one.
    """
    none = np.empty(0, np.int64)
    text = data[position:size]
    last = len(text) - _HEADER - _FIELDS + 1
    if last < 1:
        return none, none
    marks = text[:last] == _DATA
    marks &= text[_HEADER + 1 : _HEADER + 1 + last] == fields[1]
    found = np.flatnonzero(marks)
    found = found[(text[found + 1] == 0) & (text[found + _HEADER] == fields[0])] + position
    if not len(found) or found[0] != position:
        return none, none
    after = found + 1 + words(data, found + 1)
    if not np.array_equal(after[:-1], found[1:]):
        kept = _followed(found, after)
        found, after = found[kept], after[kept]
    whole = int(np.searchsorted(after, size, side="right"))
    return found[:whole], after[:whole]


def _followed(found: Places, after: Places) -> Places:
    """Follow the lengths from the first message on, past what only looks like one."""
    following = np.searchsorted(found, after)
    missing = following == len(found)
    missing |= found[np.minimum(following, len(found) - 1)] != after
    following[missing] = -1
    chain, at = following.tolist(), 0
    kept = []
    while at >= 0:
        kept.append(at)
        at = chain[at]
    return np.array(kept, np.int64)


def words(data: npt.NDArray[np.uint8], places: Places) -> npt.NDArray[Any]:
    """Return the big-endian words of 32 bits at some places, which need not be aligned."""
    view: npt.NDArray[Any] = np.ndarray(len(data) - 3, ">i4", data, strides=(1,))
    return view[places].astype(np.int64)
