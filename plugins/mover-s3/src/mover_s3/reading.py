"""An object as a file to read: ranges fetched ahead by several threads, in bounded memory."""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mover_s3.workers import PART

if TYPE_CHECKING:
    from concurrent.futures import Future

    from mover_s3.fetching import Fetcher
    from mover_s3.workers import Workers

__all__ = ["ObjectReader"]

_LEAST = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """A range that is being fetched; ``reserved`` bytes go back to the budget afterwards."""

    future: Future[list[bytes]]
    reserved: int


class ObjectReader(io.BufferedIOBase):
    """Reads an object from ``offset`` on, at most ``length`` bytes; position 0 is ``offset``.

    ``read`` returns as much as it was asked for, and less only at the end.
    """

    def __init__(
        self, fetcher: Fetcher, workers: Workers, *, offset: int = 0, length: int | None = None
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._base = offset
        # First, as whoever drops this closes it, also when nothing could be fetched.
        self._blocks: deque[bytes] = deque()
        self._current = memoryview(b"")
        self._ahead: deque[_Ahead] = deque()
        until = offset + (PART if length is None else min(PART, length))
        if until > offset:
            self._blocks.extend(fetcher.begin(offset, until))
        size = fetcher.size if fetcher.size is not None else offset
        self._end = max(offset, size if length is None else min(size, offset + length))
        self._position = offset
        self._asked = offset + sum(map(len, self._blocks))
        self._begun = min(until, self._end)
        self._in_sequence = offset == 0

    # the file's methods

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this can seek."""
        return True

    def tell(self) -> int:
        """Return the position, counted from where reading began."""
        return self._position - self._base

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move; what was fetched ahead for elsewhere is dropped."""
        self._check_open()
        base = (self._base, self._position, self._end)[whence]
        wanted = base + offset
        if wanted < self._base:
            raise ValueError("cannot seek to before the beginning")
        if self._position <= wanted <= self._position + len(self._current):
            self._current = self._current[wanted - self._position :]
        elif wanted != self._position:
            self._drop()
            self._fetcher.forget()
            self._asked, self._begun, self._in_sequence = wanted, 0, False
        self._position = wanted
        return self.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes, or all that are left."""
        left = max(0, self._end - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        first = self._take(wanted)
        if len(first) == wanted:
            whole = first.obj
            return whole if isinstance(whole, bytes) and len(whole) == wanted else bytes(first)
        pieces = [first]
        wanted -= len(first)
        while wanted and (piece := self._take(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def read1(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, as many as are at hand."""
        return bytes(self._take(PART if size < 0 else size))

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill ``buffer``, and less of it only at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (piece := self._take(len(view) - filled)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def close(self) -> None:
        """Stop fetching."""
        if not self.closed:
            self._fetcher.stop()
            self._drop()
        super().close()

    # what is behind them

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def _take(self, size: int) -> memoryview:
        """Return up to ``size`` bytes that need not be copied, none at the end."""
        self._check_open()
        if not self._current and size:
            self._current = self._next_block(size)
        piece, self._current = self._current[:size], self._current[size:]
        self._position += len(piece)
        return piece

    def _next_block(self, demand: int) -> memoryview:
        if not self._blocks:
            if self._position >= self._end:
                return memoryview(b"")
            self._fetch_ahead(demand)
            ahead = self._ahead.popleft()
            try:
                self._blocks.extend(ahead.future.result())
            finally:
                self._workers.ahead.release(ahead.reserved)
            self._in_sequence = True
        return memoryview(self._blocks.popleft())

    def _fetch_ahead(self, demand: int) -> None:
        """Order ranges: one at least, more while the budget lasts and reading goes straight on."""
        until = self._end
        if not self._in_sequence:
            until = min(self._end, self._position + max(demand, _LEAST))
        while self._asked < until:
            start, begun = self._asked, self._asked < self._begun
            end = self._begun if begun else min(start + PART, until)
            reserved = end - start if self._ahead else 0
            if not self._workers.ahead.reserve(reserved):
                return
            self._asked = end
            fetch = self._fetcher.rest if begun else self._fetcher.fetch
            future = self._workers.submit(partial(fetch, start, end))
            self._ahead.append(_Ahead(future=future, reserved=reserved))

    def _drop(self) -> None:
        """Forget what was fetched and not read; memory counts as used until its thread is done."""
        self._blocks.clear()
        self._current = memoryview(b"")
        while self._ahead:
            ahead = self._ahead.popleft()
            ahead.future.cancel()
            ahead.future.add_done_callback(partial(self._give_back, ahead.reserved))

    def _give_back(self, reserved: int, _done: object) -> None:
        self._workers.ahead.release(reserved)
