"""The tables that rows land in before they take the place of a table's own."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.reshaping import alterations, made_anew
from mover_redshift.words import identifier
from records_mover.db.publishing import staging
from records_mover.db.publishing.misfits import taking_over
from records_mover.db.publishing.publish import fresh_name
from records_mover.parts import Reshape, TableName

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mover_redshift.catalog import Described
    from mover_redshift.session import RedshiftSession
    from records_mover.parts import PublishRequest

__all__ = ["as_needed", "empty", "like", "stage_name"]


def stage_name(database: RedshiftSession, table: TableName, *, temporary: bool) -> TableName:
    """Return a name that no other move has; a temporary table has no schema."""
    stage = fresh_name(database, table, staging.STAGE)
    return TableName(name=stage.name) if temporary else stage


def like(
    database: RedshiftSession,
    connection: Connection,
    stage: TableName,
    table: Described,
    change: Reshape,
) -> None:
    """Make a table of the same columns, encodings, distribution and sort keys, but for a change.

    LIKE keeps what no catalog tells of, such as a collation, and no ALTER TABLE in a transaction
    changes a type or NOT NULL.
    """
    required = any(not column.nullable for column in change.added)
    if change.retyped or change.loosened or required:
        database.run(connection, made_anew(database, stage, table, change))
        return
    made, old = database.table_sql(stage), database.table_sql(table.name)
    database.run(connection, f"CREATE TABLE {made} (LIKE {old} INCLUDING DEFAULTS)")
    for statement in alterations(database, stage, change):
        database.run(connection, statement)


def empty(
    database: RedshiftSession, connection: Connection, stage: TableName, request: PublishRequest
) -> tuple[str, ...]:
    """Make a temporary table of the columns that come, and return them."""
    columns = request.columns or tuple(
        column.name for column in (request.info.writable_columns if request.info else ())
    )
    made, old = database.table_sql(stage), database.table_sql(request.table)
    new = request.reshape.types if request.reshape is not None else {}
    listed = ", ".join(
        f"CAST(NULL AS {new[name]}) AS {identifier(name)}" if name in new else identifier(name)
        for name in columns
    )
    database.run(connection, f"CREATE TEMP TABLE {made} AS SELECT {listed} FROM {old} WHERE false")
    return columns


def as_needed(
    database: RedshiftSession,
    connection: Connection,
    request: PublishRequest,
    table: Described,
    stage: TableName,
    change: Reshape,
) -> TableName:
    """Return the stage, or a table of its rows that changes no type which it need not."""
    if change == (request.reshape or Reshape()):
        return stage
    made = stage_name(database, request.table, temporary=False)
    like(database, connection, made, table, change)
    database.run(connection, taking_over(database, stage, made, request, change))
    database.drop(connection, stage)
    return made
