"""Redshift: what it holds, how it spells things, and how a load becomes visible in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_redshift import types
from mover_redshift.session import RedshiftSession
from records_mover.db.columns.types import warn_of_text
from records_mover.db.schema_sql import chosen_columns, query_schema
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine
    from sqlalchemy.types import TypeEngine

    from mover_redshift.catalog import Described
    from records_mover.parts import (
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

__all__ = ["RedshiftDatabase", "as_redshift", "open_redshift"]


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


class RedshiftDatabase(RedshiftSession):
    """A Redshift database, through psycopg2 or Amazon's own driver."""

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

        return catalog.described(self, connection, name)

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

    # How things are named and typed

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field."""
        from records_mover.db.sql.spelled import Spelled

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

    def reshape(
        self, info: TableInfo, columns: tuple[str, ...], schema: RecordsSchema | None
    ) -> Reshape:
        """Say how a table must change to hold rows of other columns; raise where it cannot."""
        from mover_redshift.reshaping import reshape

        return reshape(self, info, columns, schema)

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        from mover_redshift.publish import explanation

        return explanation(request) or super().explain_publish(request)
