"""Committing, and finding out what became of a commit whose answer never came."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection, fetch
from mover_postgres.errors import DRIVER_ERRORS
from records_mover.errors import DatabaseError, InDoubtError, MoverError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from records_mover.db import SqlDatabase

__all__ = ["commit"]

log = logging.getLogger(__name__)

_LONGEST = 20.0
_EVERY = 0.25
_NUMBER = "SELECT pg_current_xact_id_if_assigned()::text"
_STATUS = "SELECT pg_xact_status(%s::text::xid8)"


def commit(database: SqlDatabase, connection: Connection) -> None:
    """Commit; when the connection is lost meanwhile, ask another one what became of it.

    Raises ``InDoubtError`` where the server does not come back soon enough to say.
    """
    driver = driver_connection(connection)
    with database.doing("cannot commit"):
        ((number,),) = fetch(driver, _NUMBER)
    try:
        with database.doing("cannot commit"):
            connection.commit()
    except MoverError:
        if not driver.closed or number is None:
            raise
        status = _what_became_of(database, str(number))
        if status == "aborted":
            raise
        if status != "committed":
            raise InDoubtError(
                "the server was lost while it committed: the rows may have been committed, all of "
                "them, or none",
                "look into the table before you move again",
            ) from None
        log.warning("the server was lost while it committed; the rows are there")


def _what_became_of(database: SqlDatabase, number: str) -> str | None:
    """Ask until the server has recovered and knows; None where it does not in time."""
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        with suppress(DatabaseError, *DRIVER_ERRORS), database.connection() as connection:
            ((status,),) = fetch(driver_connection(connection), _STATUS, (number,))
            if status != "in progress":
                return str(status)
        time.sleep(_EVERY)
    return None
