"""A database of any dialect: what it holds, and how a load becomes visible in it.

Plugins subclass ``SqlDatabase`` and override the small methods that their server does better.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from records_mover.db import ddl, schema_sql, types, values
from records_mover.db.connecting import check_connection
from records_mover.db.failures import reason_of, scrub, sqlalchemy_errors, where
from records_mover.errors import ConnectError, DatabaseError, LoadUnloadError, MoverError
from records_mover.parts import (
    Column,
    Form,
    Landing,
    PublishRequest,
    Selection,
    TableInfo,
    TableName,
    UnloadJob,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from sqlalchemy import Connection, CursorResult, Engine, Inspector
    from sqlalchemy.types import TypeEngine

    from records_mover.parts import Batches, ExistingMode
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

__all__ = ["SqlDatabase"]

ROWS_COUNTED = 1_000_000
"""Rows counted at most before a move, to tell a large table from a small one."""

log = logging.getLogger(__name__)


class SqlDatabase:
    """Generic SQL through SQLAlchemy.

    ``transactional_ddl`` says that CREATE, ALTER and DROP TABLE can be rolled back;
    ``savepoints`` that a part of a transaction can be, which finds the row that does not fit;
    ``varchar_in_bytes`` that VARCHAR(n) counts bytes, and ``varchar_limit`` the greatest n;
    ``privileges`` are the words that GRANT knows, and there are none where it has no GRANT.
    """

    transactional_ddl: ClassVar[bool] = False
    savepoints: ClassVar[bool] = True
    varchar_in_bytes: ClassVar[bool] = False
    varchar_limit: ClassVar[int | None] = None
    privileges: ClassVar[frozenset[str]] = frozenset(
        {
            *("ALL", "ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "DELETE"),
            *("REFERENCES", "TRIGGER", "TRUNCATE"),
        }
    )

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The engine, which the database neither made nor disposes of."""
        return self._engine

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the dialect."""
        return self._engine.dialect.name

    def identity(self) -> str:
        """Name the server and database; two tables with the same one can see each other."""
        url = self._engine.url
        port = f":{url.port}" if url.port else ""
        return f"{self.dialect}://{url.host or 'localhost'}{port}/{url.database or ''}"

    # Connections and transactions

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a connection for reading; whatever it began is rolled back at the end."""
        connection = self._connect()
        try:
            yield connection
        finally:
            self._close(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction: committed when the block ends well, rolled back on any exception."""
        with self.connection() as connection:
            with self.doing("cannot begin a transaction"):
                connection.begin()
                self.begin(connection)
            yield connection
            self.commit(connection)

    def commit(self, connection: Connection) -> None:
        """Commit the transaction that is open."""
        with self.doing("cannot commit"):
            connection.commit()

    def begin(self, connection: Connection) -> None:
        """Prepare a transaction that has just begun: time limits, locks."""

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except sqlalchemy_errors():
            pass
        # Asked again so that the driver's error, which may hold the password, is not attached.
        check_connection(self._engine)
        return self._engine.connect()

    def _close(self, connection: Connection) -> None:
        # The server rolls back by itself when the connection is gone, and an error here would hide
        # the one that brought us here.
        try:
            connection.close()
        except sqlalchemy_errors() as err:
            log.debug("closing a connection failed: %s", reason_of(err))
            if not connection.closed:  # else it was thrown away on the way
                connection.invalidate()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Turn what SQLAlchemy or the driver raises in the block into an error of ours."""
        try:
            yield
        except sqlalchemy_errors() as err:
            raise self.translate(err, what) from err

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's.

        ``doing`` is a clause such as "cannot create table 'x'".
        """
        if isinstance(exc, MoverError):
            return exc
        reason = scrub(reason_of(exc), self._engine.url)
        if getattr(exc, "connection_invalidated", False):
            lost = f"the connection to {where(self._engine.url)} was lost: {reason}"
            return ConnectError(lost, "the target is as it was; try again")
        return LoadUnloadError(f"{doing}: {reason}")

    def run(self, connection: Connection, statement: str, **options: Any) -> CursorResult[Any]:
        """Execute a statement as it is written: no parameters, and ``%`` and ``:`` mean nothing."""
        return connection.exec_driver_sql(
            statement, execution_options={"no_parameters": True, **options}
        )

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

    def column_for(self, column: Mapping[str, Any]) -> Column:
        """Return what a move needs to know of a column, from SQLAlchemy's description of it."""
        identity = column.get("identity") or {}
        filled = column.get("default") is not None or bool(identity)
        return Column(
            name=column["name"],
            type=ddl.spell_type(column["type"], self._engine.dialect),
            nullable=bool(column.get("nullable", True)),
            filled=filled or column.get("autoincrement") is True,
            generated=bool(column.get("computed")) or bool(identity.get("always")),
        )

    def field_for(self, column: Mapping[str, Any]) -> Field:
        """Return the records field of a column, from SQLAlchemy's description of it."""
        required = not column.get("nullable", True)
        return types.field_from_type(
            column["name"], column["type"], required=required, in_bytes=self.varchar_in_bytes
        )

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
            return schema_sql.table_schema(self, connection, selection.table, selection.columns)

    def query_fields(self, connection: Connection, query: str) -> list[Field]:
        """Return the fields of a query's result; its names may come twice."""
        return schema_sql.sampled_fields(self, connection, query)

    # How things are named and typed

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return ddl.quote(name, self._engine.dialect)

    def table_sql(self, name: TableName) -> str:
        """Return a table's name as it is written in a statement for ``run``."""
        table = self.quote(name.name)
        return f"{self.quote(name.schema)}.{table}" if name.schema else table

    def column_name(self, name: str) -> str:
        """Return ``name`` as this database will store it."""
        return name[: self._engine.dialect.max_identifier_length]

    def type_for(self, field: Field) -> TypeEngine[Any]:
        """Return the column type for a field; text, with a warning, where the dialect has none."""
        kind = self.known_type(field)
        return self.as_text(field) if kind is None else kind

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field, None where the dialect has none."""
        if field.field_type == "string":
            return types.text_type(field, in_bytes=self.varchar_in_bytes, limit=self.varchar_limit)
        return types.type_from_field(field, self._engine.dialect)

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        import sqlalchemy as sa

        kind = self.known_type(field) or sa.Text()
        return types.field_from_type(
            field.name, kind, required=field.required, in_bytes=self.varchar_in_bytes
        )

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what becomes of a source's values here: rows as statements are cast strictly."""
        from records_mover.schema.fidelity import kept

        del form
        return kept(source, target, strict=True)

    def as_text(self, field: Field) -> TypeEngine[Any]:
        """Return a type for text, and warn that this column travels so."""
        import sqlalchemy as sa

        log.warning(
            "column '%s' becomes text: %s has no type for '%s' that keeps every value",
            field.name,
            self.dialect,
            field.field_type,
        )
        return sa.Text()

    def create_statements(self, name: TableName, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the DDL that makes a table of this schema."""
        return ddl.create_statements(self, name, schema)

    # Rows as statements

    def bound(self, column: pa.Array) -> list[Any]:
        """Return the values of an Arrow column as the driver is to be given them."""
        return values.bound(column)

    def eased(self, column: pa.Array) -> pa.Array:
        """Return what this database keeps of a column that may lose something."""
        return column

    def blames(self, exc: BaseException) -> bool:
        """Whether an OperationalError is about a row's values, and not about the server."""
        del exc
        return False

    # How a load becomes visible

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        from records_mover.db.publish import publishing

        return publishing(self, request)

    @contextmanager
    def reread(self, connection: Connection, selection: Selection) -> Iterator[Batches]:
        """Read rows as this connection sees them; its transaction goes on as it was."""
        from records_mover.db.selecting import rows_on

        schema = self.schema_on(connection, selection)
        job = UnloadJob(database=self, selection=selection, form=Form(kind="batches"))
        with rows_on(self, connection, job, schema) as batches:
            yield batches

    def merged(
        self, landed: TableName, table: TableName, columns: tuple[str, ...], key: tuple[str, ...]
    ) -> Selection:
        """Select those rows of a table that have the key of a row that has landed elsewhere."""
        from records_mover.db.merge import merged

        named = tuple(self.column_name(name) for name in key)
        return Selection(query=merged(self, landed, table, columns, named))

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        from records_mover.db.publish import explanation

        return explanation(self, request)

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
        """Put the stage in the place of the table, which gets another name, where DDL commits."""
        from records_mover.db.publish import rename_in_turn

        rename_in_turn(self, connection, stage, table, aside)

    def merge(
        self,
        connection: Connection,
        stage: TableName,
        table: TableName,
        columns: tuple[str, ...],
        key: tuple[str, ...],
    ) -> None:
        """Update the rows of the table whose key the stage holds, and insert the others."""
        from records_mover.db.merge import merge

        merge(self, connection, stage, table, columns, key)

    def grant(self, connection: Connection, request: PublishRequest, table: TableName) -> None:
        """Give the privileges that the request asks for on a table."""
        ddl.grant(self, connection, request, table)

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a user or a group as GRANT wants it."""
        del group
        return self.quote(name)
