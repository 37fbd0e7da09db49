"""CREATE TABLE by page CREATE TABLE: columns, constraints, physical design."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vertica_server.grammar.design import Design, parse_design
from vertica_server.grammar.types import VType, parse_type
from vertica_server.sql.names import Name

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.sql.cursor import Cursor

__all__ = [
    "ColumnDef",
    "Constraint",
    "CreateTable",
    "parse_column",
    "parse_constraint",
    "parse_create_table",
]

_ENCODINGS = {
    "auto", "block_dict", "blockdict_comp", "bzip_comp", "commondelta_comp", "deltarange_comp",
    "deltaval", "gcddelta", "gzip_comp", "rle", "zstd_comp", "zstd_fast_comp", "zstd_high_comp",
    "none", "block_dict_comp",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """PRIMARY KEY, UNIQUE, FOREIGN KEY or CHECK."""

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    enabled: bool | None = None
    table: Name | None = None
    others: tuple[str, ...] = ()
    check: tuple[Token, ...] = ()


@dataclass(slots=True, kw_only=True)
class ColumnDef:
    """A column as it was defined."""

    name: str
    type: VType
    not_null: bool = False
    default: list[Token] = field(default_factory=list)
    identity: tuple[int, int] | None = None
    encoding: str = "AUTO"


@dataclass(slots=True, kw_only=True)
class CreateTable:
    """The statement."""

    name: Name
    temporary: bool = False
    if_not_exists: bool = False
    keep_rows: bool = False
    columns: list[ColumnDef] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)
    like: Name | None = None
    with_projections: bool = False
    query: list[Token] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    design: Design = field(default_factory=Design)


def parse_create_table(cursor: Cursor) -> CreateTable:
    """Take the statement."""
    cursor.need("create")
    local = cursor.one_of("local", "global")
    temporary = cursor.one_of("temp", "temporary") is not None
    if local and not temporary:
        cursor.fail()
    cursor.need("table")
    exists = cursor.take("if", "not", "exists")
    made = CreateTable(name=cursor.qualified(), temporary=temporary, if_not_exists=exists)
    if cursor.take("like"):
        made.like = cursor.qualified()
        while cursor.one_of("including", "excluding"):
            cursor.need("projections")
            made.with_projections = True
        _privileges(cursor)
    elif cursor.at_op("(") and not _names_only(cursor):
        _columns(cursor, made)
    elif cursor.at_op("("):
        made.labels = cursor.names()
    _tail(cursor, made)
    cursor.end()
    return made


def _tail(cursor: Cursor, made: CreateTable) -> None:
    if made.temporary and cursor.take("on", "commit"):
        made.keep_rows = cursor.one_of("preserve", "delete") == "preserve"
        cursor.need("rows")
    if made.temporary:
        cursor.take("no", "projection")
    if cursor.take("as"):
        cursor.take("copy")
        made.query = cursor.until("encoded", "segmented", "unsegmented", "ksafe")
    elif not made.columns and made.like is None:
        cursor.fail()
    made.design = parse_design(cursor)


def _names_only(cursor: Cursor) -> bool:
    """Whether the parentheses hold names alone, as those of CREATE TABLE ... AS may."""
    second = cursor.ahead(2)
    return second is not None and second.text in (",", ")")


def _columns(cursor: Cursor, made: CreateTable) -> None:
    cursor.need_op("(")
    while True:
        if cursor.at("constraint") or _at_table_constraint(cursor):
            made.constraints.append(parse_constraint(cursor))
        else:
            made.columns.append(parse_column(cursor, made))
        if not cursor.take_op(","):
            break
    cursor.need_op(")")


def _at_table_constraint(cursor: Cursor) -> bool:
    second = cursor.ahead(1)
    if cursor.at("primary", "key") or cursor.at("foreign", "key"):
        return True
    return cursor.at("unique") or (cursor.at("check") and second is not None and second.is_op("("))


def parse_column(cursor: Cursor, made: CreateTable) -> ColumnDef:
    """Take a column's definition; its constraints go to the table."""
    name = cursor.name()
    if cursor.one_of("identity", "auto_increment"):
        column = ColumnDef(name=name, type=parse_type(_integer()), identity=_steps(cursor))
    else:
        column = ColumnDef(name=name, type=parse_type(cursor))
    while _column_option(cursor, column, made):
        pass
    return column


def _integer() -> Cursor:
    from vertica_server.sql.cursor import Cursor
    from vertica_server.sql.lexer import tokens

    return Cursor(tokens("int"))


def _steps(cursor: Cursor) -> tuple[int, int]:
    if not cursor.take_op("("):
        return 1, 1
    numbers = [cursor.integer()]
    while cursor.take_op(","):
        numbers.append(cursor.integer())
    cursor.need_op(")")
    return (numbers[0], numbers[1]) if len(numbers) > 1 else (1, 1)


def _column_option(cursor: Cursor, column: ColumnDef, made: CreateTable) -> bool:
    if cursor.take("not", "null"):
        column.not_null = True
    elif cursor.take("null"):
        column.not_null = False
    elif cursor.take("default"):
        cursor.take("using")
        column.default = _expression(cursor)
    elif cursor.take("set", "using"):
        column.default = _expression(cursor)
    elif cursor.take("encoding"):
        column.encoding = _encoding(cursor)
    elif cursor.take("accessrank"):
        cursor.integer()
    elif cursor.one_of("identity", "auto_increment"):
        column.identity = _steps(cursor)
    elif (
        cursor.at("constraint")
        or cursor.at("primary")
        or cursor.at("unique")
        or cursor.at("references")
        or cursor.at("check")
    ):
        made.constraints.append(parse_constraint(cursor, column.name))
    else:
        return False
    return True


def _expression(cursor: Cursor) -> list[Token]:
    return cursor.until(
        ",", "encoding", "accessrank", "constraint", "not", "null", "primary", "unique", "set",
        "references", "check",
    ) if not cursor.at("null") else [cursor.next()]  # fmt: skip


def _encoding(cursor: Cursor) -> str:
    word = cursor.next()
    if word.value not in _ENCODINGS:
        cursor.fail()
    return word.value.upper()


def parse_constraint(cursor: Cursor, column: str = "") -> Constraint:
    """Take a constraint of a table, or one written behind ``column``."""
    name = cursor.name() if cursor.take("constraint") else ""
    columns: tuple[str, ...] = (column,) if column else ()
    if cursor.take("primary", "key"):
        columns = columns or tuple(cursor.names())
        return Constraint(kind="p", name=name, columns=columns, enabled=_enabled(cursor))
    if cursor.take("unique"):
        columns = columns or tuple(cursor.names())
        return Constraint(kind="u", name=name, columns=columns, enabled=_enabled(cursor))
    if cursor.take("check"):
        inside = tuple(cursor.group())
        return Constraint(kind="c", name=name, check=inside, enabled=_enabled(cursor))
    if not column:
        cursor.need("foreign", "key")
        columns = tuple(cursor.names())
    cursor.need("references")
    table = cursor.qualified()
    others = tuple(cursor.names()) if cursor.at_op("(") else ()
    return Constraint(kind="f", name=name, columns=columns, table=table, others=others)


def _enabled(cursor: Cursor) -> bool | None:
    word = cursor.one_of("enabled", "disabled")
    return None if word is None else word == "enabled"


def _privileges(cursor: Cursor) -> None:
    if cursor.one_of("include", "exclude"):
        cursor.take("schema")
        cursor.need("privileges")
