"""Threads and memory that all streams of one store share."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MEMORY", "PART", "THREADS", "Workers"]

T = TypeVar("T")

THREADS = 10
PART = 8 << 20
"""Bytes that one request moves: enough that its overhead does not count."""
MEMORY = 5 * PART
"""Bytes that all streams together may hold ahead of their users."""


class Workers:
    """A thread pool, and a budget of bytes for what is read ahead or still to be written.

    A job never waits for another one, and each stream may hold one part outside the budget: so
    no stream can starve, and nothing can lock up.
    """

    def __init__(self, threads: int = THREADS, memory: int = MEMORY) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mover-s3")
        self._lock = threading.Lock()
        self._left = memory

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Have a thread call it."""
        return self._pool.submit(call)

    def reserve(self, size: int) -> bool:
        """Take ``size`` bytes from the budget, if it has them."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def release(self, size: int) -> None:
        """Give bytes back to the budget."""
        with self._lock:
            self._left += size
