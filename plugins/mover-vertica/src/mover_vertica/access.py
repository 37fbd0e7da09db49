"""In whose name the server uses S3: by parameters of its session, while they are needed."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_vertica.errors import driver_errors, said
from mover_vertica.words import literal
from records_mover.db.sql.statement import Statement
from records_mover.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_vertica.connect import Connection
    from mover_vertica.database import VerticaDatabase
    from records_mover.url import StoreAccess

__all__ = ["s3_access", "session_parameters"]

log = logging.getLogger(__name__)


def session_parameters(access: StoreAccess) -> dict[str, str | Secret]:
    """Return the parameters that let a session use S3, in the order in which they are set."""
    found: dict[str, str | Secret] = {}
    if access.access_key is not None and access.secret_key is not None:
        pair = f"{access.access_key.reveal()}:{access.secret_key.reveal()}"
        found["AWSAuth"] = Secret(literal(pair))
        if access.session_token is not None:
            found["AWSSessionToken"] = Secret(literal(access.session_token.reveal()))
    if access.region:
        found["AWSRegion"] = literal(access.region)
    if access.endpoint:
        scheme, _, host = access.endpoint.rpartition("://")
        found["AWSEndpoint"] = literal(host.rstrip("/"))
        found["AWSEnableHttps"] = "0" if scheme == "http" else "1"
    return found


def _setting(parameters: dict[str, str | Secret]) -> Statement:
    pieces: list[str | Secret] = ["ALTER SESSION SET "]
    for number, (name, value) in enumerate(parameters.items()):
        pieces += [f"{', ' if number else ''}{name} = ", value]
    return Statement(tuple(pieces))


@contextmanager
def s3_access(database: VerticaDatabase, driver: Connection, access: StoreAccess) -> Iterator[None]:
    """Let the session use S3 while the block runs, unless its nodes have credentials themselves."""
    parameters = session_parameters(access)
    if database.settings.s3_access == "server":
        del parameters  # with them what the nodes have would be shadowed
        yield
        return
    if parameters:
        _run(database, driver, _setting(parameters))
    try:
        yield
    finally:
        if parameters and not driver.closed():
            _clear(driver, list(parameters))


def _run(database: VerticaDatabase, driver: Connection, statement: Statement) -> None:
    log.info("letting the session use S3: %s", statement)
    failed: Exception | None = None
    try:
        driver.cursor().execute(statement.reveal())
    except driver_errors() as error:
        failed = error
    if failed is not None:
        # Not chained: the driver's error holds the statement, and so the credentials.
        raise database.translate(failed, "cannot let the session use S3") from None


def _clear(driver: Connection, names: list[str]) -> None:
    try:
        driver.cursor().execute(f"ALTER SESSION CLEAR PARAMETER {', '.join(names)}")
    except driver_errors() as error:  # the session ends soon, and its parameters with it
        log.info("the session's parameters stay set: %s", said(error))
