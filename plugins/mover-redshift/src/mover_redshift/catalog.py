"""What Redshift's catalog says of tables, views and the results of queries."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mover_redshift.types import field_of, spell
from mover_redshift.words import folded, literal
from records_mover.errors import DatabaseError
from records_mover.parts import Column, TableInfo, TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from mover_redshift.session import RedshiftSession
    from records_mover.schema import Field

__all__ = ["Attributes", "Described", "DescribedColumn", "describe", "described", "query_fields"]

_STYLES = {0: "even", 1: "key", 8: "all"}
_IDENTITY = '"identity"('
_DEFAULT_IDENTITY = "default_identity("


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedColumn:
    """A column of a table, with what is Redshift's own."""

    name: str
    type: str
    required: bool
    default: str | None
    encoding: str
    distkey: bool
    sortkey: int

    @property
    def generated(self) -> bool:
        """Whether nobody may send a value."""
        return (self.default or "").startswith(_IDENTITY)

    @property
    def identity(self) -> bool:
        """Whether the server counts the values up."""
        return self.generated or (self.default or "").startswith(_DEFAULT_IDENTITY)

    def field(self) -> Field:
        """Return the column as a records field."""
        words = f"ENCODE {self.encoding}" if self.encoding else ""
        return field_of(self.name, self.type, required=self.required, modifiers=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """How a table is distributed and sorted; empty for what is left to the server."""

    diststyle: str = ""
    distkey: str = ""
    sortkey: tuple[str, ...] = ()
    interleaved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A table or a view."""

    oid: int
    name: TableName
    kind: Literal["table", "view", "other"]
    columns: tuple[DescribedColumn, ...]
    rows: int | None
    diststyle: str

    @property
    def info(self) -> TableInfo:
        """What a move needs to know."""
        columns = tuple(
            Column(
                name=column.name,
                type=spell(column.type),
                nullable=not column.required,
                filled=column.default is not None,
                generated=column.generated,
            )
            for column in self.columns
        )
        return TableInfo(name=self.name, columns=columns, kind=self.kind, rows=self.rows)

    @property
    def attributes(self) -> Attributes:
        """How the table is distributed and sorted."""
        keyed = sorted((column for column in self.columns if column.sortkey), key=_sort_place)
        return Attributes(
            diststyle=self.diststyle,
            distkey=next((column.name for column in self.columns if column.distkey), ""),
            sortkey=tuple(column.name for column in keyed),
            interleaved=any(column.sortkey < 0 for column in keyed),
        )


def _sort_place(column: DescribedColumn) -> int:
    return abs(column.sortkey)


def describe(
    database: RedshiftSession, connection: Connection, name: TableName, *, counted: bool = True
) -> Described | None:
    """Describe a table or view as this connection sees it; None where there is none."""
    found = _relation(database, connection, name)
    if found is None:
        return _late_view(database, connection, name)
    oid, schema, stored, kind, style = found
    columns = [
        DescribedColumn(
            name=row[0],
            type=row[1],
            required=bool(row[2]),
            default=row[3],
            encoding="" if row[4] in (None, "none") else str(row[4]),
            distkey=bool(row[5]),
            sortkey=int(row[6] or 0),
        )
        for row in database.asked(connection, _COLUMNS.format(oid=int(oid)))
    ]
    if not columns:
        return _late_view(database, connection, name)
    table = TableName(name=stored, schema=name.schema and schema)
    is_table = kind == "r"
    return Described(
        oid=int(oid),
        name=table,
        kind="table" if is_table else "view",
        columns=tuple(columns),
        rows=_rows(database, connection, schema, stored) if is_table and counted else None,
        diststyle=_STYLES.get(int(style or 0), "") if is_table else "",
    )


def described(database: RedshiftSession, connection: Connection, name: TableName) -> Described:
    """Describe a table or view that is there; raise ``DatabaseError`` where there is none."""
    found = describe(database, connection, name, counted=False)
    if found is None:
        raise DatabaseError(f"there is no table '{name}'", "check its name")
    return found


_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, d.adsrc,
  format_encoding(a.attencodingtype::integer), a.attisdistkey, a.attsortkeyord
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""


def _relation(
    database: RedshiftSession, connection: Connection, name: TableName
) -> Sequence[Any] | None:
    where = (
        "pg_catalog.pg_table_is_visible(c.oid)"
        if name.schema is None
        else f"n.nspname = {literal(folded(name.schema))}"
    )
    statement = (
        "SELECT c.oid, n.nspname, c.relname, c.relkind, c.reldiststyle "
        "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relname = {literal(folded(name.name))} AND c.relkind IN ('r', 'v', 'm') "
        f"AND {where}"
    )
    return database.run(connection, statement).first()


def _late_view(
    database: RedshiftSession, connection: Connection, name: TableName
) -> Described | None:
    """Describe a view without schema binding, whose columns only a function tells."""
    schema = "" if name.schema is None else f" AND view_schema = {literal(folded(name.schema))}"
    statement = (
        "SELECT col_name, col_type, view_schema, view_name FROM pg_get_late_binding_view_cols() "
        "cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int) "
        f"WHERE view_name = {literal(folded(name.name))}{schema} ORDER BY col_num"
    )
    rows = database.asked(connection, statement)
    if not rows:
        return None
    columns = [
        DescribedColumn(
            name=row[0],
            type=row[1],
            required=False,
            default=None,
            encoding="",
            distkey=False,
            sortkey=0,
        )
        for row in rows
    ]
    table = TableName(name=rows[0][3], schema=name.schema and rows[0][2])
    return Described(
        oid=0, name=table, kind="view", columns=tuple(columns), rows=None, diststyle=""
    )


def _rows(database: RedshiftSession, connection: Connection, schema: str, name: str) -> int | None:
    """Return the rows by the catalog, which knows no table without any, else by counting."""
    found = database.run(
        connection,
        'SELECT tbl_rows FROM svv_table_info WHERE "schema" = '
        f'{literal(schema)} AND "table" = {literal(name)}',
    ).scalar()
    return 0 if found is None else int(found)


def query_fields(database: RedshiftSession, connection: Connection, query: str) -> list[Field]:
    """Return the fields of a query's result by what the server says of its columns.

    Raises ``DatabaseError`` for a statement that gives no rows.
    """
    from records_mover.db.sql.query_text import subquery

    result = database.run(connection, f"SELECT * FROM {subquery(query)} LIMIT 0")
    if not result.returns_rows:
        raise DatabaseError("the query returns no rows", "give a SELECT")
    described = list(result.context.cursor.description)
    result.close()
    spelled = ", ".join(f"format_type({each[1]}, {_modifier(each)})" for each in described)
    types = database.run(connection, f"SELECT {spelled}").one()
    return [field_of(each[0], str(kind)) for each, kind in zip(described, types, strict=True)]


_NUMERIC = 1700
_TEXTS = frozenset({1042, 1043})
_HEADER = 4


def _modifier(column: Sequence[Any]) -> int:
    """Return the type's modifier, which the driver shows as sizes."""
    kind, size, precision, scale = column[1], column[3], column[4], column[5]
    if kind == _NUMERIC and precision:
        return (int(precision) << 16 | int(scale or 0)) + _HEADER
    if kind in _TEXTS and size and size > 0:
        return int(size) + _HEADER
    return -1
