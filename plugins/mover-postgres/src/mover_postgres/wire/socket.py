"""Looks at a connection's socket while the driver is busy with it, and takes nothing off it."""

from __future__ import annotations

import select
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.utils.sockets import hang_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = ["Wire"]

_PEEKED = 1 << 12


class Wire:
    """Tells whether the server has failed a COPY FROM STDIN that is still being sent.

    libpq looks at what the server says only when it cannot send on, and a server that has given up
    on a COPY drops what comes as quickly as it can: an error in the first row of a long file would
    show at its end. Behind TLS the answer cannot be read, and is waited for.
    """

    def __init__(self, connection: PsycopgConnection) -> None:
        self._descriptor = connection.fileno()
        self._readable = not connection.info.ssl_in_use
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)

    def failed(self) -> bool:
        """Whether an error, or the end of the connection, waits to be read."""
        return self._readable and bool(self._poll.poll(0)) and self._error_waits()

    def _error_waits(self) -> bool:
        with self._socket() as wire:
            try:
                waiting = wire.recv(_PEEKED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                return True
        return not waiting or _holds_error(waiting)

    def hang_up(self) -> None:
        """Cut the connection, so that whoever waits for the server waits no more."""
        hang_up(self._descriptor)

    @contextmanager
    def _socket(self) -> Iterator[socket.socket]:
        wire = socket.socket(fileno=self._descriptor)
        try:
            yield wire
        finally:
            wire.detach()  # it stays the driver's to close


def _holds_error(waiting: bytes) -> bool:
    """Go over the messages: a type, a length that counts itself, the rest.

    https://www.postgresql.org/docs/18/protocol-message-formats.html
    """
    at = 0
    while at < len(waiting):
        if waiting[at : at + 1] == b"E":
            return True
        length = int.from_bytes(waiting[at + 1 : at + 5], "big")
        if length < 4:
            return False
        at += 1 + length
    return False
