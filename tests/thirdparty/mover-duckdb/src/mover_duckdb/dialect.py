"""As much of a dialect as moves need: connecting, and asking what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.compiler import GenericTypeCompiler

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

_SIMPLE: dict[str, Any] = {
    "BOOLEAN": sa.Boolean(),
    "TINYINT": sa.SmallInteger(),
    "SMALLINT": sa.SmallInteger(),
    "INTEGER": sa.Integer(),
    "BIGINT": sa.BigInteger(),
    "FLOAT": sa.REAL(),
    "DOUBLE": sa.Double(),
    "VARCHAR": sa.Text(),
    "DATE": sa.Date(),
    "TIME": sa.Time(),
    "TIMESTAMP": sa.DateTime(),
    "TIMESTAMP WITH TIME ZONE": sa.DateTime(timezone=True),
    "BLOB": sa.LargeBinary(),
    "UUID": sa.Uuid(as_uuid=False),
}
_COLUMNS = """
SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_name = ? AND table_schema = coalesce(?, current_schema()) ORDER BY ordinal_position
"""


class DuckTypes(GenericTypeCompiler):
    """How DuckDB spells what SQLAlchemy leaves open."""

    def visit_large_binary(self, type_: Any, **options: Any) -> str:
        return "BLOB"

    def visit_uuid(self, type_: Any, **options: Any) -> str:
        return "UUID"

    def visit_DATETIME(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return "TIMESTAMP WITH TIME ZONE" if type_.timezone else "TIMESTAMP"

    def visit_ARRAY(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        return f"{self.process(type_.item_type, **options)}[]"


class DuckDialect(DefaultDialect):
    """DuckDB by its own driver."""

    name = driver = "duckdb"
    default_paramstyle = "qmark"
    supports_native_boolean = supports_native_uuid = supports_statement_cache = True
    max_identifier_length = 10_000
    type_compiler_cls = DuckTypes

    @classmethod
    def import_dbapi(cls) -> Any:
        """Import the driver."""
        from mover_duckdb import driver

        return driver

    def create_connect_args(self, url: URL) -> Any:
        """Connect to a file, or to memory."""
        return (url.database or ":memory:",), {}

    def on_connect(self) -> Any:
        """Have moments without an offset be those of UTC."""
        return lambda connection: connection.duck.execute("SET TimeZone = 'UTC'")

    def initialize(self, connection: Connection) -> None:
        """Ask nothing: each version has what is needed here."""

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin, as the driver does not by itself."""
        dbapi_connection.begin()

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Execute in the transaction that is open."""
        cursor.execute(statement, parameters)

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Roll back."""
        dbapi_connection.rollback()

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit, likewise."""
        dbapi_connection.commit()

    def has_table(self, connection: Any, table_name: str, schema: Any = None, **_: Any) -> bool:
        """Look for a table's columns."""
        return bool(_ask(connection, _COLUMNS, table_name, schema))

    def get_columns(self, connection: Any, table_name: str, schema: Any = None, **_: Any) -> Any:
        """Describe the columns."""
        found = _ask(connection, _COLUMNS, table_name, schema)
        if not found:
            raise NoSuchTableError(table_name)
        return [
            {"name": name, "type": type_of(kind), "nullable": null == "YES", "default": default}
            for name, kind, null, default in found
        ]

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """Name the schemas."""
        found = _ask(connection, "SELECT schema_name FROM information_schema.schemata")
        return sorted({row[0] for row in found})

    def get_table_names(self, connection: Any, schema: Any = None, **_: Any) -> list[str]:
        """Name the tables."""
        return _named(connection, "BASE TABLE", schema)

    def get_view_names(self, connection: Any, schema: Any = None, **_: Any) -> list[str]:
        """Name the views."""
        return _named(connection, "VIEW", schema)


def type_of(kind: str) -> Any:
    """Return SQLAlchemy's type for a word of DuckDB's."""
    if kind.endswith("[]"):
        return sa.ARRAY(type_of(kind.removesuffix("[]")))
    if kind.startswith("DECIMAL("):
        precision, scale = kind[len("DECIMAL(") : -1].split(",")
        return sa.Numeric(int(precision), int(scale))
    return _SIMPLE.get(kind, sa.types.NullType())


def _named(connection: Any, kind: str, schema: str | None) -> list[str]:
    query = (
        "SELECT table_name FROM information_schema.tables "
        "WHERE table_type = ? AND table_schema = coalesce(?, current_schema())"
    )
    return sorted(row[0] for row in _ask(connection, query, kind, schema))


def _ask(connection: Connection, query: str, *values: Any) -> list[Any]:
    return list(connection.exec_driver_sql(query, values or None).fetchall())
