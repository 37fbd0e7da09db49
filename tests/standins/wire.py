"""Messages of the PostgreSQL protocol 3.0: framing, and the ones that a server writes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

__all__ = [
    "CANCEL",
    "TLS",
    "Channel",
    "ConnectionClosed",
    "command_complete",
    "data_row",
    "error_response",
    "message",
    "parameter_status",
    "split_row",
]

CANCEL = 80877102
TLS = 80877103
"""What a first packet may be other than the startup message."""
_CHUNK = 1 << 16
_NULL = b"\xff\xff\xff\xff"


class ConnectionClosed(Exception):
    """The other side hung up."""


class Channel:
    """One side of a connection: whole messages in, bytes out."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ahead = bytearray()

    def read_exact(self, count: int) -> bytes:
        """Return exactly so many bytes."""
        while len(self._ahead) < count:
            piece = self._sock.recv(_CHUNK)
            if not piece:
                raise ConnectionClosed
            self._ahead += piece
        taken = bytes(self._ahead[:count])
        del self._ahead[:count]
        return taken

    def read(self) -> tuple[bytes, bytes]:
        """Return the tag and the body of the next message."""
        head = self.read_exact(5)
        (length,) = struct.unpack("!i", head[1:])
        return head[:1], self.read_exact(length - 4)

    def send(self, data: bytes) -> None:
        """Write bytes."""
        self._sock.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()


def message(tag: bytes, body: bytes = b"") -> bytes:
    """Frame one message."""
    return tag + struct.pack("!i", len(body) + 4) + body


def error_response(fields: bytes) -> bytes:
    """Frame an error."""
    return message(b"E", fields)


def command_complete(tag: str) -> bytes:
    """Frame the end of a statement."""
    return message(b"C", tag.encode() + b"\0")


def parameter_status(name: str, value: str) -> bytes:
    """Frame a setting that the server reports by itself."""
    return message(b"S", f"{name}\0{value}\0".encode())


def data_row(values: Sequence[bytes | None]) -> bytes:
    """Frame one row."""
    body = [struct.pack("!h", len(values))]
    body += [_NULL if v is None else struct.pack("!i", len(v)) + v for v in values]
    return message(b"D", b"".join(body))


def split_row(body: bytes) -> list[bytes | None]:
    """Return the values of a DataRow's body."""
    (count,) = struct.unpack_from("!h", body)
    at, values = 2, list[bytes | None]()
    for _ in range(count):
        (length,) = struct.unpack_from("!i", body, at)
        at += 4
        if length < 0:
            values.append(None)
        else:
            values.append(body[at : at + length])
            at += length
    return values
