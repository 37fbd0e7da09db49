"""Work on pieces in threads, with the results in order and few of them held at a time."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

__all__ = ["in_order"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_WORKERS = min(4, os.cpu_count() or 1)


def in_order(
    pieces: Iterable[_In], work: Callable[[_In], _Out], workers: int = _WORKERS
) -> Generator[_Out, None, None]:
    """Yield the result for each piece; Arrow lets go of the interpreter while it works."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="records-mover")
    waiting: deque[Future[_Out]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
