"""What 1.x calls the driver of a database: its types, names and tables, asked of its plugin."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

from records_mover.errors import DatabaseError, UsageError
from records_mover.parts import PublishRequest, Selection, TableName
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    StringConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.types import TypeEngine

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import Database
    from records_mover.schema import FieldType, RecordsSchema

__all__ = ["DBDriver"]


class DBDriver:
    """What is known of one database.

    Made by ``Session.db_driver`` or ``records_mover.db.factory.db_driver``. ``db``, an engine or a
    connection, is 1.x's older word for the other two; of a connection the engine is used. Loading
    and unloading are moves now: a driver of one's own is a plugin.
    """

    def __init__(
        self,
        db: Engine | Connection | None = None,
        db_conn: Connection | None = None,
        db_engine: Engine | None = None,
        *,
        database_of: Callable[[Engine], Database],
    ) -> None:
        if db is not None:
            warnings.warn(
                "db is deprecated: give db_engine or db_conn", DeprecationWarning, stacklevel=3
            )
        named = next((one for one in (db_engine, db_conn, db) if one is not None), None)
        if named is None:
            raise UsageError("no database is named", "give db_engine or db_conn")
        if not hasattr(named, "engine"):
            what = f"{type(named).__name__!r} is no database"
            raise UsageError(what, "give an SQLAlchemy engine or connection")
        self.db_engine: Engine = named.engine
        self.database = cast("SqlDatabase", database_of(self.db_engine))

    # tables

    def has_table(self, schema: str | None, table: str) -> bool:
        """Whether there is such a table; there is none where there is no such schema."""
        try:
            return self.database.inspect(TableName(name=table, schema=schema)) is not None
        except DatabaseError:
            if schema is None or schema in self._schemas():
                raise
            return False

    def _schemas(self) -> list[str]:
        import sqlalchemy as sa

        with self.database.connection() as connection:
            return sa.inspect(connection).get_schema_names()

    def table(self, schema: str | None, table: str) -> Table:
        """Return SQLAlchemy's description of a table; its ``NoSuchTableError`` if there is none."""
        import sqlalchemy as sa

        with self.db_engine.connect() as connection:
            return sa.Table(table, sa.MetaData(), schema=schema, autoload_with=connection)

    def schema_sql(self, schema: str | None, table: str) -> str:
        """Return a CREATE TABLE with the columns of a table."""
        name = TableName(name=table, schema=schema)
        known = self.records_schema(schema, table)
        origin = known.known_representations.get("origin")
        written = getattr(origin, "table_ddl", None)
        return str(written) if written else "; ".join(self.database.create_statements(name, known))

    def records_schema(self, schema: str | None, table: str) -> RecordsSchema:
        """Return the records schema of a table."""
        selection = Selection(table=TableName(name=table, schema=schema))
        return self.database.schema_of(selection)

    def create_sql(self, schema: str | None, table: str, records_schema: RecordsSchema) -> str:
        """Return the CREATE TABLE that a move would run for a records schema."""
        name = TableName(name=table, schema=schema)
        return "; ".join(self.database.create_statements(name, records_schema))

    # names and types

    def make_column_name_valid(self, colname: str) -> str:
        """Return a column's name as the database will store it."""
        return self.database.column_name(colname)

    def varchar_length_is_in_chars(self) -> bool:
        """Whether VARCHAR(n) counts characters, and not bytes."""
        return not self.database.varchar_in_bytes

    def supports_time_type(self) -> bool:
        """Whether there is a type for a time of day."""
        import sqlalchemy as sa

        return isinstance(self.database.known_type(Field("t", "time")), sa.Time)

    def type_for_date_plus_time(self, has_tz: bool = False) -> TypeEngine[Any]:
        """Return the type of a moment, with its zone or without."""
        return self._type("datetimetz" if has_tz else "datetime")

    def type_for_integer(self, min_value: int | None, max_value: int | None) -> TypeEngine[Any]:
        """Return the smallest type that holds these integers; None leaves an end open."""
        return self._type("integer", IntegerConstraints(min=min_value, max=max_value))

    def type_for_fixed_point(self, precision: int, scale: int) -> TypeEngine[Any]:
        """Return the type of decimals of so many digits, ``scale`` of them after the point."""
        facts = DecimalConstraints(fixed_precision=precision, fixed_scale=scale)
        return self._type("decimal", facts)

    def type_for_floating_point(
        self, fp_total_bits: int, fp_significand_bits: int
    ) -> TypeEngine[Any]:
        """Return the type of binary floats of so many bits."""
        facts = DecimalConstraints(
            fp_total_bits=fp_total_bits, fp_significand_bits=fp_significand_bits
        )
        return self._type("decimal", facts)

    def type_for_string(
        self, max_length_chars: int | None = None, max_length_bytes: int | None = None
    ) -> TypeEngine[Any]:
        """Return the type of text; without a length it has no limit."""
        facts = StringConstraints(
            max_length_chars=max_length_chars, max_length_bytes=max_length_bytes
        )
        return self._type("string", facts)

    def _type(self, kind: FieldType, constraints: Any = None) -> TypeEngine[Any]:
        return self.database.type_for(Field("x", kind, constraints))

    def integer_limits(self, type_: TypeEngine[Any]) -> tuple[int, int] | None:
        """Return the least and the greatest integer of a type; None for any other type."""
        facts = self._constraints(type_)
        if not isinstance(facts, IntegerConstraints) or facts.min is None or facts.max is None:
            return None
        return facts.min, facts.max

    def fp_constraints(self, type_: TypeEngine[Any]) -> tuple[int, int] | None:
        """Return total and significand bits of a type of floats; None for any other type."""
        facts = self._constraints(type_)
        if not isinstance(facts, DecimalConstraints) or facts.fp_total_bits is None:
            return None
        return facts.fp_total_bits, facts.fp_significand_bits or 0

    def fixed_point_constraints(self, type_: TypeEngine[Any]) -> tuple[int, int] | None:
        """Return precision and scale of a type of decimals; None where it has none."""
        facts = self._constraints(type_)
        if not isinstance(facts, DecimalConstraints) or facts.fixed_precision is None:
            return None
        return facts.fixed_precision, facts.fixed_scale or 0

    def _constraints(self, type_: TypeEngine[Any]) -> object:
        from records_mover.db.columns.types import field_from_type

        return field_from_type("x", type_, in_bytes=self.database.varchar_in_bytes).constraints

    # grants

    def set_grant_permissions_for_users(
        self,
        schema_name: str | None,
        table: str,
        users: Mapping[str, Sequence[str]],
        db_conn: Connection,
    ) -> None:
        """Grant privileges on a table to users, by privilege, in the connection's transaction."""
        self._grant(schema_name, table, db_conn, user_grants=users)

    def set_grant_permissions_for_groups(
        self,
        schema_name: str | None,
        table: str,
        groups: Mapping[str, Sequence[str]],
        db_conn: Connection,
    ) -> None:
        """Grant privileges on a table to groups, by privilege, in the connection's transaction."""
        self._grant(schema_name, table, db_conn, group_grants=groups)

    def _grant(self, schema: str | None, table: str, connection: Connection, **grants: Any) -> None:
        from records_mover.db.ddl import check_grants, grant

        name = TableName(name=table, schema=schema)
        request = PublishRequest(table=name, mode="append", info=None, **grants)
        check_grants(self.database, request)
        grant(self.database, connection, request, name)
