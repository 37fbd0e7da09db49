"""From SQLAlchemy's connection to the driver's, and the settings that COPY reads and writes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

__all__ = [
    "BINARY_SETTINGS",
    "CONNECT_ARGS",
    "EXACT_TEXT",
    "driver_connection",
    "fetch",
    "set_locally",
]

CONNECT_ARGS = {
    "connect_timeout": 10,
    "application_name": "records-mover",
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""A server that is gone is noticed within a minute, instead of never."""

EXACT_TEXT: Mapping[str, str] = {
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
    "standard_conforming_strings": "on",
}
"""Settings under which text holds every value exactly, whatever a role or a database has set."""

BINARY_SETTINGS: Mapping[str, str] = {"client_encoding": "UTF8", "xmloption": "content"}
"""Settings under which two servers read and write the same bytes in binary COPY."""


def driver_connection(connection: Connection) -> PsycopgConnection:
    """Return the psycopg2 connection, inside the transaction that SQLAlchemy has begun."""
    if not connection.in_transaction():
        connection.begin()
    driver: Any = connection.connection.driver_connection
    return driver


def set_locally(connection: PsycopgConnection, settings: Mapping[str, str]) -> None:
    """Set parameters until the transaction ends, all in one round trip."""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    values = [word for item in settings.items() for word in item]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", values)


def fetch(
    connection: PsycopgConnection, query: Any, values: object = None
) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
