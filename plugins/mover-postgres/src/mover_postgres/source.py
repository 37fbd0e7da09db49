"""Two PostgreSQL ends of one move: what each says of its columns when a loader is asked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection
from mover_postgres.signature import types_of_selection, types_of_spellings, types_of_table
from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from mover_postgres.signature import ColumnType
    from records_mover.db import SqlDatabase
    from records_mover.parts import Ask, Database, Selection, Stored, TableName

__all__ = ["NO_CHOICE", "opened", "postgres_source", "source_types", "target_types"]

NO_CHOICE = "it takes all rows or none, and rows that do not fit are to be left out"


def postgres_source(ask: Ask) -> Stored | None:
    """Return where the rows are, if that is a PostgreSQL too."""
    source = ask.source
    return source if source is not None and source.database.dialect == "postgresql" else None


def opened(database: Database) -> AbstractContextManager[Connection]:
    """Open a connection that Ctrl-C interrupts, and that closes quietly when its server is gone."""
    ours: SqlDatabase = database  # type: ignore[assignment]  # asked by its dialect
    return ours.connection()


@contextmanager
def _looking(database: Database, what: str) -> Iterator[PsycopgConnection]:
    from mover_postgres.errors import DRIVER_ERRORS, translate

    try:
        with opened(database) as connection:
            yield driver_connection(connection)
    except DRIVER_ERRORS as error:
        raise translate(error, f"cannot look at {what}") from error


def source_types(database: Database, selection: Selection) -> tuple[ColumnType, ...]:
    """Return the types of the rows that are to be moved."""
    with _looking(database, str(selection)) as driver:
        return types_of_selection(driver, selection)


def _landing_types(driver: PsycopgConnection, ask: Ask, table: TableName) -> tuple[ColumnType, ...]:
    """Return the types of a table's columns, or those that they are to become."""
    assert ask.into is not None, "the table is there"
    changed = ask.reshape.types if ask.reshape is not None else {}
    kept = [name for name in ask.into if name not in changed]
    found = {column.column: column for column in types_of_table(driver, table, kept)}
    spelled = types_of_spellings(driver, list(changed), list(changed.values()))
    found |= {column.column: column for column in spelled}
    return tuple(found[name] for name in ask.into)


def target_types(ask: Ask) -> tuple[ColumnType, ...]:
    """Return the types of the columns that rows go to, in the order in which they come."""
    if ask.into is not None and ask.selection.table is not None:
        with _looking(ask.database, str(ask.selection)) as driver:
            return _landing_types(driver, ask, ask.selection.table)
    if ask.source is None:
        raise LoadUnloadError("nothing says which columns there will be", "name a table")
    database: SqlDatabase = ask.database  # type: ignore[assignment]  # asked by its dialect
    schema = ask.source.database.schema_of(ask.source.selection)
    spellings = database.declared(schema)
    with _looking(ask.database, str(ask.selection)) as driver:
        return types_of_spellings(driver, schema.names, spellings)
