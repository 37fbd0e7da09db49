"""Threads and memory that all streams of one store share."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AHEAD", "BEHIND", "PART", "THREADS", "Budget", "Workers"]

T = TypeVar("T")

THREADS = 10
PART = 8 << 20
"""Bytes that one request moves: enough that its overhead does not count."""
AHEAD = 5 * PART
"""Bytes that all streams together may hold ahead of their readers."""
BEHIND = 10 * PART
"""Bytes that all streams together may hold behind their writers: uploads need more at a time."""


class Budget:
    """Bytes of memory that many streams share.

    A job never waits for another one, and each stream may hold one part outside the budget: so
    no stream can starve, and nothing can lock up.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._left = size

    @property
    def left(self) -> int:
        """Bytes that nobody has taken."""
        return self._left

    def reserve(self, size: int) -> bool:
        """Take ``size`` bytes, if so many are left."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def release(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._left += size


class Workers:
    """A thread pool, and budgets for what is read ahead and for what is still to be written."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mover-s3")
        self.ahead, self.behind = Budget(AHEAD), Budget(BEHIND)

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have a thread call it."""
        return self._pool.submit(call)
