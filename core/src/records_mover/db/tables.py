"""The tables of a database: what there is, and the statements that make and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from records_mover.db import ddl, schema_sql
from records_mover.db.connections.failures import where
from records_mover.db.connections.transactions import settle
from records_mover.db.merge import merge
from records_mover.db.naming import SqlNames
from records_mover.errors import DatabaseError
from records_mover.parts import TableInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Inspector

    from records_mover.parts import ExistingMode, PublishRequest, Selection, TableName
    from records_mover.schema import Field, RecordsSchema

__all__ = ["SqlTables"]

ROWS_COUNTED = 1_000_000
"""Rows counted at most before a move, to tell a large table from a small one."""


class SqlTables(SqlNames):
    """Tables by SQLAlchemy's reflection and by statements that most databases know."""

    # What there is

    def inspect(self, name: TableName) -> TableInfo | None:
        """Describe a table, or return None when there is none; raise when its schema is absent."""
        with self.connection() as connection, self.doing(f"cannot inspect table '{name}'"):
            return self.describe(connection, name)

    def describe(self, connection: Connection, name: TableName) -> TableInfo | None:
        """Describe a table as this connection sees it."""
        import sqlalchemy as sa

        inspector = sa.inspect(connection)
        self._check_schema(inspector, name)
        columns = self.reflect(inspector, name)
        if columns is None:
            return None
        kind: Literal["table", "view"] = "view" if self._is_view(inspector, name) else "table"
        described = tuple(self.column_for(column) for column in columns)
        rows = self._rows(connection, name) if kind == "table" else None
        return TableInfo(name=name, columns=described, kind=kind, rows=rows)

    def _rows(self, connection: Connection, name: TableName) -> int | None:
        """Count the rows up to a limit: enough to tell a large table from a small one."""
        import sqlalchemy as sa

        rows = sa.select(sa.literal(1)).select_from(sa.table(name.name, schema=name.schema))
        return connection.scalar(
            sa.select(sa.func.count()).select_from(rows.limit(ROWS_COUNTED).subquery())
        )

    def reflect(self, inspector: Inspector, name: TableName) -> list[Mapping[str, Any]] | None:
        """Return SQLAlchemy's descriptions of a table's columns, None when there is no table."""
        import warnings

        from sqlalchemy.exc import NoSuchTableError, SAWarning

        with warnings.catch_warnings():
            # A type that SQLAlchemy does not know is no news: such a column travels as text.
            warnings.simplefilter("ignore", SAWarning)
            try:
                columns = inspector.get_columns(name.name, schema=name.schema)
            except NoSuchTableError:
                return None
        return list(columns) or None

    def _check_schema(self, inspector: Inspector, name: TableName) -> None:
        if name.schema is None:
            return
        names = inspector.get_schema_names()
        if name.schema not in names:
            there = ", ".join(f"'{each}'" for each in sorted(names))
            what = f"no schema '{name.schema}' in {where(self._engine.url)}"
            raise DatabaseError(what, f"there are: {there}")

    def _is_view(self, inspector: Inspector, name: TableName) -> bool:
        if name.name in inspector.get_view_names(schema=name.schema):
            return True
        try:
            return name.name in inspector.get_materialized_view_names(schema=name.schema)
        except NotImplementedError:  # how SQLAlchemy says that the dialect has none
            return False

    def schema_of(self, selection: Selection) -> RecordsSchema:
        """Return the records schema of a table or of a query's result."""
        with self.connection() as connection:
            return self.schema_on(connection, selection)

    def schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        """Return the records schema of a selection as this connection sees it."""
        with self.doing(f"cannot read the columns of '{selection}'"):
            if selection.table is None:
                fields = self.query_fields(connection, selection.query or "")
                return schema_sql.query_schema(fields, selection.columns)
            described = self._described(connection, selection.table)
            return schema_sql.table_schema(self, selection.table, described, selection.columns)

    def _described(self, connection: Connection, name: TableName) -> list[Mapping[str, Any]]:
        import sqlalchemy as sa

        described = self.reflect(sa.inspect(connection), name)
        if described is None:
            raise DatabaseError(f"no table '{name}'", "check its name and its schema")
        return described

    def query_fields(self, connection: Connection, query: str) -> list[Field]:
        """Return the fields of a query's result; its names may come twice."""
        return schema_sql.sampled_fields(self, connection, query)

    # What changes it

    def create_statements(self, name: TableName, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the DDL that makes a table of this schema."""
        return ddl.create_statements(self, name, schema)

    def wipe(self, connection: Connection, table: TableName, mode: ExistingMode) -> None:
        """Remove every row inside the open transaction.

        DELETE in every mode: where nothing more is known of a server, its TRUNCATE may commit.
        """
        del mode
        self.run(connection, f"DELETE FROM {self.table_sql(table)}")  # noqa: S608 - quoted

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does."""
        if mode == "truncate":
            return "delete every row (TRUNCATE could not be undone)"
        return "delete every row"

    def rename(self, connection: Connection, table: TableName, to: str) -> None:
        """Rename a table within its schema."""
        self.run(connection, f"ALTER TABLE {self.table_sql(table)} RENAME TO {self.quote(to)}")

    def drop(self, connection: Connection, table: TableName) -> None:
        """Drop a table."""
        self.run(connection, f"DROP TABLE {self.table_sql(table)}")

    def swap(self, connection: Connection, stage: TableName, table: TableName) -> None:
        """Put the stage in the place of the table inside the open transaction."""
        self.drop(connection, table)
        self.rename(connection, stage, table.name)

    def exchange(
        self, connection: Connection, stage: TableName, table: TableName, aside: TableName
    ) -> None:
        """Put the stage in the place of the table, which gets another name, where DDL commits.

        When that fails, the table has its name again.
        """
        self.rename(connection, table, aside.name)
        settle(self, connection)
        try:
            self.rename(connection, stage, table.name)
            settle(self, connection)
        except BaseException:
            connection.rollback()
            self.rename(connection, aside, table.name)
            settle(self, connection)
            raise

    def merge(
        self,
        connection: Connection,
        stage: TableName,
        table: TableName,
        columns: tuple[str, ...],
        key: tuple[str, ...],
    ) -> None:
        """Update the rows of the table whose key the stage holds, and insert the others."""
        merge(self, connection, stage, table, columns, key)

    def grant(self, connection: Connection, request: PublishRequest, table: TableName) -> None:
        """Give the privileges that the request asks for on a table."""
        ddl.grant(self, connection, request, table)
