"""From SQLAlchemy's connection to the driver's, and the settings that COPY reads and writes by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from records_mover.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import URL, Connection

__all__ = [
    "BINARY_SETTINGS",
    "CONNECT_ARGS",
    "EXACT_TEXT",
    "driver_connection",
    "fetch",
    "limit_waits",
    "set_locally",
    "stopping",
    "with_timeouts",
]

CONNECT_ARGS = {
    "connect_timeout": 10,
    "application_name": "records-mover",
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that is gone is noticed within a minute, instead of never.

Keepalives are for a connection on which nothing moves; the last one, in milliseconds, is for one
on which we have sent what nobody acknowledges.
"""

_TIMEOUTS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
_TIME = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:us|ms|s|min|h|d)?")
_LIBPQ_DRIVERS = frozenset({"psycopg2", "psycopg"})

EXACT_TEXT: Mapping[str, str] = {
    "array_nulls": "on",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
    "standard_conforming_strings": "on",
}
"""Settings under which text holds every value exactly, whatever a role or a database has set."""

LOCK_SECONDS = 60
_GONE_SECONDS = 10
_CHECKS_CLIENT_SINCE = 140000

_CANCEL = {
    "pointer": "pgconn_ptr",
    "get": "PQgetCancel",
    "ask": "PQcancel",
    "free": "PQfreeCancel",
}

BINARY_SETTINGS: Mapping[str, str] = {"client_encoding": "UTF8", "xmloption": "content"}
"""Settings under which two servers read and write the same bytes in binary COPY."""


def with_timeouts(url: URL) -> URL:
    """Hand the server's timeouts that a URL names, as ``?lock_timeout=5s``, on as its options."""
    named = [(name, url.query[name]) for name in _TIMEOUTS if name in url.query]
    if not named or url.get_driver_name() not in _LIBPQ_DRIVERS:
        return url
    before = url.query.get("options", ())
    options = [before] if isinstance(before, str) else [*before]
    for name, value in named:
        if not isinstance(value, str) or _TIME.fullmatch(value) is None:
            what = f"the URL's {name} is {value!r}, which is no time"
            raise ConfigError(what, "write it as PostgreSQL does, as 500ms, 5s or 10min")
        options.append(f"-c {name}={value.replace(' ', '')}")
    bare = url.difference_update_query([name for name, _ in named])
    return bare.update_query_dict({"options": " ".join(options)})


def driver_connection(connection: Connection, *, limited: bool = True) -> PsycopgConnection:
    """Return the psycopg2 connection, inside the transaction that SQLAlchemy has begun.

    One that is begun here is ``limited`` in how long it waits for locks.
    """
    begun = connection.in_transaction()
    if not begun:
        connection.begin()
    driver: Any = connection.connection.driver_connection
    if limited and not begun:
        limit_waits(driver)
    return driver


def limit_waits(connection: PsycopgConnection) -> None:
    """Until the transaction ends, wait for a lock no longer than a minute.

    What the URL, the role or the database says of it holds. A statement whose client has died,
    and which may hold a lock, ends within seconds.
    """
    told = (
        "set_config('lock_timeout', CASE current_setting('lock_timeout') "
        f"WHEN '0' THEN '{LOCK_SECONDS}s' ELSE current_setting('lock_timeout') END, true)"
    )
    if connection.server_version >= _CHECKS_CLIENT_SINCE:
        name = "client_connection_check_interval"
        told += (  # only Linux always knows when a client has gone
            f", CASE WHEN version() LIKE '%linux%' AND current_setting('{name}') = '0' "
            f"THEN set_config('{name}', '{_GONE_SECONDS}s', true) END"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {told}")


def set_locally(connection: PsycopgConnection, settings: Mapping[str, str]) -> None:
    """Set parameters until the transaction ends, all in one round trip."""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    values = [word for item in settings.items() for word in item]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", values)


def stopping(connection: PsycopgConnection) -> Callable[[], None]:
    """Return what cancels, from another thread, what the server does on this connection.

    The driver's own ``cancel`` keeps the interpreter for itself until the server has answered.
    Where the server cannot be asked, the connection is cut.
    https://www.postgresql.org/docs/18/libpq-cancel.html
    """
    from psycopg2 import _psycopg

    from records_mover.db.connections.cancelling import CancelCalls

    return CancelCalls(library=_psycopg.__file__, **_CANCEL).of(connection)


def fetch(
    connection: PsycopgConnection, query: Any, values: object = None
) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
