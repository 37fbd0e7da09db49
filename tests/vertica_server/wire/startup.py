"""The first packets: load balancing, TLS, cancelling, and who is there."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from standins.wire import CANCEL, TLS, Channel, ConnectionClosed
from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

__all__ = ["Arrival", "arrive", "balanced"]

_BALANCE = 80936960
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A client that said who it is, or one that only wants to cancel."""

    sock: socket.socket
    channel: Channel
    parameters: dict[str, str]
    protocol: int = 0
    cancel: bytes = b""
    encrypted: bool = False


def arrive(
    sock: socket.socket,
    tls: ssl.SSLContext | None,
    next_node: Callable[[], tuple[str, int] | None],
) -> Arrival:
    """Answer what comes before the startup message, and read that."""
    channel, encrypted = Channel(sock), False
    while True:
        (length,) = struct.unpack("!I", channel.read_exact(4))
        if not 8 <= length <= _LONGEST:
            raise ConnectionClosed
        body = channel.read_exact(length - 4)
        (code,) = struct.unpack_from("!I", body)
        if code == _BALANCE:
            channel.send(balanced(next_node()))
        elif code == TLS:
            channel.send(b"N" if tls is None else b"S")
            if tls is not None:
                sock = tls.wrap_socket(sock, server_side=True)
                channel, encrypted = Channel(sock), True
        elif code == CANCEL:
            return Arrival(sock=sock, channel=channel, parameters={}, cancel=body[4:])
        else:
            break
    if code >> 16 != 3:
        raise VerticaError(
            f"Unsupported frontend protocol {code >> 16}.{code & 65535}",
            sqlstate="0A000", code=5294, severity="FATAL",
        )  # fmt: skip
    protocol, parameters = _parameters(code, body[4:])
    return Arrival(
        sock=sock, channel=channel, parameters=parameters, protocol=protocol, encrypted=encrypted
    )


def balanced(node: tuple[str, int] | None) -> bytes:
    """Return the answer to a load balance request: another node, or no."""
    if node is None:
        return b"N"
    host, port = node
    body = struct.pack("!I", port) + host.encode() + b"\0"
    return b"Y" + struct.pack("!I", len(body) + 4) + body


def _parameters(fixed: int, body: bytes) -> tuple[int, dict[str, str]]:
    """Read the pairs; the value of ``protocol_version`` is four raw octets."""
    asked, at, found = fixed, 0, dict[str, str]()
    while at < len(body) and body[at] != 0:
        end = body.index(b"\0", at)
        name, at = body[at:end].decode(), end + 1
        if name == "protocol_version":
            (asked,) = struct.unpack_from("!I", body, at)
            at += 5
            continue
        end = body.index(b"\0", at)
        found[name], at = body[at:end].decode("utf-8", "replace"), end + 1
    return asked, found
