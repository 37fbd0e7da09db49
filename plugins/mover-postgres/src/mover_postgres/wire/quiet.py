"""Keeps the driver from printing a traceback of its own when a backend is killed under a COPY."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["no_driver_traceback"]


@contextmanager
def no_driver_traceback() -> Iterator[None]:
    """Drop what psycopg2 prints, and does not raise, while the block runs.

    Of the two errors that a killed backend answers, it raises one and prints the other, as a
    SystemError caused by the server's message; everything else goes to the hook that was there.
    """
    before = sys.excepthook

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        if not (isinstance(error, SystemError) and isinstance(error.__cause__, psycopg2.Error)):
            before(kind, error, traceback)

    sys.excepthook = hook
    try:
        yield
    finally:
        if sys.excepthook is hook:
            sys.excepthook = before
