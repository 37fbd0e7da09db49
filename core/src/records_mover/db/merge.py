"""Merging a staging table into a table by a key, with statements that any database knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql import ColumnElement, TableClause
    from sqlalchemy.sql.expression import ColumnClause

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import TableName

__all__ = ["check_key", "merge"]


def merge(
    database: SqlDatabase,
    connection: Connection,
    stage: TableName,
    table: TableName,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> None:
    """Update the rows whose key the stage holds, and insert the others."""
    import sqlalchemy as sa

    source = clause(database, stage, columns)
    target = clause(database, table, columns)
    same = _same(source, target, columns, key)
    others = [place for place, name in enumerate(columns) if name not in key]
    given = list(source.c)
    kept = list(target.c)
    if others:
        new = {kept[at]: sa.select(given[at]).where(same).scalar_subquery() for at in others}
        there = sa.exists(sa.select(sa.literal_column("1")).select_from(source).where(same))
        connection.execute(sa.update(target).values(new).where(there))
    known = sa.exists(sa.select(sa.literal_column("1")).select_from(target).where(same))
    fresh = sa.select(*given).where(~known)
    connection.execute(sa.insert(target).from_select(kept, fresh))


def check_key(
    database: SqlDatabase, connection: Connection, table: TableName, key: tuple[str, ...]
) -> None:
    """Raise when a key is NULL or comes twice."""
    import sqlalchemy as sa

    stored = tuple(database.column_name(name) for name in key)
    columns = list(clause(database, table, stored).c)
    empty = sa.select(*columns).where(sa.or_(*(column.is_(None) for column in columns))).limit(1)
    if connection.execute(empty).first() is not None:
        what = f"a row has no value in the key {', '.join(key)}"
        raise LoadUnloadError(what, "choose a key that every row has")
    twice = sa.select(*columns).group_by(*columns).having(sa.func.count() > 1).limit(1)
    found = connection.execute(twice).first()
    if found is not None:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(key, found, strict=True))
        raise LoadUnloadError(f"more than one row has the key {shown}", "remove the repeated rows")


def clause(database: SqlDatabase, table: TableName, columns: tuple[str, ...]) -> TableClause:
    """Return a table and its columns for use in SQLAlchemy's statements."""
    import sqlalchemy as sa
    from sqlalchemy.sql import quoted_name

    forced = None if database.engine.dialect.requires_name_normalize else True
    named: list[ColumnClause[Any]] = [sa.column(quoted_name(name, forced)) for name in columns]
    schema = None if table.schema is None else quoted_name(table.schema, forced)
    return sa.table(quoted_name(table.name, forced), *named, schema=schema)


def _same(
    source: TableClause, target: TableClause, columns: tuple[str, ...], key: tuple[str, ...]
) -> ColumnElement[Any]:
    import sqlalchemy as sa

    places = [columns.index(name) for name in key]
    given, kept = list(source.c), list(target.c)
    return sa.and_(*(given[at] == kept[at] for at in places))
