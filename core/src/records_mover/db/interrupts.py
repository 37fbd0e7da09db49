"""Who works on which connection, so that the server can be asked to end what it does there."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from records_mover.db.database import SqlDatabase

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

__all__ = ["InterruptibleDatabase", "Interrupts"]

_EVERY = 0.25
_LONGEST = 60.0


class Interrupts:
    """The drivers' connections that are open, by the thread that has opened them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[tuple[int, Any, Callable[[], object]]] = []
        self._ends: dict[int, threading.Event] = {}
        self._cancelled: list[Any] = []

    def add(self, connection: Any, cancel: Callable[[], object] | None = None) -> None:
        """Note a connection of this thread; ``cancel`` is its own unless another is given."""
        with self._lock:
            self._open.append((threading.get_ident(), connection, cancel or connection.cancel))

    def remove(self, connection: Any) -> bool:
        """Forget a connection, which is not cancelled any more; tell whether it ever was."""
        with self._lock:
            self._open = [one for one in self._open if one[1] is not connection]
            cancelled = any(one is connection for one in self._cancelled)
            self._cancelled = [one for one in self._cancelled if one is not connection]
            return cancelled

    def forget_closed(self) -> None:
        """Forget the connections that have ended."""
        with self._lock:
            self._open = [one for one in self._open if not _has_ended(one[1])]
            self._cancelled = [one for one in self._cancelled if not _has_ended(one)]

    def interrupt(self, thread: int) -> None:
        """Cancel what the server does for a thread, again and again until its connections close.

        Once is not enough: between two statements there is nothing to cancel, and the next one may
        wait for a lock.
        """
        ended = threading.Event()
        with self._lock:
            if self._ends.setdefault(thread, ended) is not ended:
                return  # someone has asked already
        threading.Thread(
            target=self._cancel_on, args=(thread, ended), name="mover-interrupt", daemon=True
        ).start()

    def relent(self, thread: int) -> None:
        """Cancel no more for a thread: what it does from here on was not meant."""
        with self._lock:
            ended = self._ends.pop(thread, None)
            if ended is not None:
                ended.set()

    def _cancel_on(self, thread: int, ended: threading.Event) -> None:
        deadline = time.monotonic() + _LONGEST
        while self._cancel(thread, ended) and time.monotonic() < deadline:
            ended.wait(_EVERY)

    def _cancel(self, thread: int, ended: threading.Event) -> bool:
        """Cancel on each connection, none of which is given away meanwhile."""
        with self._lock:
            if ended.is_set():
                return False
            working = [(one, cancel) for owner, one, cancel in self._open if owner == thread]
            for one, cancel in working:
                self._cancelled.append(one)
                with suppress(Exception):  # it has ended, or its server has
                    cancel()
        return bool(working)


def _has_ended(connection: Any) -> bool:
    """Ask a driver's connection, which has an attribute or a method for it, or neither."""
    closed = getattr(connection, "closed", False)
    return bool(closed() if callable(closed) else closed)


class InterruptibleDatabase(SqlDatabase):
    """A database whose server can be asked, from another thread, to end what it does."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._interrupts = Interrupts()

    def interrupt(self, thread: int) -> None:
        """Cancel what the server does on the connections that a thread has opened."""
        self._interrupts.interrupt(thread)

    def relent(self, thread: int) -> None:
        """Cancel no more what a thread does."""
        self._interrupts.relent(thread)

    def canceller(self, driver: Any) -> Callable[[], object] | None:
        """Return what ends the statement of a driver's connection; None for its own ``cancel``."""
        del driver
        return None

    def _connect(self) -> Connection:
        connection = super()._connect()
        driver = connection.connection.driver_connection
        self._interrupts.add(driver, self.canceller(driver))
        return connection

    def _close(self, connection: Connection) -> None:
        self._interrupts.forget_closed()
        if not connection.invalidated:
            driver = connection.connection.driver_connection
            if self._interrupts.remove(driver):
                connection.invalidate()  # a cancel on its way would meet whoever has it next
        super()._close(connection)
