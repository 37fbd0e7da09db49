"""Redshift: what it holds, how it spells things, and how a load becomes visible in it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from mover_redshift import types
from mover_redshift.settings import settings_of
from mover_redshift.words import folded, identifier
from records_mover.db.interrupts import InterruptibleDatabase
from records_mover.db.schema_sql import chosen_columns, query_schema
from records_mover.db.types import warn_of_text
from records_mover.errors import DatabaseError
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from sqlalchemy import Connection, Engine
    from sqlalchemy.types import TypeEngine

    from mover_redshift.catalog import Described
    from mover_redshift.settings import Settings
    from records_mover.errors import MoverError
    from records_mover.parts import (
        ExistingMode,
        Form,
        Landing,
        PublishRequest,
        Selection,
        TableInfo,
        TableName,
    )
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

__all__ = ["RedshiftDatabase", "as_redshift", "open_redshift"]

SERVERLESS_SLICES = 32
"""How many files are a good number where the server does not say how many slices it has."""


def open_redshift(engine: Engine) -> RedshiftDatabase:
    """Open the database behind an engine, by the dialect that is its own."""
    from mover_redshift.dialect import register

    register()
    if engine.dialect.name == "redshift":
        return RedshiftDatabase(engine)
    from sqlalchemy import URL, create_engine

    from mover_redshift.connections import CONNECT_ARGS

    there = engine.url
    url = URL.create(
        "redshift+psycopg2",
        username=there.username,
        password=str(there.password) if there.password else None,
        host=there.host,
        port=there.port,
        database=there.database,
        # Who wrote postgresql:// meant the driver's own way, which takes what the server offers.
        query={"sslmode": "prefer", **there.query},
    )
    return RedshiftDatabase(
        create_engine(url, connect_args=dict(CONNECT_ARGS), hide_parameters=True)
    )


def as_redshift(database: object) -> RedshiftDatabase:
    """Return the database of a job, which is always one of ours."""
    if not isinstance(database, RedshiftDatabase):
        raise DatabaseError("the database is no Redshift", "report this defect")
    return database


class RedshiftDatabase(InterruptibleDatabase):
    """A Redshift database, through psycopg2 or Amazon's own driver."""

    transactional_ddl: ClassVar[bool] = True
    savepoints: ClassVar[bool] = False
    varchar_in_bytes: ClassVar[bool] = True
    varchar_limit: ClassVar[int | None] = types.VARCHAR_BYTES
    privileges: ClassVar[frozenset[str]] = frozenset(
        {
            *("ALL", "ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "DELETE"),
            *("REFERENCES", "DROP", "TRUNCATE", "ALTER"),
        }
    )

    @lazyprop
    def settings(self) -> Settings:
        """What the user set, by the URL or in the environment."""
        return settings_of(self.engine.url)

    @lazyprop
    def slices(self) -> int:
        """How many slices load files side by side."""
        from records_mover.db.failures import sqlalchemy_errors

        try:
            with self.connection() as connection:
                found = self.run(connection, "SELECT count(*) FROM stv_slices").scalar()
        except sqlalchemy_errors():  # serverless shows nobody its slices
            return SERVERLESS_SLICES
        return int(found or 1)

    def begin(self, connection: Connection) -> None:
        """Read and write moments in UTC."""
        self.run(connection, "SET timezone TO 'UTC'")

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's."""
        from mover_redshift.errors import translate

        return translate(super().translate(exc, doing), exc)

    def bound(self, column: pa.Array) -> list[Any]:
        """Return the values of a column as the driver writes them into an INSERT."""
        import pyarrow.compute as pc
        import pyarrow.types as pat

        from records_mover.db.values import negative_zeros

        if pat.is_floating(column.type) and pc.any(negative_zeros(column)).as_py():
            raise ValueError("the number -0.0 in a statement is 0.0; name scratch space")
        return super().bound(column)

    def canceller(self, driver: Any) -> Callable[[], object]:
        """Return what ends the statement of a driver's connection."""
        from mover_redshift.connections import cancelling

        return cancelling(driver)

    def _connect(self) -> Connection:
        from mover_redshift.connections import prepare

        connection = super()._connect()
        prepare(connection)
        return connection

    # What there is

    def describe(self, connection: Connection, name: TableName) -> TableInfo | None:
        """Describe a table as this connection sees it."""
        import sqlalchemy as sa

        from mover_redshift import catalog, external

        found = catalog.describe(self, connection, name)
        if found is not None:
            return found.info
        info = external.describe(self, connection, name)
        if info is None:
            self._check_schema(sa.inspect(connection), name)
        return info

    def described(self, connection: Connection, name: TableName) -> Described:
        """Describe a table that is there, with what is Redshift's own."""
        from mover_redshift import catalog

        found = catalog.describe(self, connection, name, counted=False)
        if found is None:
            raise DatabaseError(f"there is no table '{name}'", "check its name")
        return found

    def schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        """Return the records schema of a selection as this connection sees it."""
        with self.doing(f"cannot read the columns of '{selection}'"):
            return self._schema_on(connection, selection)

    def _schema_on(self, connection: Connection, selection: Selection) -> RecordsSchema:
        from mover_redshift import catalog, external
        from mover_redshift.ddl import represented
        from records_mover.schema import RecordsSchema

        if selection.table is None:
            fields = catalog.query_fields(self, connection, selection.query or "")
            return query_schema(fields, selection.columns)
        found = catalog.describe(self, connection, selection.table, counted=False)
        if found is not None:
            known = represented(found.attributes)
            schema = RecordsSchema([column.field() for column in found.columns], known)
        else:
            schema = RecordsSchema(external.fields(self, connection, selection.table))
        return chosen_columns(schema, selection)

    def asked(self, connection: Connection, query: str) -> list[Any]:
        """Return the rows of a query."""
        return list(self.run(connection, query))

    # How things are named and typed

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return identifier(name)

    def column_name(self, name: str) -> str:
        """Return ``name`` as the server keeps it: in lower case, and 127 bytes of it."""
        return folded(name)

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field."""
        from records_mover.db.spelled import Spelled

        return Spelled(types.column_type(field).upper())

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        return types.made(field)

    def made_fields(self, request: PublishRequest, schema: RecordsSchema) -> tuple[Field, ...]:
        """Return the columns that the table of a request would have, which may be external."""
        from mover_redshift import lake

        if lake.is_external(self, request):
            return lake.made_fields(self, request.table, schema)
        return tuple(map(types.made, schema.fields))

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what COPY keeps of a source's values in a column here."""
        from mover_redshift.fidelity import keeps

        return keeps(source, target, form)

    def create_statements(self, name: TableName, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the DDL that makes a table of this schema."""
        from mover_redshift.ddl import create_statements

        warn_of_text(filter(types.is_text_here, schema.fields), "Redshift")
        return create_statements(self, name, schema)

    # How a load becomes visible

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        from mover_redshift.publish import publishing

        return publishing(self, request, super().publish)

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        from mover_redshift.publish import explanation

        return explanation(request) or super().explain_publish(request)

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does."""
        del mode
        return "delete every row (TRUNCATE would commit)"

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a user or a group as GRANT wants it."""
        if name.lower() == "public":
            return "PUBLIC"
        return f"GROUP {identifier(name)}" if group else identifier(name)

    @contextmanager
    def apart(self, what: str) -> Iterator[Connection]:
        """Open another connection, whose errors leave the transaction of a load alone."""
        with self.connection() as connection, self.doing(what):
            yield connection
