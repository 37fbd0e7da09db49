"""The listening side: a database of its own behind, and a thread for each client."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

from standins.log import Log
from standins.session import Session

if TYPE_CHECKING:
    from standins.backend import Backend
    from standins.config import Config

__all__ = ["StandIn"]

SessionT = TypeVar("SessionT", bound=Session)


class StandIn(ABC, Generic[SessionT]):
    """A server; as a context manager it is gone at the end, and its database behind too."""

    mark: ClassVar[str]
    """What the name of the database behind begins with."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.log = Log(config.log)
        self._private = f"{self.mark}_{secrets.token_hex(6)}"
        self._listener: socket.socket | None = None
        self._sessions: dict[bytes, SessionT] = {}
        self._lock = threading.RLock()
        self._admin: Backend | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._listener is not None
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Make the database behind and listen."""
        self._outside(
            f"CREATE DATABASE {self._private} ENCODING 'SQL_ASCII' TEMPLATE template0"
            " LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        self._furnish()
        self._listener = socket.create_server((self.config.host, self.config.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Hang up on everyone and drop the database behind."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.drop_connections()
        if self._admin is not None:
            self._admin.close()
        self._outside(f"DROP DATABASE IF EXISTS {self._private} WITH (FORCE)")

    def drop_connections(self) -> int:
        """Hang up on every client at once, as a network does; return how many there were."""
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.hang_up()
        return len(sessions)

    def cancel(self, key: bytes) -> None:
        """Do what a CancelRequest asks for."""
        with self._lock:
            session = self._sessions.get(key)
        if session is not None:
            session.cancel()

    @abstractmethod
    def _outside(self, sql: str) -> None:
        """Run SQL in the PostgreSQL behind, outside of the server's own database."""

    @abstractmethod
    def _furnish(self) -> None:
        """Fill the database behind."""

    @abstractmethod
    def _serve(self, sock: socket.socket) -> None:
        """Serve one client until it leaves."""

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._meet, args=(sock,), daemon=True).start()

    def _meet(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._serve(sock)
