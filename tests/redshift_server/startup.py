"""The first messages: TLS refused as PostgreSQL does, parameters read, the password checked."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from standins.wire import CANCEL, TLS, message, parameter_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standins.wire import Channel

__all__ = ["VERSION", "ask_password", "greeting", "read_startup"]

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017"
    " (Red Hat 3.4.2-6.fc3), Redshift 1.0.117891"
)
_GSS = 80877104
_PROTOCOL = 3
_REPORTED = {
    "server_version": "8.0.2",
    "server_encoding": "UNICODE",
    "client_encoding": "UNICODE",
    "server_protocol_version": "0",
    "DateStyle": "ISO, MDY",
    "integer_datetimes": "on",
    "is_superuser": "on",
    "datashare_enabled": "off",
}


def read_startup(channel: Channel) -> tuple[int, bytes]:
    """Return the code and the body of the packet that is no request for encryption."""
    while True:
        (length,) = struct.unpack("!i", channel.read_exact(4))
        (code,) = struct.unpack("!i", channel.read_exact(4))
        body = channel.read_exact(length - 8)
        if code not in (TLS, _GSS):
            break
        channel.send(b"N")
    if code != CANCEL and code >> 16 != _PROTOCOL:
        raise RedshiftError("unsupported frontend protocol", sqlstate="0A000")
    return code, body


def ask_password(channel: Channel, user: str, expected: str | None) -> None:
    """Demand the password, hashed with a salt; unknown users get the same words as wrong ones."""
    salt = secrets.token_bytes(4)
    channel.send(message(b"R", struct.pack("!i", 5) + salt))
    tag, body = channel.read()
    inner = hashlib.md5(f"{expected}{user}".encode()).hexdigest()
    wanted = "md5" + hashlib.md5(inner.encode() + salt).hexdigest()
    if tag != b"p" or expected is None or body.rstrip(b"\0").decode() != wanted:
        said = f'password authentication failed for user "{user}"'
        raise RedshiftError(said, sqlstate="28000")


def greeting(user: str, key: bytes, more: Mapping[str, str]) -> bytes:
    """Return everything from AuthenticationOk to the first ReadyForQuery."""
    reported = {**_REPORTED, "session_authorization": user, **more}
    statuses = b"".join(parameter_status(name, value) for name, value in reported.items())
    return message(b"R", b"\0\0\0\0") + statuses + message(b"K", key) + message(b"Z", b"I")
