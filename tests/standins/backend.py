"""A connection to the PostgreSQL behind, message by message."""

from __future__ import annotations

import hashlib
import socket
import struct
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from standins.scram import Scram
from standins.wire import CANCEL, Channel, message

if TYPE_CHECKING:
    from standins.errors import ServerError

__all__ = ["Backend", "Column", "Login", "columns_of"]

_PROTOCOL = 196608


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where the PostgreSQL is and who goes in."""

    host: str
    port: int
    user: str
    password: str
    database: str

    @classmethod
    def from_url(cls, url: str, database: str | None = None) -> Login:
        """Read ``postgresql://user:password@host:port/database``."""
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=database or unquote(parts.path.lstrip("/")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a result: its name, type and type modifier."""

    name: str
    oid: int
    modifier: int


class Backend(ABC):
    """A session in the PostgreSQL behind; ``status`` is what its last ReadyForQuery said."""

    def __init__(self, login: Login) -> None:
        self._login = login
        sock = socket.create_connection((login.host, login.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.channel = Channel(sock)
        self.parameters: dict[str, str] = {}
        self.key = b""
        self.status = b"I"
        self._start(login)

    @abstractmethod
    def error(self, body: bytes) -> ServerError:
        """Return what the body of an ErrorResponse says, in the stand-in's words."""

    def cancel(self) -> None:
        """Ask for the end of what the session runs."""
        with socket.create_connection((self._login.host, self._login.port)) as sock:
            sock.sendall(struct.pack("!ii", 16, CANCEL) + self.key)

    def close(self) -> None:
        """Hang up."""
        self.channel.close()

    def _wait_for_copy(self) -> None:
        """Read on until the rows of a COPY FROM STDIN may come."""
        tag, body = self.channel.read()
        while tag in (b"N", b"S"):
            tag, body = self.channel.read()
        if tag == b"E":
            self._drain()
            raise self.error(body)

    def _drain(self) -> None:
        while True:
            tag, body = self.channel.read()
            if tag == b"Z":
                self.status = body
                return

    def _start(self, login: Login) -> None:
        said = f"user\0{login.user}\0database\0{login.database}\0client_encoding\0UTF8\0\0"
        body = struct.pack("!i", _PROTOCOL) + said.encode()
        self.channel.send(struct.pack("!i", len(body) + 4) + body)
        scram = Scram(login.password)
        while True:
            tag, body = self.channel.read()
            if tag == b"R":
                self._answer(body, login, scram)
            elif tag == b"S":
                name, value = body[:-1].decode().split("\0")
                self.parameters[name] = value
            elif tag == b"K":
                self.key = body
            elif tag == b"E":
                raise self.error(body)
            elif tag == b"Z":
                return

    def _answer(self, body: bytes, login: Login, scram: Scram) -> None:
        (kind,) = struct.unpack_from("!i", body)
        if kind == 3:
            self.channel.send(message(b"p", login.password.encode() + b"\0"))
        elif kind == 5:
            inner = hashlib.md5((login.password + login.user).encode()).hexdigest()
            outer = hashlib.md5(inner.encode() + body[4:8]).hexdigest()
            self.channel.send(message(b"p", f"md5{outer}\0".encode()))
        elif kind == 10:
            first = scram.first()
            said = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
            self.channel.send(message(b"p", said))
        elif kind == 11:
            self.channel.send(message(b"p", scram.final(body[4:])))


def columns_of(body: bytes) -> list[Column]:
    """Return the columns of a RowDescription."""
    (count,) = struct.unpack_from("!h", body)
    at, found = 2, list[Column]()
    for _ in range(count):
        end = body.index(b"\0", at)
        name = body[at:end].decode("utf-8", "replace")
        _, _, oid, _, modifier, _ = struct.unpack_from("!ihihih", body, end + 1)
        found.append(Column(name=name, oid=oid, modifier=modifier))
        at = end + 19
    return found
