"""The INSERT statement of a load, as each kind of driver wants its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import LoadJob

__all__ = ["Send", "insert_statement"]

Send = Callable[["Connection", Iterable[tuple[Any, ...]]], None]
"""Inserts rows of values, in the order of the job's columns."""


def insert_statement(database: SqlDatabase, job: LoadJob) -> Send:
    """Return what inserts rows into the landing table."""
    # SQLAlchemy before 2.0.54 takes such a name for a parameter where parameters go by position.
    mistaken = any("%(" in name for name in (job.landing.table.name, *job.columns))
    if mistaken and database.engine.dialect.positional:
        return _by_position(database, job)
    return _by_name(database, job)


def _by_name(database: SqlDatabase, job: LoadJob) -> Send:
    import sqlalchemy as sa

    keys = _parameter_names(job.columns)
    table = _clause(database, job)
    pairs = zip(table.c, keys, strict=True)
    statement = sa.insert(table).values({column: sa.bindparam(key) for column, key in pairs})

    def send(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        connection.execute(statement, [dict(zip(keys, row, strict=True)) for row in rows])

    return send


def _clause(database: SqlDatabase, job: LoadJob) -> Any:
    from records_mover.db.merge import clause

    return clause(database, job.landing.table, job.columns)


def _parameter_names(columns: Sequence[str]) -> tuple[str, ...]:
    # SQLAlchemy wants the parameters to be called otherwise than the columns.
    prefix = "value_"
    while any(name.startswith(prefix) for name in columns):
        prefix += "_"
    return tuple(f"{prefix}{place}" for place in range(len(columns)))


def _by_position(database: SqlDatabase, job: LoadJob) -> Send:
    style = database.engine.dialect.paramstyle
    marks = [
        {"qmark": "?", "format": "%s"}.get(style, f":{n}") for n, _ in enumerate(job.columns, 1)
    ]
    table = database.table_sql(job.landing.table)
    columns = ", ".join(database.quote(name) for name in job.columns)
    named = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608 - quoted
    if style == "format":
        named = named.replace("%", "%%")
    statement = f"{named}({', '.join(marks)})"

    def send(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
        connection.exec_driver_sql(statement, list(rows))

    return send
