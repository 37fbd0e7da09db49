"""CREATE TABLE by pages r_CREATE_TABLE_NEW and r_CREATE_TABLE_AS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.grammar.table_attributes import TableAttributes, take_attribute
from redshift_server.grammar.table_column import Column, parse_column, parse_constraint

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name
    from standins.lexer import Token

__all__ = ["CreateTable", "parse_create_table"]

_MAX_COLUMNS = 1_600


@dataclass(slots=True, kw_only=True)
class CreateTable:
    """What a CREATE TABLE said."""

    table: Name
    temporary: bool = False
    if_not_exists: bool = False
    columns: list[Column] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    like: list[tuple[Name, bool]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    query: list[Token] | None = None
    attributes: TableAttributes = field(default_factory=TableAttributes)

    def head(self) -> str:
        """Return the statement's beginning for the PostgreSQL behind."""
        temporary = "TEMP " if self.temporary else ""
        unless = "IF NOT EXISTS " if self.if_not_exists else ""
        return f"CREATE {temporary}TABLE {unless}{spelled(self.table)}"

    def body(self) -> str:
        """Return what stands in the parentheses; foreign keys are added afterwards."""
        likes = [
            f"LIKE {spelled(name)}{' INCLUDING DEFAULTS' if defaults else ''}"
            for name, defaults in self.like
        ]
        return ", ".join([column.ddl() for column in self.columns] + likes + self.constraints)


def parse_create_table(cursor: Cursor) -> CreateTable:
    """Read a whole CREATE TABLE, its first word included."""
    cursor.need("create")
    if cursor.take("local"):
        cursor.need("temporary" if cursor.at("temporary") else "temp")
        temporary = True
    else:
        temporary = cursor.take("temporary") or cursor.take("temp")
    cursor.need("table")
    unless = cursor.take("if", "not", "exists")
    table = cursor.qualified()
    made = CreateTable(table=table, temporary=temporary, if_not_exists=unless)
    made.temporary |= table[1].startswith("#")
    if temporary and table[0] is not None:
        raise RedshiftError("cannot create temporary tables in a schema", sqlstate="42P16")
    if cursor.at_op("(") and not _is_name_list(cursor):
        _definitions(cursor, made)
    elif cursor.at_op("("):
        made.names = cursor.names()
    _tail(cursor, made)
    return made


def _is_name_list(cursor: Cursor) -> bool:
    after = cursor.ahead(2)
    return after is not None and (after.is_op(",") or after.is_op(")"))


def _definitions(cursor: Cursor, made: CreateTable) -> None:
    cursor.need_op("(")
    while True:
        if cursor.take("like"):
            name = cursor.qualified()
            defaults = cursor.take("including", "defaults")
            if not defaults:
                cursor.take("excluding", "defaults")
            made.like.append((name, defaults))
        elif any(cursor.at(word) for word in ("primary", "unique", "foreign", "constraint")):
            kind, text = parse_constraint(cursor)
            (made.foreign if kind == "foreign" else made.constraints).append(text)
        else:
            made.columns.append(parse_column(cursor, made.table[1]))
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    if len(made.columns) > _MAX_COLUMNS:
        raise RedshiftError(f"tables can have at most {_MAX_COLUMNS} columns", sqlstate="54011")
    made.foreign += [
        f"FOREIGN KEY ({quoted(column.name)}) {column.references}"
        for column in made.columns
        if column.references
    ]


def _tail(cursor: Cursor, made: CreateTable) -> None:
    if cursor.take("backup") and not cursor.take("yes"):
        cursor.need("no")
    while cursor.here is not None and not cursor.at("as"):
        if not take_attribute(cursor, made.attributes):
            cursor.fail()
    made.attributes.adopt(made.columns)
    if cursor.take("as"):
        if made.columns or made.like:
            cursor.fail()
        made.query = cursor.rest()
    elif not made.columns and not made.like:
        cursor.fail()
