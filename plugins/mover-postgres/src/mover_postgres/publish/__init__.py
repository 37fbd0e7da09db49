"""How a load becomes visible: readers see the old rows until the commit, and the new ones after.

``guard`` refuses what could only end badly; ``stage`` is where rows land first; ``exchange`` and
``merge`` put them into the table; ``reshaping`` says how its columns change, and ``alter`` changes
them; ``reasons`` says where that cannot be: ``anew`` then makes the table by its ``definition``.
``meanwhile`` looks whether others have altered it. ``saved``, ``views``, ``relations`` and
``apart`` keep what hangs on it, ``inventory`` counts that; ``sequences``, ``blame`` and ``locks``
see to the rest.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection
from mover_postgres.publish.blame import blaming
from mover_postgres.publish.guard import guard
from mover_postgres.publish.locks import naming_holders
from mover_postgres.publish.meanwhile import as_it_is_now
from mover_postgres.publish.merge import insert, merge, source_of
from mover_postgres.publish.sequences import move_sequences
from mover_postgres.publish.stage import STAGE, make_stage
from records_mover.db.publishing.publish import check, run_check
from records_mover.errors import UsageError
from records_mover.parts import Landing, Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from records_mover.db import SqlDatabase
    from records_mover.parts import PublishRequest, TableName

__all__ = ["explanation", "publishing"]

STAGED = ("replace", "upsert")


def explanation(database: SqlDatabase, request: PublishRequest) -> str:
    """Say in a clause what publishing will do, in the modes that stage rows first."""
    if request.mode == "upsert":
        return (
            f"load into a temporary table, update the rows of '{request.table}' "
            f"with the same {', '.join(request.key)} and insert the others, in one transaction"
        )
    from mover_postgres.publish.reshaping import explained

    words = (
        f"load into a temporary table and put its rows in the place of those of "
        f"'{request.table}', which stays what it is, in one transaction"
    )
    if not request.reshape:
        return words
    anew = _explained_anew(database, request.table, request.reshape)
    return "; ".join([words, *explained(request.reshape), *anew])


def _explained_anew(database: SqlDatabase, table: TableName, change: Reshape) -> Iterator[str]:
    """Say that the table would have to be made anew, and why that would be refused."""
    from mover_postgres.publish.reasons import against, why_anew

    with database.connection() as connection, database.doing(f"cannot look at '{table}'"):
        driver = driver_connection(connection)
        why = why_anew(driver, table, change)
        if why:
            yield (
                f"the table is then made anew, with all that hangs on it and under another OID: "
                f"{', '.join(why)}"
            )
            for words in against(driver, table):
                yield f"that is refused: {words}"


@contextmanager
def publishing(
    database: SqlDatabase,
    request: PublishRequest,
    plain: Callable[[PublishRequest], AbstractContextManager[Landing]],
) -> Iterator[Landing]:
    """Publish into a table that is there; ``plain`` lands rows in the table itself."""
    check(database, request)
    notes: list[str] = []
    with naming_holders(database, request.table):
        hidden = guard(database, request)
        told = replace(request, check=_checks(request, notes))
        way = _staged(database, told, notes) if hidden or request.mode in STAGED else plain(told)
        with way as landing:
            yield replace(landing, notes=notes)


def _checks(request: PublishRequest, notes: list[str]) -> Callable[[Connection, TableName], None]:
    """Return what happens last: nothing that outlives a rollback comes before the check."""

    def last(connection: Connection, table: TableName) -> None:
        run_check(connection, request, table)
        notes.extend(
            move_sequences(driver_connection(connection), request.table, _columns(request))
        )

    return last


@contextmanager
def _staged(database: SqlDatabase, request: PublishRequest, notes: list[str]) -> Iterator[Landing]:
    """Load into a temporary table; then change the rows of the table itself in one go."""
    columns = _columns(request)
    with database.transaction() as connection:
        driver = driver_connection(connection)
        with database.doing(f"cannot stage rows for '{request.table}'"):
            make_stage(driver, request, columns)
        yield Landing(connection=connection, table=STAGE, target=request.table)
        with (
            database.doing(f"cannot change the rows of '{request.table}'"),
            blaming(driver, request, columns),
        ):
            notes.extend(_changed(database, driver, connection, request, columns))
        run_check(connection, request)


def _changed(
    database: SqlDatabase,
    driver: PsycopgConnection,
    connection: Connection,
    request: PublishRequest,
    columns: tuple[str, ...],
) -> Iterator[str]:
    if request.mode == "replace":
        from mover_postgres.publish.exchange import exchange

        yield from exchange(driver, request, columns)
    elif request.mode == "upsert":
        merge(driver, request, columns)
    else:  # rows that go through row security are inserted, as COPY does not ask it
        if request.mode == "truncate":
            database.wipe(connection, request.table, request.mode)
        insert(driver, request.table, columns, source_of(request, columns, Reshape()))
        as_it_is_now(driver, request, columns)  # locked by that


def _columns(request: PublishRequest) -> tuple[str, ...]:
    assert request.info is not None, "a table that is not there is created"
    everything = tuple(column.name for column in request.info.writable_columns)
    columns = request.columns or everything
    if not columns:
        raise UsageError(f"'{request.table}' has no column to load", "name another table")
    return columns
