"""Counting what passes, and stopping it: the two things that a running move shares."""

from __future__ import annotations

import io
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import MoveCancelled
from records_mover.streams import Blocks, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

__all__ = ["Cancellation", "Meter"]


class Meter:
    """Rows and bytes so far, read by whoever shows progress.

    Whoever counts rows sets ``rows`` to all that passed it so far, so that two counters on one
    route do not add up. Rows and bytes of streams that are read at the same time do: ``add_rows``
    and ``add_bytes`` add them under a lock. A reader needs none, as a figure may be one block old.
    ``watched`` says that somebody looks, so that asking a server how far it is may pay;
    ``server_rows`` is its answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.bytes = 0
        self.rows = 0
        self.server_rows = 0
        self.watched = False
        self.total_bytes: int | None = None
        self.total_rows: int | None = None

    @property
    def rows_seen(self) -> int:
        """Rows so far, by whoever has counted the most."""
        return max(self.rows, self.server_rows)

    def begin_anew(self) -> None:
        """Forget what a move has counted that left nothing, and is now made again."""
        self.bytes = self.rows = self.server_rows = 0

    def add_bytes(self, count: int) -> None:
        """Count bytes that passed; several threads may do so."""
        with self._lock:
            self.bytes += count

    def add_rows(self, count: int) -> None:
        """Count rows that passed; several threads may do so."""
        with self._lock:
            self.rows += count

    def counting(self, raw: BinaryIO) -> BinaryIO:
        """Return a reader of ``raw`` that counts its bytes here, and closes it."""
        if isinstance(raw, Blocks):
            return cast(BinaryIO, Blocks(self._counted(raw), raw))
        return cast(BinaryIO, _CountingReader(raw, self))

    def _counted(self, raw: Blocks) -> Generator[memoryview]:
        for block in raw.blocks():
            self.add_bytes(len(block))
            yield block


class _CountingReader(Reader):
    def __init__(self, raw: BinaryIO, meter: Meter) -> None:
        super().__init__(raw)
        self._raw = raw
        self._meter = meter

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def read(self, size: int = -1, /) -> bytes:
        block = self._raw.read(size)
        self._meter.add_bytes(len(block))
        return block


class Cancellation:
    """Asked of a running move from another thread: stop, and leave the target as it was."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may ask while its thread holds it
        self._asked = False
        self._stops: list[Callable[[], None]] = []

    @property
    def asked(self) -> bool:
        """Whether someone asked to stop."""
        return self._asked

    def cancel(self) -> None:
        """Ask to stop, and stop what has said how it can be stopped.

        The lock is held meanwhile, so that what has ended is not stopped afterwards. Every one is
        stopped, even if stopping another one fails; the first failure is raised in the end.
        """
        with self._lock, ExitStack() as failures:
            self._asked = True
            for stop in reversed(self._stops):
                failures.callback(stop)

    def check(self) -> None:
        """Raise ``MoveCancelled`` if someone asked to stop."""
        if self._asked:
            raise MoveCancelled("the move was cancelled", "the target is as it was")

    @contextmanager
    def stopping_by(self, stop: Callable[[], None]) -> Iterator[None]:
        """While the block runs, let ``stop`` (called from another thread) interrupt it."""
        with self._lock:
            self.check()
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)
