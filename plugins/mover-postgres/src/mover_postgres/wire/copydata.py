"""CopyData messages as they come over the wire: rows are found in bulk, and none taken on trust."""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Places = npt.NDArray[np.int64]

__all__ = ["DATA", "HEADER", "Answer", "Marks", "Memory", "RowKind", "spots", "words"]

HEADER = 5
DATA = ord("d")
_LEAST, _MOST = 1 << 20, 4 << 20
_BITS = 64
_DENSE = 24
_EXPONENT, _BIAS = 52, 1023
_ONE, _TOP = np.uint64(1), np.uint64(63)


class Memory:
    """Arrays of bytes that are used again: new ones cost as much as what is done in them.

    They may be given back by another thread.
    """

    def __init__(self) -> None:
        self._free: deque[Bytes] = deque()

    def take(self, size: int) -> Bytes:
        """Return an array of so many bytes at least."""
        while self._free:
            found = self._free.pop()
            if len(found) >= size:
                return found
        return np.empty(max(size, _LEAST), np.uint8)

    def give(self, array: Bytes) -> None:
        """Take an array back, unless it is uncommonly large."""
        if len(array) <= _MOST:
            self._free.append(array)

    def lease(self, array: Bytes) -> Lease:
        """Return what gives the array back when nobody holds it any more."""
        return Lease(self, array)


class Lease:
    """Counts who holds an array, whoever has taken it first among them."""

    def __init__(self, memory: Memory, array: Bytes) -> None:
        self._memory = memory
        self._array = array
        self._lock = Lock()
        self._holders = 1

    def hold(self) -> Callable[[], None]:
        """Hold it too; return how to let go."""
        with self._lock:
            self._holders += 1
        return self.let_go

    def let_go(self) -> None:
        """Hold it no more."""
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
        self._memory.give(self._array)


class Marks:
    """A mark for each byte, in memory that is used again and again."""

    def __init__(self) -> None:
        self._marks = np.empty(0, np.bool_)

    def __call__(self, count: int) -> npt.NDArray[np.bool_]:
        """Return so many marks, which say nothing yet; those from before are gone."""
        if len(self._marks) < count:
            self._marks = np.empty(count, np.bool_)
        return self._marks[:count]


class RowKind(Protocol):
    """What the rows of one COPY look like on the wire."""

    head: int
    """Bytes from where the message of a usual row begins to where the row itself does."""

    def likely(self, text: Bytes) -> Places:
        """Return where messages of usual rows seem to begin: those that do, and perhaps more."""
        ...

    def begin(self, body: bytes) -> int | None:
        """Return where in another CopyData message a row begins; None where there is none."""
        ...


class Answer:
    """Goes over the messages of an answer, those of usual rows at a stride.

    ``heard`` is told of every message that is no CopyData, and says when the answer is over.
    """

    def __init__(self, kind: RowKind, heard: Callable[[int, bytes], bool] | None) -> None:
        self._kind = kind
        self._heard = heard
        self.over = False

    def rows(self, data: Bytes, size: int, position: int = 0) -> tuple[Places, Places, int]:
        """Return the starts and the ends of whole rows, and where the rest begins."""
        starts, ends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        while True:
            found, after = self._linked(data, position, size)
            if len(found):
                starts.append(found + self._kind.head)
                ends.append(after)
                position = int(after[-1])
            message = _message(data, position, size)
            if message is None or self.over:
                return np.concatenate(starts), np.concatenate(ends), position
            kind, end = message
            row = self._other(kind, data[position + HEADER : end].tobytes())
            if row is not None:
                starts.append(np.array([position + HEADER + row], np.int64))
                ends.append(np.array([end], np.int64))
            position = end

    def _other(self, kind: int, body: bytes) -> int | None:
        """Take a message that is no usual row; of an unusual one, say where it begins."""
        if kind == DATA:
            return self._kind.begin(body)
        self.over = self._heard is not None and self._heard(kind, body)
        return None

    def _linked(self, data: Bytes, position: int, size: int) -> tuple[Places, Places]:
        """Return where messages of usual rows begin and end, each led to by the one before.

        What looks like one is compared to what the lengths say, so that no value is taken for one.
        """
        first = self._kind.likely(data[position : min(position + self._kind.head, size)])
        if not len(
            first
        ):  # another kind of message is first, and nothing follows from what is behind
            return np.empty(0, np.int64), np.empty(0, np.int64)
        found = self._kind.likely(data[position:size]) + position
        after = found + 1 + words(data, found + 1)
        strange = np.flatnonzero(after[:-1] != found[1:])
        if len(strange):
            kept = _followed(data, found, after, int(strange[0]))
            found, after = found[kept], after[kept]
        whole = int(np.searchsorted(after, size, side="right"))
        return found[:whole], after[:whole]


def _message(data: Bytes, position: int, size: int) -> tuple[int, int] | None:
    """Return the kind and the end of a message; None unless it is there as a whole."""
    if size - position < HEADER:
        return None
    head = data[position : position + HEADER].tobytes()
    end = position + 1 + int.from_bytes(head[1:], "big")
    return (head[0], end) if end <= size else None


def _followed(data: Bytes, found: Places, after: Places, first: int) -> Places | slice:
    """Follow the lengths from the first message on, past what only looks like one.

    ``first`` is the first one that does not lead to the next: where another kind of message comes
    behind it, there is nothing to be followed.
    """
    if after[first] < len(data) and data[after[first]] != DATA:
        return slice(first + 1)
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


def words(data: Bytes, places: Places) -> npt.NDArray[Any]:
    """Return the big-endian words of 32 bits at some places, which need not be aligned."""
    view: npt.NDArray[Any] = np.ndarray(len(data) - 3, ">i4", data, strides=(1,))
    return view[places].astype(np.int64)


def spots(marks: npt.NDArray[np.bool_], *, first: bool = False) -> Places:
    """Return where there are marks, in half the time of ``flatnonzero`` where they are few.

    Of neighbours only the ``first``, where that is asked. The lowest mark of 64 bytes is told by
    the exponent of its power of two.
    """
    bits = np.packbits(marks, bitorder="little")
    words = np.zeros(-(-len(marks) // _BITS), "<u8")
    words.view(np.uint8)[: len(bits)] = bits
    if first:
        before = words << _ONE
        before[1:] |= words[:-1] >> _TOP
        words &= ~before
    held = np.flatnonzero(words)
    left, found = words[held], []
    held <<= 6
    for _ in range(_DENSE):
        lowest = left & (~left + _ONE)
        exponents = lowest.astype(np.float64).view(np.int64) >> _EXPONENT
        found.append(held + (exponents - _BIAS))
        left ^= lowest
        more = np.flatnonzero(left)
        if not len(more):
            break
        left, held = left[more], held[more]
    else:
        return np.flatnonzero(marks)
    if len(found) == 1:
        return found[0]
    places = np.concatenate(found)
    places.sort()
    return places
