"""From one server's socket to another's: CopyData messages are passed on as they are.

The driver would hand over one row at a time. It is idle meanwhile: the statement is sent past it,
and everything up to the server's "ready" is read past it, so that it never knows. Where anything
goes wrong its connection is given up. Behind TLS there are no messages to be seen.

https://www.postgresql.org/docs/18/protocol-message-formats.html
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from struct import Struct
from types import SimpleNamespace
from typing import TYPE_CHECKING, BinaryIO

import psycopg2

from mover_postgres.connections import fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = [
    "END_OF_ANSWER",
    "NAP",
    "End",
    "ServerError",
    "Wired",
    "cut",
    "end_of",
    "is_bare",
    "pump",
]

_BLOCK = 1 << 20
NAP = 0.001
"""Seconds to wait before it is looked again whether something has come.

A server sends 8 KB at a time, and whoever waits for them is woken for each: that takes a server a
sixth of its time, and us more than all the rest. In a moment there is more of it.
"""
_HEADER = 5
_DATA, _DONE, _COMPLETE, _READY, _ERROR = (ord(letter) for letter in "dcCZE")
_COPY_STARTS = frozenset(b"GH")
END_OF_ANSWER = b"Z\0\0\0\5"
"""How the server's last message begins, of which one byte more follows."""
_length = Struct(">I").unpack_from
_header = Struct(">BI").unpack_from
_FIELDS = {
    "M": "message_primary",
    "D": "message_detail",
    "H": "message_hint",
    "W": "context",
    "c": "column_name",
}


@dataclass(frozen=True, slots=True)
class Wired:
    """How to open a stream, and the statement and the connection by which a pump does without.

    Or several connections and statements, which give the same rows.
    """

    open: Callable[[], BinaryIO]
    driver: PsycopgConnection
    statement: str
    others: Sequence[PsycopgConnection]
    statements: Callable[[], Iterable[str]]

    def __call__(self) -> BinaryIO:
        """Open the stream."""
        return self.open()


class ServerError(psycopg2.Error):  # type: ignore[misc]  # the driver has no types
    """An error that a server answered past the driver, as the driver would have raised it."""

    def __init__(self, body: bytes) -> None:
        found = {part[:1].decode(): part[1:].decode(errors="replace") for part in body.split(b"\0")}
        super().__init__(found.get("M", ""))
        self._code = found.get("C")
        self._diag = SimpleNamespace(**{name: found.get(key) for key, name in _FIELDS.items()})

    @property
    def pgcode(self) -> str | None:
        """The SQLSTATE."""
        return self._code

    @property
    def diag(self) -> SimpleNamespace:
        """What the server said."""
        return self._diag


def is_bare(connection: PsycopgConnection) -> bool:
    """Whether the protocol's messages go over the socket as they are."""
    if connection.info.ssl_in_use:
        return False
    encrypted = "SELECT encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_backend_pid()"
    return fetch(connection, encrypted) == [(False,)]


def pump(
    reading: tuple[PsycopgConnection, str],
    writing: tuple[PsycopgConnection, str],
    passed: Callable[[int], None],
) -> tuple[int, int]:
    """Run a COPY TO STDOUT into a COPY FROM STDIN; return the rows that each of them counted.

    ``passed`` is told of the bytes of each block, and may raise. Both connections are inside a
    transaction; after an error both are closed, so that their servers roll back.
    """
    try:
        with end_of(reading[0]) as source, end_of(writing[0]) as target:
            source.ask(reading[1])
            target.ask(writing[1])
            target.until_copy()
            source.until_copy()
            for block in source.copied():
                target.send(block, hearing=True)
                passed(len(block))
            target.send(b"c\0\0\0\4")
            return source.rows, target.finish()
    except BaseException:
        reading[0].close()
        writing[0].close()
        raise


@contextmanager
def end_of(connection: PsycopgConnection) -> Iterator[End]:
    """Give the socket of a connection, which stays the driver's."""
    wire = socket.socket(fileno=connection.fileno())
    try:
        yield End(wire)
    finally:
        wire.detach()  # it stays the driver's to close


class End:
    """A socket that is in the driver's hands and never blocks."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._poll = select.poll()
        self._unread = bytearray()
        self.rows = 0

    def ask(self, statement: str) -> None:
        """Send a statement."""
        text = statement.encode() + b"\0"
        self.send(b"Q" + (len(text) + 4).to_bytes(4, "big") + text)

    def until_copy(self) -> None:
        """Read what the server says up to where the rows begin, or raise what it says instead."""
        while True:
            kind, body = self._message()
            if kind == _ERROR:
                raise ServerError(body)
            if kind in _COPY_STARTS:
                return

    def finish(self) -> int:
        """Read what the server says at the end, and return its count of rows."""
        while not self.heard(*self._message()):
            pass
        return self.rows

    def copied(self) -> Iterator[memoryview]:
        """Yield CopyData messages, many at a time and cut anywhere, up to the last one."""
        data, ahead = self._unread, 0  # bytes up to the next header
        while True:
            position, size = ahead, len(data)
            last = size - _HEADER
            while position <= last:  # once a row: every word here counts
                kind, length = _header(data, position)
                if kind != _DATA:
                    break
                position += 1 + length
            whole = min(position, size)
            if whole:
                yield memoryview(data)[:whole]
            ahead, self._unread = position - whole, bytearray(data[whole:])
            if len(self._unread) >= _HEADER:
                kind, body = self._message()
                if kind == _ERROR:
                    raise ServerError(body)
                if kind == _DONE:
                    self.finish()
                    return
                data = self._unread
                continue
            data = self._unread + self._receive()

    def read_into(self, view: memoryview) -> int:
        """Put what comes next into ``view`` and return how many bytes; none where it is cut."""
        if self._unread:
            count = min(len(view), len(self._unread))
            view[:count] = self._unread[:count]
            del self._unread[:count]
            return count
        while (taken := self.take(view)) is None:
            time.sleep(NAP)
            if (taken := self.take(view)) is not None:
                break
            self._wait(select.POLLIN)
        return taken

    def take(self, view: memoryview) -> int | None:
        """Put what has come into ``view`` and return how many bytes; None where nothing has."""
        try:
            return self._wire.recv_into(view)
        except BlockingIOError:
            return None
        except OSError as error:
            raise cut() from error

    def fileno(self) -> int:
        """Return what to wait on."""
        return self._wire.fileno()

    def heard(self, kind: int, body: bytes) -> bool:
        """Take a message that is no row; say whether it is the last, or raise the error it is."""
        if kind == _ERROR:
            raise ServerError(body)
        if kind == _COMPLETE:
            self.rows += int(body.rstrip(b"\0").split()[-1])
        return kind == _READY

    def send(self, block: bytes | memoryview, *, hearing: bool = False) -> None:
        """Send all of a block; ``hearing`` raises what the server says against it meanwhile.

        Where an answer is due it must not be: that would be heard, and waited for in vain.
        """
        rest = memoryview(block)
        while rest:
            try:
                rest = rest[self._wire.send(rest) :]
            except BlockingIOError:
                self._wait(select.POLLOUT | (select.POLLIN if hearing else 0))
            except OSError as error:
                raise cut() from error
            if hearing:
                self._hear()

    def _hear(self) -> None:
        """Look whether the server has said anything; while it takes rows, that is an error."""
        self._poll.register(self._wire, select.POLLIN)
        if self._poll.poll(0):
            self._unread += self._receive()
            while self._has_message():
                kind, body = self._message()
                if kind == _ERROR:
                    raise ServerError(body)

    def _has_message(self) -> bool:
        data = self._unread
        return len(data) >= _HEADER and len(data) > _length(data, 1)[0]

    def _message(self) -> tuple[int, bytes]:
        while not self._has_message():
            self._unread += self._receive()
        end = 1 + int(_length(self._unread, 1)[0])
        message, self._unread = self._unread[:end], self._unread[end:]
        return message[0], bytes(message[_HEADER:])

    def _receive(self) -> bytes:
        napped = False
        while True:
            try:
                block = self._wire.recv(_BLOCK)
            except BlockingIOError:
                if napped:
                    self._wait(select.POLLIN)
                else:
                    time.sleep(NAP)
                napped = True
                continue
            except OSError as error:
                raise cut() from error
            if not block:
                raise cut()
            return block

    def _wait(self, events: int) -> None:
        self._poll.register(self._wire, events)
        self._poll.poll()


def cut() -> psycopg2.Error:
    """Return what is raised where a server has hung up."""
    return psycopg2.OperationalError("server closed the connection unexpectedly")
