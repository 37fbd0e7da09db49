"""A connection to the PostgreSQL behind, message by message."""

from __future__ import annotations

import hashlib
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from redshift_server.errors import RedshiftError
from redshift_server.names import full
from redshift_server.scram import Scram
from redshift_server.wire import Channel, message, split_row

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Backend", "Column", "Login", "Rows", "columns_of", "literal"]

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


@dataclass(slots=True, kw_only=True)
class Rows:
    """What a statement returned, as text."""

    columns: list[Column] = field(default_factory=list)
    rows: list[list[bytes | None]] = field(default_factory=list)
    tag: str = ""

    def texts(self) -> list[list[str | None]]:
        """Return the values as strings."""
        return [[None if v is None else full(v).decode() for v in row] for row in self.rows]

    def one(self) -> str | None:
        """Return the first value of the first row, or None without rows."""
        found = self.texts()
        return found[0][0] if found else None


class Backend:
    """A session in the PostgreSQL behind; ``status`` is what its last ReadyForQuery said."""

    def __init__(self, login: Login) -> None:
        sock = socket.create_connection((login.host, login.port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.channel = Channel(sock)
        self.parameters: dict[str, str] = {}
        self.key = b""
        self.status = b"I"
        self._start(login)

    def query(self, sql: str) -> Rows:
        """Run statements and return what the last one gave; raise the first error."""
        self.channel.send(message(b"Q", sql.encode("utf-8", "surrogateescape") + b"\0"))
        return self._collect()

    def copy_in(self, sql: str, chunks: Iterable[bytes]) -> Rows:
        """Run a COPY FROM STDIN."""
        self.channel.send(message(b"Q", sql.encode() + b"\0"))
        tag, body = self.channel.read()
        while tag in (b"N", b"S"):
            tag, body = self.channel.read()
        if tag == b"E":
            self._drain()
            raise RedshiftError.from_fields(body)
        for chunk in chunks:
            self.channel.send(message(b"d", chunk))
        self.channel.send(message(b"c"))
        return self._collect()

    def abort(self) -> None:
        """Make the transaction a failed one, as an error of our own has to."""
        if self.status == b"T":
            self.channel.send(message(b"Q", b"this fails\0"))
            self._drain()

    def close(self) -> None:
        """Hang up."""
        self.channel.close()

    def _collect(self) -> Rows:
        found, error = Rows(), None
        while True:
            tag, body = self.channel.read()
            if tag == b"Z":
                self.status = body
                break
            if tag == b"T":
                found = Rows(columns=columns_of(body))
            elif tag == b"D":
                found.rows.append(split_row(body))
            elif tag == b"C":
                found.tag = body[:-1].decode()
            elif tag == b"E":
                error = error or RedshiftError.from_fields(body)
        if error is not None:
            raise error
        return found

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
                raise RedshiftError.from_fields(body)
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
        name = full(body[at:end]).decode("utf-8", "replace")
        _, _, oid, _, modifier, _ = struct.unpack_from("!ihihih", body, end + 1)
        found.append(Column(name=name, oid=oid, modifier=modifier))
        at = end + 19
    return found


def literal(value: object) -> str:
    """Write a constant; a backslash would mean something, so it is doubled."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
