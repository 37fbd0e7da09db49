"""One column of CREATE TABLE or ALTER TABLE ADD, and the constraints that nobody enforces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.grammar.encodings import check_encoding
from redshift_server.grammar.table_attributes import ENCODINGS
from redshift_server.grammar.types import parse_type
from standins.lexer import join

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor

__all__ = ["Column", "parse_column", "parse_constraint"]

_ENDS = {
    "not", "null", "default", "encode", "distkey", "sortkey", "unique", "primary", "references",
    "identity", "generated", "collate",
}  # fmt: skip
_SYSTEM = {"oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}


@dataclass(slots=True, kw_only=True)
class Column:
    """A column as it was declared."""

    name: str
    type: str
    default: str = ""
    identity: str = ""
    not_null: bool = False
    key: str = ""
    references: str = ""
    encoding: str = ""
    distkey: bool = False
    sortkey: bool = False

    def ddl(self) -> str:
        """Return the column for the PostgreSQL behind."""
        parts = [quoted(self.name), self.type, self.identity]
        parts += [f"DEFAULT {self.default}" if self.default else ""]
        parts += ["NOT NULL" if self.not_null else "", self.key]
        return " ".join(filter(None, parts))


def parse_column(cursor: Cursor, table: str) -> Column:
    """Take a name, a type and the attributes in any order."""
    name = cursor.name()
    if name in _SYSTEM:
        said = f'column name "{name}" conflicts with a system column name'
        raise RedshiftError(said, sqlstate="42701")
    column = Column(name=name, type=parse_type(cursor, f"{table}.{name}"))
    while cursor.here is not None and not (cursor.at_op(",") or cursor.at_op(")")):
        _attribute(cursor, column)
    check_encoding(column.name, column.type, column.encoding)
    return column


def _attribute(cursor: Cursor, column: Column) -> None:
    if cursor.take("default"):
        column.default = _expression(cursor)
    elif cursor.take("encode"):
        column.encoding = _encoding(cursor)
    elif cursor.take("references"):
        column.references = _references(cursor)
    elif cursor.take("collate"):
        if not cursor.take("case_sensitive"):
            cursor.need("case_insensitive")
    elif not _flag(cursor, column):
        _identity(cursor, column)


def _flag(cursor: Cursor, column: Column) -> bool:
    """Take an attribute without an argument if one comes next."""
    if cursor.take("not", "null"):
        column.not_null = True
    elif cursor.take("distkey"):
        column.distkey = True
    elif cursor.take("sortkey"):
        column.sortkey = True
    elif cursor.take("unique"):
        column.key = "UNIQUE"
    elif cursor.take("primary", "key"):
        column.key = "PRIMARY KEY"
    else:
        return cursor.take("null")
    return True


def _identity(cursor: Cursor, column: Column) -> None:
    by_default = cursor.take("generated", "by", "default", "as")
    cursor.need("identity")
    cursor.need_op("(")
    seed = cursor.integer()
    cursor.need_op(",")
    step = cursor.integer()
    cursor.need_op(")")
    if column.type not in ("integer", "bigint"):
        raise RedshiftError("IDENTITY columns must be INT or BIGINT", sqlstate="42P16")
    when = "BY DEFAULT" if by_default else "ALWAYS"
    edge = "MINVALUE -9223372036854775807" if seed < 1 else ""
    if column.type == "integer" and edge:
        edge = "MINVALUE -2147483648"
    column.identity = f"GENERATED {when} AS IDENTITY (START WITH {seed} INCREMENT BY {step} {edge})"


def _encoding(cursor: Cursor) -> str:
    encoding = cursor.name()
    if encoding not in ENCODINGS:
        raise RedshiftError(f'invalid encoding type specified "{encoding}"', sqlstate="42601")
    return encoding


def _expression(cursor: Cursor) -> str:
    taken = list[str]()
    while (token := cursor.here) is not None:
        if token.is_op(",") or token.is_op(")") or (taken and token.is_word(*_ENDS)):
            break
        if token.is_op("("):
            taken.append(f"({' '.join(one.text for one in cursor.group())})")
        else:
            taken.append(join([cursor.next()]))
    if not taken:
        cursor.fail()
    return " ".join(taken)


def _references(cursor: Cursor) -> str:
    name = spelled(cursor.qualified())
    columns = f" ({', '.join(map(quoted, cursor.names()))})" if cursor.at_op("(") else ""
    return f"REFERENCES {name}{columns}"


def parse_constraint(cursor: Cursor) -> tuple[str, str]:
    """Take a table constraint; return its kind and its text for the PostgreSQL behind."""
    named = f"CONSTRAINT {quoted(cursor.name())} " if cursor.take("constraint") else ""
    if cursor.take("primary"):
        cursor.need("key")
        return "primary", f"{named}PRIMARY KEY ({', '.join(map(quoted, cursor.names()))})"
    if cursor.take("unique"):
        return "unique", f"{named}UNIQUE ({', '.join(map(quoted, cursor.names()))})"
    cursor.need("foreign", "key")
    columns = ", ".join(map(quoted, cursor.names()))
    cursor.need("references")
    return "foreign", f"{named}FOREIGN KEY ({columns}) {_references(cursor)}"
