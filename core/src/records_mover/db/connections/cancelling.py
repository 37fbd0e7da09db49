"""Asking a server to end a statement: other threads go on meanwhile, and not for ever."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from records_mover.frozen import frozen
from records_mover.utils.sockets import hang_up

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SECONDS", "CancelCalls", "Canceller"]

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""For so long a server is asked. It takes the question before it looks at anything else."""

_SAID_BYTES = 256


@frozen
class CancelCalls:
    """The calls by which a driver's C library cancels, for a driver that stops every thread for it.

    ``get`` makes of a connection what ``ask`` needs, whatever becomes of the connection then;
    ``ask`` is given a buffer for its words, and answers 0 when it has failed; ``free`` is the end
    of it. ``library`` is a file that they are loaded with, and ``pointer`` the attribute of the
    driver's connection that says where the library's own is.
    """

    library: str
    pointer: str
    get: str
    ask: str
    free: str

    def of(self, driver: Any) -> Canceller:
        """Return what cancels on a connection, and cuts it where nobody takes that."""
        return Canceller(partial(self._run, driver), lambda: hang_up(driver.fileno()))

    def _run(self, driver: Any) -> None:
        """Ask, and wait for the answer; ``OSError`` where there is none."""
        import ctypes

        # Threads take turns around this call alone: nobody closes the connection under it.
        get = getattr(ctypes.PyDLL(self.library), self.get)
        get.argtypes, get.restype = [ctypes.c_void_p], ctypes.c_void_p
        asking = ctypes.c_void_p(None if driver.closed else get(getattr(driver, self.pointer)))
        if asking.value is None:
            return
        library = ctypes.CDLL(self.library)
        said = ctypes.create_string_buffer(_SAID_BYTES)
        taken = getattr(library, self.ask)(asking, said, len(said))
        getattr(library, self.free)(asking)
        if not taken:
            raise OSError(said.value.decode(errors="replace").strip())


class Canceller:
    """Asks a server to end what it does on one connection, as often as it is called.

    ``ask`` waits for the server, and is waited for no longer than ``seconds``; while it waits it is
    not asked again. Where nobody has answered, ``give_up`` is to end the connection itself.
    """

    def __init__(
        self,
        ask: Callable[[], object],
        give_up: Callable[[], object],
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._ask, self._give_up, self._seconds = ask, give_up, seconds
        self._lock = threading.Lock()
        self._asking: _Asking | None = None

    def __call__(self) -> None:
        """Ask, or wait for the answer to what was asked before; it raises nothing."""
        with self._lock:
            if self._asking is None or not self._asking.is_alive():
                self._asking = _Asking(self._ask)
                self._asking.start()
            asking = self._asking
        asking.join(self._seconds)
        if not asking.taken:
            with suppress(Exception):  # it has ended already
                self._give_up()


class _Asking(threading.Thread):
    def __init__(self, ask: Callable[[], object]) -> None:
        super().__init__(name="mover-cancel", daemon=True)
        self._ask = ask
        self.taken = False

    def run(self) -> None:
        try:
            self._ask()
            self.taken = True
        except Exception as error:  # noqa: BLE001 - the connection is given up then
            logger.debug("the server cannot be asked to stop: %s", error)
