"""One client: its messages in, and the way out."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from standins.backend import Backend
    from standins.errors import ServerError
    from standins.wire import Channel

__all__ = ["Session"]


class Session(ABC):
    """A connection; ``key`` is what a CancelRequest names it with."""

    def __init__(self, sock: socket.socket, client: Channel) -> None:
        self.sock = sock
        self.client = client
        self.key = b""
        self.user = ""
        self.cancelled = False

    @property
    @abstractmethod
    def behind(self) -> Backend:
        """The session in the PostgreSQL behind."""

    def cancel(self) -> None:
        """Do what a CancelRequest asks for."""
        self.cancelled = True
        self.behind.cancel()

    def check_cancel(self) -> None:
        """Stop where a CancelRequest came."""
        if self.cancelled:
            self.cancelled = False
            raise self._stopped()

    def hang_up(self) -> None:
        """Close the client's side, whoever waits on it."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(2)
        self.sock.close()

    def _serve(self, extended: Callable[[bytes, bytes], None]) -> None:
        """Take messages until the client leaves."""
        while True:
            tag, body = self.client.read()
            if tag == b"X":
                return
            if tag == b"Q":
                self._simple(body[:-1].decode("utf-8", "surrogateescape"))
            else:
                extended(tag, body)

    @abstractmethod
    def _simple(self, sql: str) -> None:
        """Run the statements of one text."""

    @abstractmethod
    def _stopped(self) -> ServerError:
        """Return the error of a statement that was cancelled."""
