"""A small dialect of SQLAlchemy 2 for Vertica, on vertica-python."""

# ruff: noqa: ARG002 - the signatures are those of SQLAlchemy

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import registry
from sqlalchemy.engine import default
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.schema import Table
from sqlalchemy.sql import compiler

from mover_vertica.reflection import Reflection
from mover_vertica.words import NAME_BYTES, same_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from sqlalchemy import URL

    Level = Literal["AUTOCOMMIT", "READ COMMITTED", "SERIALIZABLE"]

__all__ = ["VerticaDialect", "register"]

_WORDS = """
    all analyse analyze and any array as asc binary both case cast check column constraint
    correlation create cross current_database current_date current_schema current_time
    current_timestamp current_user decode default deferrable desc distinct else encoded end
    except false for foreign from full grant group having ilike ilikeb in initially inner
    intersect interval intervalym into is isnull join ksafe leading left like likeb limit
    localtime localtimestamp match minus natural nchar new not notnull null nullsequal nvl
    off offset old on only or order outer over overlaps pinned placing primary references
    right schema select session_user similar smalldatetime some sysdate table text then
    timeseries to trailing true unbounded union unique user using when where window with
    within
"""


class _Bytes(sqltypes.LargeBinary):
    """Bytes as they are: the driver has no ``Binary`` to wrap them in."""

    def bind_processor(self, dialect: Any) -> None:
        """Leave values to the driver's adapter."""
        del dialect


class _Preparer(compiler.IdentifierPreparer):
    reserved_words = set(_WORDS.split())  # noqa: RUF012 - as SQLAlchemy has it


class _Types(compiler.GenericTypeCompiler):
    """Spells SQLAlchemy's types; lengths count octets, and text without one gets all there are."""

    def visit_TEXT(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return self._sized("VARCHAR", type_.length or 65_000)

    def visit_VARCHAR(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return self._sized("VARCHAR", type_.length or 65_000)

    visit_NVARCHAR = visit_NCHAR = visit_CLOB = visit_VARCHAR  # noqa: N815
    visit_unicode = visit_string = visit_VARCHAR
    visit_text = visit_unicode_text = visit_TEXT

    def visit_CHAR(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return f"CHAR({type_.length or 1})"

    def visit_BLOB(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return self._sized("VARBINARY", type_.length or 65_000)

    visit_VARBINARY = visit_large_binary = visit_BLOB  # noqa: N815

    def _sized(self, name: str, length: int) -> str:
        return f"{'LONG ' if length > 65_000 else ''}{name}({length})"

    def visit_FLOAT(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return "FLOAT"

    visit_REAL = visit_DOUBLE = visit_DOUBLE_PRECISION = visit_FLOAT  # noqa: N815
    visit_float = visit_double = visit_FLOAT

    def visit_INTEGER(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return "INTEGER"

    visit_BIGINT = visit_SMALLINT = visit_INTEGER  # noqa: N815

    def visit_DATETIME(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return "TIMESTAMPTZ" if type_.timezone else "TIMESTAMP"

    visit_TIMESTAMP = visit_datetime = visit_DATETIME  # noqa: N815

    def visit_TIME(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return "TIMETZ" if type_.timezone else "TIME"

    visit_time = visit_TIME

    def visit_UUID(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return "UUID"

    def visit_interval(self, type_: Any, **_: Any) -> str:
        return "INTERVAL DAY TO SECOND"

    def visit_ARRAY(self, type_: Any, **_: Any) -> str:  # noqa: N802
        return f"ARRAY[{self.process(type_.item_type)}]"


class _Ddl(compiler.DDLCompiler):
    def get_column_specification(self, column: Any, **_: Any) -> str:
        name = self.preparer.format_column(column)
        if column.identity is not None:
            start, step = column.identity.start or 1, column.identity.increment or 1
            return f"{name} IDENTITY({start}, {step})"
        if column.table is not None and column is column.table._autoincrement_column:  # noqa: SLF001
            return f"{name} IDENTITY"
        kind = self.dialect.type_compiler_instance.process(column.type, type_expression=column)
        default = self.get_column_default_string(column)
        filled = f" DEFAULT {default}" if default is not None else ""
        return f"{name} {kind}{filled}{'' if column.nullable else ' NOT NULL'}"

    def post_create_table(self, table: Table) -> str:
        said = table.dialect_options["vertica"]
        words = []
        if said["order_by"]:
            listed = ", ".join(map(self.preparer.quote, said["order_by"]))
            words.append(f" ORDER BY {listed}")
        if said["segmented_by"]:
            words.append(f" SEGMENTED BY {said['segmented_by']} ALL NODES")
        elif said["unsegmented"]:
            words.append(" UNSEGMENTED ALL NODES")
        if said["ksafe"] is not None:
            words.append(f" KSAFE {said['ksafe']}")
        if said["partition_by"]:
            words.append(f" PARTITION BY {said['partition_by']}")
        return "".join(words)

    def visit_create_index(self, create: Any, *_: Any, **__: Any) -> str:
        from sqlalchemy.exc import CompileError

        raise CompileError(f"Vertica has no indexes, such as {create.element.name!r}")


class _Sql(compiler.SQLCompiler):
    def for_update_clause(self, select: Any, **_: Any) -> str:
        return " FOR UPDATE"

    def visit_empty_set_expr(self, element_types: Sequence[Any], **_: Any) -> str:
        return f"SELECT {', '.join('1' for _each in element_types or (1,))} WHERE 1 != 1"

    def visit_true(self, expr: Any, **_: Any) -> str:
        return "TRUE"

    def visit_false(self, expr: Any, **_: Any) -> str:
        return "FALSE"


class _Execution(default.DefaultExecutionContext):
    """One statement: results are read whole unless they are streamed.

    A connection has one cursor. What a statement leaves unread would be lost to the next one, and
    an error in the middle of a result would be raised by whoever comes after.
    """

    cursor: Any  # the driver's, which has more than PEP 249 asks for
    statement: Any

    def pre_exec(self) -> None:
        self.cursor.description = None  # the driver keeps that of the statement before

    def post_exec(self) -> None:
        if self.cursor.description is None:
            self.cursor.flush_to_query_ready()
            return
        if self._is_count():
            row = self.cursor.fetchone()
            self._rowcount = int(row[0]) if row else -1
            self.cursor.flush_to_query_ready()
            self.cursor.description = None
        elif not self.execution_options.get("stream_results", False):
            rows = [tuple(row) for row in self.cursor.fetchall()]
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, self.cursor.description, initial_buffer=rows
            )

    def _is_count(self) -> bool:
        """Whether the result is what INSERT and its like answer: how many rows there were."""
        named = [column[0] for column in self.cursor.description]
        selects = self.statement.lstrip(" \n\t(").lower().startswith(("select", "with"))
        return named == ["OUTPUT"] and not selects

    def get_lastrowid(self) -> int:
        self.cursor.execute("SELECT LAST_INSERT_ID()")
        return int(self.cursor.fetchone()[0])


class VerticaDialect(Reflection, default.DefaultDialect):
    """Vertica through vertica-python."""

    name = "vertica"
    driver = "vertica_python"
    supports_statement_cache = True
    max_identifier_length = NAME_BYTES
    supports_native_boolean = True
    supports_native_decimal = True
    supports_native_uuid = True
    supports_multivalues_insert = False
    supports_default_values = False
    supports_empty_insert = False
    supports_sequences = False
    supports_comments = True
    inline_comments = False
    supports_sane_multi_rowcount = False
    postfetch_lastrowid = True
    preparer = _Preparer
    type_compiler_cls = _Types
    ddl_compiler = _Ddl
    statement_compiler = _Sql
    execution_ctx_cls = _Execution
    construct_arguments = [  # noqa: RUF012 - as SQLAlchemy has it
        (
            Table,
            {
                "order_by": (),
                "segmented_by": "",
                "unsegmented": False,
                "ksafe": None,
                "partition_by": "",
            },
        )
    ]
    colspecs = {sqltypes.LargeBinary: _Bytes}  # noqa: RUF012 - as SQLAlchemy has it

    def __init__(self, **options: Any) -> None:
        # The driver's own style would look for names in the values that it has filled in before.
        super().__init__(**{"paramstyle": "format", **options})

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Import the driver."""
        import vertica_python

        return vertica_python  # type: ignore[no-any-return]  # it has no types

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """Return what the driver is given for a URL."""
        from mover_vertica.settings import driver_options

        return [], driver_options(url)

    def connect(self, *_: Any, **options: Any) -> Any:
        """Open a connection that leaks nothing."""
        from mover_vertica.connect import open_connection

        return open_connection(options)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Run a statement; a sign of percent is doubled in what SQLAlchemy compiles."""
        if parameters:
            cursor.execute(statement, list(parameters))
        elif context is not None and context.compiled is not None:
            cursor.execute(statement.replace("%%", "%"))
        else:
            cursor.execute(statement)

    def do_executemany(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        """Run a statement for each set; the driver would make a COPY of it that quotes no name."""
        for each in parameters:
            self.do_execute(cursor, statement, each, context)
            cursor.fetchall()

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Ask for nothing."""
        cursor = dbapi_connection.cursor()
        cursor.execute("SELECT 1")
        cursor.fetchall()
        return True

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Whether an error says that the connection is gone."""
        from mover_vertica.errors import is_lost

        return is_lost(e) or (connection is not None and bool(connection.closed()))

    def on_connect(self) -> Any:
        """Teach the driver to write bytes."""
        return _write_bytes

    def get_isolation_level_values(self, dbapi_conn: Any) -> Sequence[Level]:
        """Return the levels that there are."""
        return ("AUTOCOMMIT", "READ COMMITTED", "SERIALIZABLE")

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        """Set the level of a connection."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"
        if level != "AUTOCOMMIT":
            said = f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {level}"
            dbapi_connection.cursor().execute(said)

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        """Return the level of a connection."""
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        cursor = dbapi_connection.cursor()
        cursor.execute("SHOW TRANSACTION_ISOLATION")
        (row,) = cursor.fetchall()
        return str(row[1]).upper()

    def normalize_name(self, name: str) -> str:
        """Return a name as it is compared."""
        return same_name(name)

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        import re

        (words,) = connection.exec_driver_sql("SELECT VERSION()").one()
        found = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", str(words))
        return tuple(int(part) for part in found.groups() if part) if found else ()

    def _get_default_schema_name(self, connection: Any) -> str:
        return str(connection.exec_driver_sql("SELECT CURRENT_SCHEMA()").scalar())


def _write_bytes(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.register_sql_literal_adapter(bytes, lambda value: f"X'{value.hex()}'")


def register() -> None:
    """Take these names, whichever other distribution has them too."""
    registry.register("vertica", __name__, "VerticaDialect")
    registry.register("vertica.vertica_python", __name__, "VerticaDialect")
