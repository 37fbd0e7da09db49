"""SQLite, whose library comes with Python: the one database that the core itself knows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.db import schema_sql
from records_mover.db.database import SqlDatabase
from records_mover.db.sql.query_text import plain_query
from records_mover.parts import Column, TableName
from records_mover.schema import DecimalConstraints, Field, IntegerConstraints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa
    from sqlalchemy import Connection, Engine
    from sqlalchemy.types import TypeEngine

__all__ = ["SqliteDatabase", "open_sqlite"]

_EXACT_DIGITS = 15  # that a REAL keeps, and so a NUMERIC column: sqlite.org/datatype3.html
_VIEW = "mover_query"


def open_sqlite(engine: Engine) -> SqliteDatabase:
    """Open the database behind an engine of the dialect ``sqlite``."""
    return SqliteDatabase(engine)


class SqliteDatabase(SqlDatabase):
    """A SQLite file, or one in memory."""

    transactional_ddl: ClassVar[bool] = True
    privileges: ClassVar[frozenset[str]] = frozenset()

    def identity(self) -> str:
        """Name the file; a database in memory is seen by its own engine alone."""
        path = self.engine.url.database
        if not path or path == ":memory:":
            return f"sqlite://memory/{id(self.engine)}"
        return f"sqlite://{Path(path).resolve()}"

    def begin(self, connection: Connection) -> None:
        """Begin for real, and for writing.

        Python's driver begins by itself only before INSERT, UPDATE and DELETE, so that a CREATE or
        DROP before them would not be rolled back:
        https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
        IMMEDIATE takes the lock for writing now; waiting for it later could never end well.
        """
        raw = connection.connection.driver_connection
        if raw is not None and not raw.in_transaction:
            self.run(connection, "BEGIN IMMEDIATE")

    def wiping(self, mode: Any) -> str:
        """Say in a clause what ``wipe`` does: DELETE without WHERE is SQLite's TRUNCATE."""
        del mode
        return "delete every row"

    def swap(self, connection: Connection, stage: TableName, table: TableName) -> None:
        """Put the stage in the place of the table, and let views go on to look at it by name."""
        # https://www.sqlite.org/pragma.html#pragma_legacy_alter_table: without it the rename is
        # refused while a view names a table that is not there at this moment.
        before = self.run(connection, "PRAGMA legacy_alter_table").scalar()
        self.run(connection, "PRAGMA legacy_alter_table = ON")
        try:
            super().swap(connection, stage, table)
        finally:
            self.run(connection, f"PRAGMA legacy_alter_table = {'ON' if before else 'OFF'}")

    def column_for(self, column: Mapping[str, Any]) -> Column:
        """Return a column; an INTEGER PRIMARY KEY is the row's own number and fills itself."""
        described = super().column_for(column)
        if column.get("primary_key") and described.type == "INTEGER":
            return Column(
                name=described.name, type=described.type, nullable=described.nullable, filled=True
            )
        return described

    def known_type(self, field: Field) -> TypeEngine[Any] | None:
        """Return the column type for a field, None for what SQLite would round or reshape."""
        import sqlalchemy as sa

        if field.field_type == "json":
            return None  # JSON columns turn texts that look like numbers into some
        chosen = super().known_type(field)
        if not isinstance(chosen, sa.Numeric) or isinstance(chosen, sa.Float):
            return chosen
        exact = chosen.precision is not None and chosen.precision <= _EXACT_DIGITS
        return chosen if exact else None

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        made = super().made_field(field)
        if made.field_type == "integer":
            return Field(made.name, "integer", _int64(required=made.required))
        return made

    def bound(self, column: pa.Array) -> list[Any]:
        """Return the values of a column as SQLite stores them: points in time as ISO texts."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.types as pat

        from records_mover.db.columns.values import negative_zeros

        kind = column.type
        if pat.is_floating(kind) and pc.any(pc.is_nan(column)).as_py():
            raise ValueError("SQLite keeps no NaN, only NULL")
        if pat.is_floating(kind) and pc.any(negative_zeros(column)).as_py():
            raise ValueError("SQLite keeps no -0.0, only 0.0: allow that with --allow-lossy")
        if pat.is_decimal(kind) or pat.is_temporal(kind):
            column = column.cast(pa.string())
        return super().bound(column)

    def eased(self, column: pa.Array) -> pa.Array:
        """Return a column that may lose something without the sign of zeros."""
        import pyarrow.compute as pc
        import pyarrow.types as pat

        from records_mover.db.columns.values import negative_zeros

        if not pat.is_floating(column.type):
            return column
        return pc.if_else(negative_zeros(column), pc.abs(column), column)

    def field_for(self, column: Mapping[str, Any]) -> Field:
        """Return the field of a column: every integer has 64 bits here, every float too."""
        found = super().field_for(column)
        required = found.required
        if found.field_type == "integer":
            return Field(found.name, "integer", _int64(required=required))
        facts = found.constraints
        if isinstance(facts, DecimalConstraints) and facts.fp_total_bits is not None:
            return Field(found.name, "decimal", _double(required=required))
        return found

    def query_fields(self, connection: Connection, query: str) -> list[Field]:
        """Return the fields of a query: as declared where it takes columns, else as stored."""
        import sqlalchemy as sa

        plain = plain_query(query)
        self.run(connection, f"CREATE TEMP VIEW {_VIEW} AS {plain}\n")
        try:
            view = TableName(name=_VIEW, schema="temp")
            columns = self.reflect(sa.inspect(connection), view) or []
            names = self._names(connection, plain, [column["name"] for column in columns])
            stored = self._stored(connection, columns)
            return [
                stored.get(column["name"], self.field_for(column)).rename(name)
                for name, column in zip(names, columns, strict=True)
            ]
        finally:
            self.run(connection, f"DROP VIEW temp.{_VIEW}")

    def _names(self, connection: Connection, query: str, seen: list[str]) -> list[str]:
        # A view calls the second "id" of a query "id:1"; only the query itself tells.
        if not any(name.rpartition(":")[0] in seen for name in seen):
            return seen
        with closing(self.run(connection, query)) as result:
            return schema_sql.result_names(result)

    def _stored(self, connection: Connection, columns: list[Mapping[str, Any]]) -> dict[str, Field]:
        """Return fields for columns with no declared type, by the types of all their values."""
        return dict(self._by_values(connection, [c["name"] for c in columns if _untyped(c)]))

    def _by_values(
        self, connection: Connection, names: list[str], table: str = f"temp.{_VIEW}"
    ) -> Iterator[tuple[str, Field]]:
        if not names:
            return
        seen = ", ".join(f"group_concat(DISTINCT typeof({self.quote(name)}))" for name in names)
        row = self.run(connection, f"SELECT {seen} FROM {table}").one()  # noqa: S608 - quoted
        for name, kinds in zip(names, row, strict=True):
            yield name, _by_kinds(name, set((kinds or "").split(",")) - {"", "null"})


def _untyped(column: Mapping[str, Any]) -> bool:
    from sqlalchemy.types import NullType

    return isinstance(column["type"], NullType)


def _by_kinds(name: str, kinds: set[str]) -> Field:
    if kinds == {"integer"}:
        return Field(name, "integer", _int64(required=False))
    if kinds == {"real"}:
        return Field(name, "decimal", _double(required=False))
    if kinds == {"integer", "real"}:
        return Field(name, "decimal", DecimalConstraints())
    return Field(name, "bytes" if kinds == {"blob"} else "string")


def _int64(*, required: bool) -> IntegerConstraints:
    return IntegerConstraints(required=required, min=-(2**63), max=2**63 - 1)


def _double(*, required: bool) -> DecimalConstraints:
    return DecimalConstraints(required=required, fp_total_bits=64, fp_significand_bits=53)
