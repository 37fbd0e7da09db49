"""External tables, which Spectrum reads from files in S3: what the catalog says of them."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.types import ORIGIN, field_of
from mover_redshift.words import folded, literal
from records_mover.errors import DatabaseError
from records_mover.parts import Column, TableInfo
from records_mover.schema import SqlRepresentation

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mover_redshift.session import RedshiftSession
    from records_mover.parts import TableName
    from records_mover.schema import Field

__all__ = ["EXTERNAL", "describe", "fields", "is_in_lake", "landing_type"]

EXTERNAL = "EXTERNAL"
"""What is said of a column of an external table beside its type."""

_LONG = {
    "int": "integer",
    "string": "character varying(65535)",
    "double": "double precision",
    "float": "real",
    "timestamp": "timestamp without time zone",
    "tinyint": "smallint",
    "binary": "varbyte",
}
_SHORT = {
    "int": "integer",
    "string": "varchar(65535)",
    "double": "double precision",
    "float": "real",
    "tinyint": "smallint",
}
_PREFIXES = (("varchar", "character varying"), ("decimal", "numeric"), ("char(", "character("))


def describe(
    database: RedshiftSession, connection: Connection, name: TableName
) -> TableInfo | None:
    """Describe an external table, None where there is none."""
    if name.schema is None:
        return None
    columns = tuple(
        Column(name=each, type=kind) for each, kind in _columns(database, connection, name)
    )
    return TableInfo(name=name, columns=columns, kind="other") if columns else None


def fields(database: RedshiftSession, connection: Connection, name: TableName) -> list[Field]:
    """Return the columns of an external table; raise where there is no such table."""
    found = _columns(database, connection, name) if name.schema is not None else []
    if not found:
        raise DatabaseError(f"there is no table '{name}'", "check its name and its schema")
    return [field_of(each, _spelled(kind), modifiers=EXTERNAL) for each, kind in found]


def is_in_lake(field: Field) -> bool:
    """Whether a field is a column of an external table."""
    known = field.representations.get(ORIGIN)
    return isinstance(known, SqlRepresentation) and known.col_modifiers == EXTERNAL


def landing_type(kind: str) -> str:
    """Return the type of a table of Redshift's own for a column that an external table has."""
    return _SHORT.get(kind, kind)


def _columns(
    database: RedshiftSession, connection: Connection, name: TableName
) -> list[tuple[str, str]]:
    statement = (
        "SELECT columnname, external_type FROM svv_external_columns "
        f"WHERE schemaname = {literal(folded(name.schema or ''))} "
        f"AND tablename = {literal(folded(name.name))} ORDER BY columnnum"
    )
    return [(str(row[0]), str(row[1])) for row in database.asked(connection, statement)]


def _spelled(kind: str) -> str:
    if kind in _LONG:
        return _LONG[kind]
    for short, long in _PREFIXES:
        if kind.startswith(short):
            return kind.replace(short, long, 1)
    return kind
