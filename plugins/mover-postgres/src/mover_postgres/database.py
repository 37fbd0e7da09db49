"""PostgreSQL: what it holds, how it spells things, and how a load becomes visible in it."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from mover_postgres import types
from records_mover.db.connections.check import check_connection
from records_mover.db.connections.failures import sqlalchemy_errors
from records_mover.db.interrupts import InterruptibleDatabase
from records_mover.db.schema_sql import chosen_columns, query_schema
from records_mover.db.sql.names import cut, identifier
from records_mover.errors import DatabaseError
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine
    from sqlalchemy.types import TypeEngine

    from records_mover.errors import MoverError
    from records_mover.parts import (
        Batches,
        ExistingMode,
        Fingerprint,
        Form,
        Landing,
        PublishRequest,
        Reshape,
        Selection,
        TableInfo,
        TableName,
    )
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

log = logging.getLogger(__name__)

__all__ = ["PostgresDatabase", "open_postgres"]

DRIVER = "psycopg2"
NAME_BYTES = 63
_NUMERIC_DIGITS = 1000


def open_postgres(engine: Engine) -> PostgresDatabase:
    """Open the database behind an engine, through the driver that has COPY as a stream."""
    if engine.driver == DRIVER:
        return PostgresDatabase(engine)
    from sqlalchemy import create_engine

    from mover_postgres.connections import CONNECT_ARGS

    url = engine.url.set(drivername=f"postgresql+{DRIVER}")
    return PostgresDatabase(
        create_engine(url, connect_args=dict(CONNECT_ARGS), hide_parameters=True)
    )


class PostgresDatabase(InterruptibleDatabase):
    """A PostgreSQL database, through psycopg2."""

    transactional_ddl: ClassVar[bool] = True
    varchar_limit: ClassVar[int | None] = 10_485_760
    privileges: ClassVar[frozenset[str]] = InterruptibleDatabase.privileges | {"MAINTAIN"}

    def identity(self) -> str:
        """Name the server by its own number, so that two ways to reach it are the same."""
        return self._identity

    @lazyprop
    def _identity(self) -> str:
        from mover_postgres.catalog import server_identity
        from mover_postgres.connections import driver_connection

        try:
            with self.connection() as connection, self.doing("cannot identify the server"):
                return f"postgresql://{server_identity(driver_connection(connection))}"
        except DatabaseError:
            return super().identity()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Turn what SQLAlchemy or the driver raises in the block into an error of ours."""
        from mover_postgres.errors import DRIVER_ERRORS

        try:
            yield
        except DRIVER_ERRORS as error:
            raise self.translate(error, what) from error
        except sqlalchemy_errors() as error:
            raise self.translate(error, what) from error

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's."""
        from mover_postgres.errors import translate

        return translate(exc, doing)

    def canceller(self, driver: Any) -> Callable[[], object]:
        """Return what ends the statement of a driver's connection."""
        from mover_postgres.connections import stopping

        return stopping(driver)

    def begin(self, connection: Connection) -> None:
        """Wait for a lock no longer than a minute, unless the role or the database says."""
        from mover_postgres.connections import driver_connection, limit_waits

        limit_waits(driver_connection(connection))

    def commit(self, connection: Connection) -> None:
        """Commit; when the answer is lost, ask the server what became of it."""
        from mover_postgres.commit import commit

        commit(self, connection)

    def _connect(self) -> Connection:
        from mover_postgres.errors import DRIVER_ERRORS

        try:
            return super()._connect()
        except DRIVER_ERRORS:
            pass
        # Asked again so that the driver's error, which may hold the password, is not attached.
        check_connection(self.engine)
        return super()._connect()

    def _close(self, connection: Connection) -> None:
        """Close a connection; one that the server has cut has nothing left to roll back.

        That may show only now: the driver's own connections raise the driver's own errors, and what
        was done over them is done.
        """
        from mover_postgres.errors import DRIVER_ERRORS

        if not connection.invalidated:
            driver: Any = connection.connection.driver_connection
            if driver.closed:
                connection.invalidate()
        try:
            super()._close(connection)
        except DRIVER_ERRORS as error:
            log.debug("closing a connection failed: %s", error)
            connection.invalidate()

    # What there is

    def table_names(self, schema: str | None) -> Sequence[str]:
        """Return the names of the tables and views of a schema, or of those on the path."""
        from mover_postgres.catalog import table_names
        from mover_postgres.connections import driver_connection

        with self.connection() as connection, self.doing("cannot list the tables"):
            return table_names(driver_connection(connection), schema)

    def describe(self, connection: Connection, name: TableName) -> TableInfo | None:
        """Describe a table as this connection sees it."""
        from mover_postgres.catalog import describe
        from mover_postgres.connections import driver_connection

        found = describe(driver_connection(connection), name)
        return None if found is None else found.info

    def schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        """Return the records schema of a selection as this connection sees it."""
        with self.doing(f"cannot read the columns of '{selection}'"):
            return self._schema_on(connection, selection)

    def _schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        from mover_postgres.catalog import describe, query_fields
        from mover_postgres.connections import driver_connection
        from records_mover.schema import RecordsSchema

        driver = driver_connection(connection)
        if selection.table is None:
            return query_schema(query_fields(driver, selection.query or ""), selection.columns)
        found = describe(driver, selection.table)
        if found is None:
            raise DatabaseError(f"there is no table '{selection.table}'", "check its name")
        return chosen_columns(RecordsSchema(found.fields()), selection)

    # How things are named and typed

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return identifier(name)

    def column_name(self, name: str) -> str:
        """Return ``name`` as the server cuts it: 63 bytes, and no half character."""
        return cut(name, NAME_BYTES)

    def type_for(self, field: Field) -> TypeEngine[Any]:
        """Return the column type for a field: its own where it came from a PostgreSQL."""
        kind = self.chosen_type(field)
        lost = types.lost_type(field, kind)
        if lost is not None:
            log.warning("column '%s' becomes text: there is no type '%s' here", field.name, lost)
        return kind

    def chosen_type(self, field: Field) -> TypeEngine[Any]:
        """Return the column type for a field, without a word of what it is not."""
        if types.has_odd_scale(field) and self._version < types.ODD_SCALES_SINCE:
            field = types.with_plain_scale(field)
        own = types.own_type(field, self._types_like)
        if own is not None:
            return own
        return types.spelled("jsonb") if field.field_type == "json" else super().type_for(field)

    @lazyprop
    def _version(self) -> int:
        from mover_postgres.forms import server_version

        return server_version(self.engine)

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        kind = self.chosen_type(field)
        spelling = types.server_spelling(kind, self.engine.dialect)
        base = self._types_like(spelling) if types.is_own(kind) else None
        if base is None or base == spelling:
            return types.field_of(field.name, spelling, required=field.required)
        return types.field_of(field.name, base, required=field.required, own=spelling)

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what COPY keeps of a source's values in a column here."""
        from mover_postgres.fidelity import keeps

        return keeps(source, target, form)

    def _types_like(self, spelling: str) -> str | None:
        """Return what is below a type that is here, or that type; None where there is none."""
        from mover_postgres.catalog import base_of
        from mover_postgres.connections import driver_connection

        with self.connection() as connection, self.doing(f"cannot look for a type '{spelling}'"):
            return base_of(driver_connection(connection), spelling)

    def declared(self, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the types that a new table's columns would have, as DDL spells them."""
        from records_mover.db.sql.spelling import spell_type

        dialect = self.engine.dialect
        return tuple(spell_type(self.chosen_type(field), dialect) for field in schema.fields)

    # What rows amount to

    def fingerprint(self, connection: Connection, selection: Selection) -> Fingerprint:
        """Count rows as this connection sees them, and sum up their columns."""
        from mover_postgres.fingerprint import fingerprint

        with self.doing(f"cannot sum up '{selection}'"):
            return fingerprint(connection, selection)

    @contextmanager
    def reread(self, connection: Connection, selection: Selection) -> Iterator[Batches]:
        """Read rows by COPY as this connection sees them; its transaction goes on as it was."""
        from mover_postgres.unloading.run import reading_again
        from records_mover.parts import Form, UnloadJob

        with self.doing(f"cannot read '{selection}' again"):
            schema = self.schema_on(connection, selection)
            job = UnloadJob(
                database=self, selection=selection, form=Form(kind="batches"), schema=schema
            )
            with reading_again(job, connection) as batches:
                yield batches

    def hold_still(self, connection: Connection, table: TableName) -> None:
        """Let others read, and none write, until the transaction ends."""
        with self.doing(f"cannot lock '{table}'"):
            statement = f"LOCK TABLE {self.table_sql(table)} IN SHARE ROW EXCLUSIVE MODE"
            self.run(connection, statement)

    # How a load becomes visible

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        from mover_postgres.publish import publishing
        from mover_postgres.shared import is_shared, shared

        if is_shared(request):
            return shared(self, request)
        if request.info is None or request.mode == "drop":
            return super().publish(request)
        return publishing(self, request, super().publish)

    def reshape(
        self, info: TableInfo, columns: tuple[str, ...], schema: RecordsSchema | None
    ) -> Reshape:
        """Say how a table must change to hold rows of other columns; raise where it cannot."""
        from mover_postgres.publish.reshaping import reshape

        return reshape(self, info, columns, schema)

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do, and why it would not, as things are now."""
        words = self._explained(request)
        refused = self._refusal(request)
        return words if refused is None else f"{words}; as things are it is refused: {refused}"

    def _explained(self, request: PublishRequest) -> str:
        from mover_postgres import shared
        from mover_postgres.publish import explanation

        if shared.is_shared(request):
            return shared.explanation(request)
        if request.info is not None and request.mode in ("replace", "upsert"):
            return explanation(self, request)
        return super().explain_publish(request)

    def _refusal(self, request: PublishRequest) -> str | None:
        from mover_postgres.publish.guard import guard

        if request.info is None or request.mode in ("append", "drop"):
            return None
        try:
            guard(self, request)
        except DatabaseError as error:
            return str(error)
        return None

    def wipe(self, connection: Connection, table: TableName, mode: ExistingMode) -> None:
        """Remove every row inside the open transaction; TRUNCATE is undone by a rollback too."""
        from mover_postgres.connections import driver_connection
        from mover_postgres.publish.stage import lock

        name = self.table_sql(table)
        if mode == "truncate":
            self.run(connection, f"TRUNCATE TABLE {name}")
            return
        # DELETE leaves what another move has loaded and not committed: that move is waited for.
        # Whoever else writes is not.
        lock(driver_connection(connection), table, "SHARE UPDATE EXCLUSIVE")
        self.run(connection, f"DELETE FROM {name}")  # noqa: S608 - quoted

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does."""
        if mode == "truncate":
            return "truncate (readers wait until it ends) every row"
        return "delete every row"

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a role as GRANT wants it; groups are roles too, and one of them is everybody."""
        return "PUBLIC" if name.lower() == "public" else super().grantee(name, group=group)

    def swap(self, connection: Connection, stage: TableName, table: TableName) -> None:
        """Put the stage in the place of the table; nothing may depend on the table."""
        with self.doing(f"cannot drop '{table}'"):
            super().swap(connection, stage, table)
