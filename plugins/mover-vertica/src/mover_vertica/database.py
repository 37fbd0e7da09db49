"""Vertica: what it holds, how it spells things, and how a load becomes visible in it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from mover_vertica import types
from mover_vertica.settings import settings_of
from mover_vertica.words import identifier, literal, shortened
from records_mover.db.columns.types import warn_of_text
from records_mover.db.connections.failures import scrub, sqlalchemy_errors, where
from records_mover.db.interrupts import InterruptibleDatabase
from records_mover.db.schema_sql import chosen_columns, query_schema
from records_mover.errors import DatabaseError, InDoubtError, MoverError
from records_mover.parts import Form, UnloadJob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine
    from sqlalchemy.types import TypeEngine

    from mover_vertica.catalog import Described
    from mover_vertica.settings import Settings
    from records_mover.parts import (
        Batches,
        ExistingMode,
        Landing,
        PublishRequest,
        Reshape,
        Selection,
        TableInfo,
        TableName,
    )
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

__all__ = ["VerticaDatabase", "as_vertica", "open_vertica"]

_PREPARED = "mover_vertica_prepared"
_PREPARATION = ("SET TIME ZONE TO 'UTC'", "SET DATESTYLE TO ISO", "SET INTERVALSTYLE TO PLAIN")
"""Moments are read and written in UTC, and dates in the one way that everyone reads alike."""


def open_vertica(engine: Engine) -> VerticaDatabase:
    """Open the database behind an engine; settings that cannot be are an error here already."""
    settings_of(engine.url)
    return VerticaDatabase(engine)


def as_vertica(database: object) -> VerticaDatabase:
    """Return the database of a job, which is always one of ours."""
    if not isinstance(database, VerticaDatabase):
        raise DatabaseError("the database is no Vertica", "report this defect")
    return database


class VerticaDatabase(InterruptibleDatabase):
    """A Vertica database, through vertica-python."""

    transactional_ddl: ClassVar[bool] = False
    savepoints: ClassVar[bool] = False
    varchar_in_bytes: ClassVar[bool] = True
    varchar_limit: ClassVar[int | None] = types.VARCHAR_BYTES
    privileges: ClassVar[frozenset[str]] = frozenset(
        {
            *("ALL", "ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "DELETE"),
            *("REFERENCES", "TRUNCATE", "ALTER", "DROP"),
        }
    )

    @cached_property
    def settings(self) -> Settings:
        """What the user set, by the URL or in the environment."""
        return settings_of(self.engine.url)

    @property
    def version(self) -> tuple[int, ...]:
        """The server's version, which is asked for when it is first connected to."""
        if not hasattr(self.engine.dialect, "server_version_info"):
            with self.connection():
                pass
        return tuple(map(int, self.engine.dialect.server_version_info or ()))

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's."""
        from mover_vertica.errors import translate

        if isinstance(exc, MoverError):
            return exc
        url = self.engine.url
        return translate(exc, scrub(doing, url), where(url))

    def canceller(self, driver: Any) -> Callable[[], object]:
        """Return what ends the statement of a driver's connection."""
        from mover_vertica.connect import cancelling

        return cancelling(driver)

    def _connect(self) -> Connection:
        from mover_vertica.connect import driver_connection

        connection = super()._connect()
        info = connection.connection.info
        if not info.get(_PREPARED):
            cursor = driver_connection(connection).cursor()
            for statement in self._preparation():
                cursor.execute(statement)
            info[_PREPARED] = True
        return connection

    def _preparation(self) -> tuple[str, ...]:
        cap = self.settings.runtimecap
        return (*_PREPARATION, f"SET SESSION RUNTIMECAP {literal(cap)}") if cap else _PREPARATION

    def commit(self, connection: Connection) -> None:
        """Commit the transaction that is open; when the answer is lost, nobody knows."""
        with self._showing("cannot commit"):
            connection.commit()

    @contextmanager
    def _showing(self, what: str) -> Iterator[None]:
        """Run what makes rows visible; a connection lost meanwhile tells nothing of them."""
        from mover_vertica.errors import is_lost, said

        try:
            yield
        except sqlalchemy_errors() as error:
            if not is_lost(error):
                raise self.translate(error, what) from error
            lost = f"the connection to {where(self.engine.url)} was lost while it committed"
            raise InDoubtError(
                f"{lost}: {said(error)}", "look whether the rows are there before you move again"
            ) from error

    # What there is

    def describe(self, connection: Connection, name: TableName) -> TableInfo | None:
        """Describe a table as this connection sees it."""
        import sqlalchemy as sa

        from mover_vertica import catalog

        found = catalog.describe(catalog.asking(self, connection), name)
        if found is None:
            self._check_schema(sa.inspect(connection), name)
            return None
        from dataclasses import replace

        rows = self._rows(connection, found.name) if found.kind == "table" else None
        return replace(found.info, rows=rows)

    def described(self, connection: Connection, name: TableName) -> Described:
        """Describe a table that is there, with what is Vertica's own."""
        from mover_vertica import catalog

        return catalog.described(catalog.asking(self, connection), name)

    def schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        """Return the records schema of a selection as this connection sees it."""
        from mover_vertica.errors import driver_errors

        what = f"cannot read the columns of '{selection}'"
        with self.doing(what):
            try:
                return self._schema_on(connection, selection)
            except driver_errors() as error:  # a query is asked without SQLAlchemy
                raise self.translate(error, what) from error

    def _schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        from mover_vertica import catalog
        from mover_vertica.connect import driver_connection
        from mover_vertica.ddl import represented
        from mover_vertica.queries import query_fields
        from records_mover.schema import RecordsSchema

        if selection.table is None:
            fields = query_fields(driver_connection(connection), selection.query or "")
            return query_schema(fields, selection.columns)
        found = self.described(connection, selection.table)
        known = {}
        if found.kind == "table":
            known = represented(catalog.layout_of(catalog.asking(self, connection), found))
        schema = RecordsSchema([column.field() for column in found.columns], known)
        return chosen_columns(schema, selection)

    # How things are named and typed

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return identifier(name)

    def column_name(self, name: str) -> str:
        """Return ``name`` as the server keeps it: 128 octets of it."""
        return shortened(name)

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field."""
        from records_mover.db.sql.spelled import Spelled

        return Spelled(types.column_type(field).upper())

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        return types.made(field)

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what COPY keeps of a source's values in a column here."""
        from mover_vertica.fidelity import keeps

        return keeps(source, target, form)

    def create_statements(self, name: TableName, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the DDL that makes a table of this schema."""
        from mover_vertica.ddl import create_statements

        warn_of_text(filter(types.is_text_here, schema.fields), "Vertica")
        return create_statements(self, self.settings, name, schema)

    # How a load becomes visible

    @contextmanager
    def reread(self, connection: Connection, selection: Selection) -> Iterator[Batches]:
        """Read rows as this connection sees them, whole columns at a time."""
        from mover_vertica.select.unload import batches_on

        schema = self.schema_on(connection, selection)
        job = UnloadJob(database=self, selection=selection, form=Form(kind="batches"))
        with batches_on(self, connection, job, schema) as batches:
            yield batches

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        from mover_vertica.publish import publishing

        return publishing(self, request, super().publish)

    def reshape(
        self, info: TableInfo, columns: tuple[str, ...], schema: RecordsSchema | None
    ) -> Reshape:
        """Say how a table must change to hold rows of other columns; raise where it cannot."""
        from mover_vertica.reshaping import reshape

        return reshape(self, info, columns, schema)

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        from mover_vertica.publish import explanation

        return explanation(request) or super().explain_publish(request)

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does."""
        del mode
        return "delete every row (TRUNCATE would commit)"

    def exchange(
        self, connection: Connection, stage: TableName, table: TableName, aside: TableName
    ) -> None:
        """Put the stage in the place of the table, by one statement that renames both."""
        both = f"{self.table_sql(table)}, {self.table_sql(stage)}"
        names = f"{identifier(aside.name)}, {identifier(table.name)}"
        with self._showing(f"cannot put the new rows in the place of '{table}'"):
            self.run(connection, f"ALTER TABLE {both} RENAME TO {names}")

    def merge(
        self,
        connection: Connection,
        stage: TableName,
        table: TableName,
        columns: tuple[str, ...],
        key: tuple[str, ...],
    ) -> None:
        """Update the rows whose key the stage holds, and insert the others, by MERGE."""
        from mover_vertica.publish import merge

        merge(self, connection, stage, table, columns, key)

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a user or a role, which is what a group is here, as GRANT wants it."""
        del group
        return "PUBLIC" if name.lower() == "public" else identifier(name)
