"""What is asked of the drivers when a connection is opened."""

from __future__ import annotations

import socket
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

from records_mover.db.connections.cancelling import SECONDS, CancelCalls, Canceller
from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

__all__ = ["CONNECT_ARGS", "cancelling", "driver_url", "prepare"]

CONNECT_ARGS = {
    "connect_timeout": 10,
    "application_name": "records-mover",
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A COPY says nothing until it is done, and networks forget a connection that is silent.

The last one, in milliseconds, is for one on which we have sent what nobody acknowledges.
"""

# The OID of VARBYTE on Redshift; the driver knows no such type and would give its text.
_VARBYTE = 6551
_TIME = 1083


def driver_url(url: URL) -> URL:
    """Make our dialects known before SQLAlchemy looks for them, and find IAM's credentials."""
    from mover_redshift.dialect import register
    from mover_redshift.iam import with_credentials

    register()
    return with_credentials(url)


_LIBPQ = {
    "pointer": "pgconn_ptr",
    "get": "PQgetCancel",
    "ask": "PQcancel",
    "free": "PQfreeCancel",
}
# https://www.postgresql.org/docs/current/protocol-message-formats.html, CancelRequest
_CANCEL = 80877102


def cancelling(driver: Any) -> Callable[[], object]:
    """Return what ends the statement of a connection, and lets other threads run meanwhile.

    As psycopg2 does, which keeps the interpreter for itself until the server has answered.
    https://www.postgresql.org/docs/current/libpq-cancel.html
    """
    if not hasattr(driver, _LIBPQ["pointer"]):
        return Canceller(partial(_cancel, driver), partial(_cut, driver))
    from psycopg2 import _psycopg

    return CancelCalls(library=_psycopg.__file__, **_LIBPQ).of(driver)


def _cancel(driver: Any) -> None:
    """Ask the server by a connection of its own: Amazon's driver has no call for it."""
    key, there = driver._backend_key_data, driver._usock.getpeername()  # noqa: SLF001 - no other way
    with socket.create_connection(there[:2], SECONDS) as asking:
        asking.sendall(struct.pack("!ii", 8 + len(key), _CANCEL) + key)
        asking.recv(1)


def _cut(driver: Any) -> None:
    driver._usock.shutdown(socket.SHUT_RDWR)  # noqa: SLF001 - no other way


def prepare(connection: Connection) -> None:
    """Have the driver give bytes for VARBYTE, and no time for another one."""
    driver: Any = connection.connection.driver_connection
    if not type(driver).__module__.startswith("psycopg2"):
        return
    from psycopg2.extensions import new_type, register_type

    register_type(new_type((_VARBYTE,), "VARBYTE", _bytes), driver)
    register_type(new_type((_TIME,), "TIME", _time), driver)


def _time(value: str | None, cursor: Any) -> dt.time | None:
    """Return a time of the day; psycopg2 takes 24:00 for 00:00."""
    from psycopg2.extensions import PYTIME

    if value is not None and value.startswith("24:"):
        raise LoadUnloadError(
            f"the time {value} is one that Python cannot hold",
            "name scratch space with --scratch URL, or cast the column to text",
        )
    made: dt.time | None = PYTIME(value, cursor)
    return made


def _bytes(value: str | None, cursor: object) -> bytes | None:
    del cursor
    if value is None:
        return None
    try:
        return bytes.fromhex(value.removeprefix("\\x"))
    except ValueError:
        raise LoadUnloadError("the server gave a VARBYTE that is not hexadecimal") from None
