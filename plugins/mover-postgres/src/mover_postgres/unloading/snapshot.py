"""Connections that read: each in one snapshot, and those beside it in the same."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from records_mover.parts import Database, UnloadJob

__all__ = ["beside", "snapshot_of"]


@contextmanager
def snapshot_of(database: Database) -> Iterator[Connection]:
    """Open a connection whose transaction sees the rows of one moment, and changes none."""
    from mover_postgres.source import opened

    with opened(database) as connection:
        yield connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )


def beside(job: UnloadJob, snapshot: str, stack: ExitStack) -> tuple[Connection, PsycopgConnection]:
    """Open another connection that sees the same rows."""
    from mover_postgres.connections import driver_connection, limit_waits, stopping
    from mover_postgres.ranges import import_snapshot

    connection = stack.enter_context(snapshot_of(job.database))
    another = driver_connection(connection, limited=False)
    import_snapshot(another, snapshot)
    limit_waits(another)
    stack.enter_context(job.cancellation.stopping_by(stopping(another)))
    return connection, another
