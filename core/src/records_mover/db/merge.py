"""Merging a staging table into a table by a key, with statements that any database knows."""

# ruff: noqa: S608 - every name in these statements is quoted by SQLAlchemy's preparer

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from records_mover.errors import LoadUnloadError

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.sql import TableClause
    from sqlalchemy.sql.expression import ColumnClause

    from records_mover.db.naming import SqlNames
    from records_mover.parts import TableName

__all__ = ["Merging", "check_key", "clause", "merge", "merged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """The statements that bring the rows of a stage into a table by a key.

    ``target`` and ``source`` are the tables as they stand in SQL; ``old`` and ``new`` are what
    their columns are qualified by. All names are quoted.
    """

    target: str
    source: str
    old: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    new: str = "mover_new"

    @property
    def updates(self) -> bool:
        """Whether there is a column beside those of the key."""
        return bool(self._others)

    @classmethod
    def of(
        cls,
        database: SqlNames,
        stage: TableName,
        table: TableName,
        columns: tuple[str, ...],
        key: tuple[str, ...],
    ) -> Self:
        """Return those of a stage and a table; the table's columns are qualified by its name."""
        return cls(
            target=database.table_sql(table),
            source=database.table_sql(stage),
            old=database.quote(table.name),
            columns=tuple(map(database.quote, columns)),
            key=tuple(map(database.quote, key)),
        )

    def update(self) -> str:
        """Return UPDATE of the rows whose key the stage holds, if there is something to update."""
        found = f"FROM {self.source} {self.new} WHERE {self._same(self.old)}"
        values = [f"{name} = (SELECT {self.new}.{name} {found})" for name in self._others]
        return f"UPDATE {self.target} SET {', '.join(values)} WHERE EXISTS (SELECT 1 {found})"

    def insert(self) -> str:
        """Return INSERT of the rows whose key the table does not hold."""
        return (
            f"INSERT INTO {self.target} ({', '.join(self.columns)}) SELECT {self._given} "
            f"FROM {self.source} {self.new} "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self.target} WHERE {self._same(self.old)})"
        )

    def merge(self, alias: str = "") -> str:
        """Return MERGE, which does both; ``alias`` is what it calls the target, if not by name."""
        values = ", ".join(f"{name} = {self.new}.{name}" for name in self._others)
        matched = f"WHEN MATCHED THEN UPDATE SET {values} " if values else ""
        target = f"{self.target} {alias}".rstrip()
        return (
            f"MERGE INTO {target} USING {self.source} {self.new} "
            f"ON {self._same(alias or self.old)} {matched}"
            f"WHEN NOT MATCHED THEN INSERT ({', '.join(self.columns)}) VALUES ({self._given})"
        )

    @property
    def _others(self) -> list[str]:
        return [name for name in self.columns if name not in self.key]

    def _same(self, old: str) -> str:
        return " AND ".join(f"{old}.{name} = {self.new}.{name}" for name in self.key)

    @property
    def _given(self) -> str:
        return ", ".join(f"{self.new}.{name}" for name in self.columns)


def merge(
    database: SqlNames,
    connection: Connection,
    stage: TableName,
    table: TableName,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> None:
    """Update the rows whose key the stage holds, and insert the others."""
    new = "mover_new" if table.name.lower() != "mover_new" else "mover_fresh"
    words = Merging.of(database, stage, table, columns, key)
    words = replace(words, old=words.target, new=new)
    if words.updates:
        database.run(connection, words.update())
    database.run(connection, words.insert())


def merged(
    database: SqlNames,
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
    database: SqlNames, connection: Connection, table: TableName, key: tuple[str, ...]
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


def clause(database: SqlNames, table: TableName, columns: tuple[str, ...]) -> TableClause:
    """Return a table and its columns for use in SQLAlchemy's statements."""
    import sqlalchemy as sa
    from sqlalchemy.sql import quoted_name

    forced = None if database.engine.dialect.requires_name_normalize else True
    named: list[ColumnClause[object]] = [sa.column(quoted_name(name, forced)) for name in columns]
    schema = None if table.schema is None else quoted_name(table.schema, forced)
    return sa.table(quoted_name(table.name, forced), *named, schema=schema)
