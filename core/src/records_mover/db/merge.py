"""Merging a staging table into a table by a key, with statements that any database knows."""

# ruff: noqa: S608 - every name in these statements is quoted by SQLAlchemy's preparer

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql import TableClause
    from sqlalchemy.sql.expression import ColumnClause

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import TableName

__all__ = ["check_key", "clause", "merge", "merged"]


def merge(
    database: SqlDatabase,
    connection: Connection,
    stage: TableName,
    table: TableName,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> None:
    """Update the rows whose key the stage holds, and insert the others."""
    target = database.table_sql(table)
    alias = "mover_new" if table.name.lower() != "mover_new" else "mover_fresh"
    source = f"{database.table_sql(stage)} {alias}"
    quoted = {name: database.quote(name) for name in columns}
    same = " AND ".join(f"{alias}.{quoted[name]} = {target}.{quoted[name]}" for name in key)
    new = ", ".join(
        f"{quoted[name]} = (SELECT {alias}.{quoted[name]} FROM {source} WHERE {same})"
        for name in columns
        if name not in key
    )
    if new:
        there = f"EXISTS (SELECT 1 FROM {source} WHERE {same})"
        database.run(connection, f"UPDATE {target} SET {new} WHERE {there}")
    listed = ", ".join(quoted.values())
    given = ", ".join(f"{alias}.{name}" for name in quoted.values())
    database.run(
        connection,
        f"INSERT INTO {target} ({listed}) SELECT {given} FROM {source} "
        f"WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {same})",
    )


def merged(
    database: SqlDatabase,
    stage: TableName,
    table: TableName,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> str:
    """Return the query for the table's rows whose key the stage holds."""
    listed = ", ".join(f"mover_there.{database.quote(name)}" for name in columns)
    same = " AND ".join(
        f"mover_here.{name} = mover_there.{name}" for name in map(database.quote, key)
    )
    return (
        f"SELECT {listed} FROM {database.table_sql(table)} mover_there WHERE EXISTS "
        f"(SELECT 1 FROM {database.table_sql(stage)} mover_here WHERE {same})"
    )


def check_key(
    database: SqlDatabase, connection: Connection, table: TableName, key: tuple[str, ...]
) -> None:
    """Raise when a key is NULL or comes twice."""
    named = [database.quote(database.column_name(name)) for name in key]
    empty = " OR ".join(f"{name} IS NULL" for name in named)
    source = database.table_sql(table)
    count = f"SELECT count(*) FROM {source} WHERE {empty}"
    if database.run(connection, count).scalar():
        what = f"a row has no value in the key {', '.join(key)}"
        raise LoadUnloadError(what, "choose a key that every row has")
    listed = ", ".join(named)
    twice = f"SELECT {listed} FROM {source} GROUP BY {listed} HAVING count(*) > 1"
    found = database.run(connection, twice).first()
    if found is not None:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(key, found, strict=True))
        raise LoadUnloadError(f"more than one row has the key {shown}", "remove the repeated rows")


def clause(database: SqlDatabase, table: TableName, columns: tuple[str, ...]) -> TableClause:
    """Return a table and its columns for use in SQLAlchemy's statements."""
    import sqlalchemy as sa
    from sqlalchemy.sql import quoted_name

    forced = None if database.engine.dialect.requires_name_normalize else True
    named: list[ColumnClause[object]] = [sa.column(quoted_name(name, forced)) for name in columns]
    schema = None if table.schema is None else quoted_name(table.schema, forced)
    return sa.table(quoted_name(table.name, forced), *named, schema=schema)
