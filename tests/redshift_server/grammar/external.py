"""CREATE EXTERNAL SCHEMA and CREATE EXTERNAL TABLE."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.settings import unescaped
from redshift_server.grammar.types import parse_type

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name

__all__ = [
    "ExternalSchema",
    "ExternalTable",
    "parse_external_schema",
    "parse_external_table",
    "take_properties",
]

_FORMATS = {"parquet", "orc", "textfile", "rcfile", "sequencefile", "avro"}
_READ = {"parquet", "orc", "textfile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalSchema:
    """An external schema over the data catalog."""

    name: str
    if_not_exists: bool
    database: str
    role: str


@dataclass(slots=True, kw_only=True)
class ExternalTable:
    """An external table as it was declared."""

    table: Name
    columns: list[tuple[str, str]]
    partitions: list[tuple[str, str]] = field(default_factory=list)
    format: str = ""
    delimiter: str = "\x01"
    location: str = ""
    properties: str = "{}"


def parse_external_schema(cursor: Cursor) -> ExternalSchema:
    """Read a whole CREATE EXTERNAL SCHEMA."""
    cursor.need("create", "external", "schema")
    unless = cursor.take("if", "not", "exists")
    name = cursor.name()
    cursor.need("from")
    cursor.take("data", "catalog")
    cursor.need("database")
    database = cursor.string()
    if cursor.take("region"):
        cursor.string()
    cursor.need("iam_role")
    role = "default" if cursor.take("default") else cursor.string()
    if cursor.take("catalog_role"):
        cursor.string()
    if cursor.take("create"):
        cursor.need("external", "database", "if", "not", "exists")
    cursor.end()
    return ExternalSchema(name=name, if_not_exists=unless, database=database, role=role)


def parse_external_table(cursor: Cursor) -> ExternalTable:
    """Read a whole CREATE EXTERNAL TABLE; its clauses have one order."""
    cursor.need("create", "external", "table")
    table = cursor.qualified()
    if cursor.at("stored") or cursor.at("as") or cursor.at("partitioned"):
        raise RedshiftError("this server writes no external table", sqlstate="0A000")
    made = ExternalTable(table=table, columns=_columns(cursor, table[1]))
    if cursor.take("partitioned"):
        cursor.need("by")
        made.partitions = _columns(cursor, table[1])
    if cursor.take("row", "format"):
        _row_format(cursor, made)
    cursor.need("stored", "as")
    made.format = cursor.name()
    if made.format not in _FORMATS:
        raise RedshiftError(f'invalid file format "{made.format}"', sqlstate="42601")
    if made.format not in _READ:
        raise RedshiftError(f"this server reads no {made.format}", sqlstate="0A000")
    cursor.need("location")
    made.location = cursor.string()
    if not made.location.startswith("s3://"):
        raise RedshiftError(f"invalid location '{made.location}'", sqlstate="22023")
    if cursor.take("table"):
        cursor.need("properties")
        made.properties = take_properties(cursor)
    cursor.end()
    return made


def _columns(cursor: Cursor, table: str) -> list[tuple[str, str]]:
    cursor.need_op("(")
    found = list[tuple[str, str]]()
    while True:
        name = cursor.name()
        found.append((name, parse_type(cursor, f"{table}.{name}")))
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return found


def _row_format(cursor: Cursor, made: ExternalTable) -> None:
    if cursor.take("serde"):
        cursor.string()
        if cursor.take("with"):
            cursor.need("serdeproperties")
            take_properties(cursor)
        return
    cursor.need("delimited")
    while cursor.at("fields") or cursor.at("lines"):
        fields = cursor.next().is_word("fields")
        cursor.need("terminated", "by")
        mark = unescaped(cursor.string())
        made.delimiter = mark if fields else made.delimiter


def take_properties(cursor: Cursor) -> str:
    """Take what TABLE PROPERTIES names, and return it as JSON."""
    cursor.need_op("(")
    found = dict[str, str]()
    while True:
        key = cursor.string()
        cursor.need_op("=")
        found[key] = cursor.string()
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return json.dumps(found)
