"""How a session of Vertica is let into S3: by parameters of its own, taken back when it is done."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mover_vertica.words import literal
from records_mover.errors import CredsError
from records_mover.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from mover_vertica.database import VerticaDatabase
    from records_mover.errors import MoverError
    from records_mover.url import StoreAccess

__all__ = ["SCHEMES", "let_in", "parameters", "shown"]

log = logging.getLogger(__name__)

SCHEMES = frozenset({"s3", "s3a"})


def parameters(access: StoreAccess) -> dict[str, str | Secret]:
    """Return what a session is to be told; the keys go together, as one secret."""
    found: dict[str, str | Secret] = {}
    if access.access_key is not None and access.secret_key is not None:
        pair = f"{access.access_key.reveal()}:{access.secret_key.reveal()}"
        found["AWSAuth"] = Secret(pair)
    if access.session_token is not None:
        found["AWSSessionToken"] = access.session_token
    if access.region:
        found["AWSRegion"] = access.region
    if access.endpoint is not None:
        place = urlsplit(access.endpoint)
        found["AWSEndpoint"] = place.netloc
        found["AWSEnableHttps"] = "0" if place.scheme == "http" else "1"
    return found


def shown(told: Mapping[str, str | Secret]) -> str:
    """Return the statement that tells them, with stars for what is secret."""
    return _statement({name: str(value) for name, value in told.items()})


def _statement(told: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{name} = {literal(value)}" for name, value in told.items())
    return f"ALTER SESSION SET {pairs}"


@contextmanager
def let_in(
    database: VerticaDatabase, connection: Connection, access: StoreAccess
) -> Iterator[None]:
    """Let a session use S3 while the block runs, unless its nodes are to use what they have."""
    if database.settings.s3_access == "server":
        yield
        return
    told = parameters(access)
    if "AWSAuth" not in told:
        raise CredsError(
            "Vertica has nothing to use S3 with",
            "give AWS credentials, or say s3_access=server where its nodes have a role",
        )
    _tell(database, connection, told)
    try:
        yield
    finally:
        _forget(connection, told)


def _tell(
    database: VerticaDatabase, connection: Connection, told: Mapping[str, str | Secret]
) -> None:
    from vertica_python.errors import Error

    from mover_vertica.database import driver_connection

    log.info("letting the session into S3: %s", shown(told))
    revealed = {
        name: value.reveal() if isinstance(value, Secret) else value for name, value in told.items()
    }
    failed: MoverError | None = None
    try:
        # Not by way of SQLAlchemy, which may have been asked to show every statement.
        driver_connection(connection).cursor().execute(_statement(revealed))
    except Error as error:
        failed = database.translate(error, "cannot let the session into S3")
    if failed is not None:
        raise failed  # not chained: the driver's error holds the statement, and so the keys


def _forget(connection: Connection, told: Mapping[str, str | Secret]) -> None:
    """Take them back; a session that cannot forget is thrown away."""
    from vertica_python.errors import Error

    from mover_vertica.database import driver_connection

    if connection.invalidated:
        return
    driver = driver_connection(connection)
    try:
        driver.cursor().execute(f"ALTER SESSION CLEAR PARAMETER {', '.join(told)}")
    except (Error, OSError):
        log.debug("a session that was let into S3 is thrown away")
        connection.invalidate()
