"""Where the rows of text are in CopyData messages, and what is left without their heads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mover_postgres.wire.copydata import DATA, HEADER, Answer, Marks, Memory, spots
from mover_postgres.wire.lanes import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from mover_postgres.wire.copydata import Bytes, Places

__all__ = ["Bulk"]


class Bulk:
    """Takes rows out of their messages, many at a time."""

    def __init__(self, heard: Callable[[int, bytes], bool]) -> None:
        self._heard = heard
        self._marks = Marks()
        self._memory = Memory()
        self._answer = self._next()

    def _next(self) -> Answer:
        return Answer(_TextRows(self._marks), self._heard)

    def found(self, held: bytearray, size: int) -> tuple[list[Text | None], int]:
        """Return the rows that are there as a whole, None where an answer ends, and the rest."""
        data, position = np.frombuffer(held, np.uint8), 0
        found: list[Text | None] = []
        while True:
            starts, ends, position = self._answer.rows(data, size, position)
            if len(starts):
                found.append(self._packed(data, starts, ends))
            if not self._answer.over:
                return found, position
            found.append(None)
            self._answer = self._next()

    def _packed(self, data: Bytes, starts: Places, ends: Places) -> Text:
        lengths = ends - starts
        size = int(lengths.sum())
        text = self._memory.take(size)
        _pack(data, starts, lengths, text)
        release = partial(self._memory.give, text)
        return Text(data=text.data[:size], count=len(starts), release=release)


class _TextRows:
    """Rows of text, in which there is never a NUL: heads, which say a length, have one."""

    head = HEADER

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def likely(self, text: Bytes) -> Places:
        """Return where the length of a message could begin, behind a ``d``."""
        last = len(text) - HEADER + 1
        if last < 1:
            return np.empty(0, np.int64)
        marks = self._marks(last)
        np.equal(text[1 : 1 + last], 0, out=marks)
        found = spots(marks, first=True)
        likely: Places = found[text[found] == DATA]
        return likely

    def begin(self, body: bytes) -> int | None:
        """Return where the row begins: at once."""
        del body
        return 0


def _pack(data: Bytes, starts: Places, lengths: Places, text: Bytes) -> None:
    """Put rows one behind the other.

    Each is copied in two windows, one from its start on and one up to its end, which may overlap:
    all rows of less than twice the length of the shortest at a time.
    """
    places = np.cumsum(lengths) - lengths
    while len(lengths):
        near = lengths < 2 * lengths.min()
        if near.all():
            _copy(data, starts, text, places, lengths)
            break
        _copy(data, starts[near], text, places[near], lengths[near])
        far = ~near
        starts, places, lengths = starts[far], places[far], lengths[far]


def _copy(data: Bytes, starts: Places, text: Bytes, places: Places, lengths: Places) -> None:
    width = (int(lengths.max()) + 1) // 2
    source, target = _windows(data, width), _windows(text, width)
    target[places] = source[starts]
    further = lengths - width
    target[places + further] = source[starts + further]


def _windows(data: Bytes, width: int) -> npt.NDArray[Any]:
    """Return what stands at each place, seen as bytes without a meaning, which are only copied."""
    return np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))
