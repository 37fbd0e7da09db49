"""Who holds the table that a move has waited for in vain."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection, fetch
from mover_postgres.statements import relation
from records_mover.db.connections.failures import sqlstate_of
from records_mover.errors import DatabaseError, MoverError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.db import SqlDatabase
    from records_mover.parts import TableName

__all__ = ["naming_holders"]

_NOT_AVAILABLE = "55P03"

# Our own wait is over, so that pg_blocking_pids() knows of none any more.
_HOLDERS = """
SELECT l.pid, a.usename::text, NULLIF(a.application_name, ''), COALESCE(a.state, 'hidden'),
    EXTRACT(epoch FROM now() - a.xact_start)::int, NULLIF(left(a.query, 80), '')
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.relation = %s::regclass AND l.locktype = 'relation' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY max(CASE l.mode
    WHEN 'AccessExclusiveLock' THEN 3 WHEN 'AccessShareLock' THEN 1 ELSE 2 END) DESC, 5 DESC
LIMIT 3
"""


@contextmanager
def naming_holders(database: SqlDatabase, table: TableName) -> Iterator[None]:
    """Say who was in the way when the server gave up waiting for a lock."""
    try:
        yield
    except DatabaseError as error:
        if error.__cause__ is None or sqlstate_of(error.__cause__) != _NOT_AVAILABLE:
            raise
        held = _holders(database, table)
        if not held:
            raise
        what = f"{error.what}: '{table}' is held by {'; '.join(held)}"
        raise type(error)(
            what,
            "another session holds the table: try again when it has ended, or end it with "
            "pg_terminate_backend(pid)",
        ) from error.__cause__


def _holders(database: SqlDatabase, table: TableName) -> list[str]:
    try:
        with database.connection() as connection, database.doing("cannot see who holds locks"):
            driver = driver_connection(connection)
            found = fetch(driver, _HOLDERS, (relation(table).as_string(driver),))
    except MoverError:  # what brought us here is worth more than why nobody can say more of it
        return []
    return [_described(*row) for row in found]


def _described(
    pid: int, user: str, application: str | None, state: str, seconds: int | None, query: str | None
) -> str:
    words = [f"session {pid} of '{user}'"]
    words += [f"({application})"] if application else []
    words += [state]
    words += [f"for {seconds} s"] if seconds is not None else []
    return " ".join(words) + (f": {' '.join(query.split())!r}" if query else "")
