"""A reader of tokens that a grammar is written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from redshift_server.errors import RedshiftError, syntax_error
from redshift_server.names import LONGEST, short
from standins import cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.lexer import Token

__all__ = ["Cursor", "Name", "quoted", "spelled"]

Name = tuple[str | None, str]
"""A schema or None, and a name."""


class Cursor(cursor.Cursor):
    """Reads names as Redshift does: folded, unless it is told to keep quoted ones."""

    def __init__(self, tokens: Sequence[Token], *, keep_case: bool = False) -> None:
        super().__init__(tokens)
        self._keep_case = keep_case

    def at_string(self) -> bool:
        """Whether a quoted text comes next."""
        return self.here is not None and self.here.kind == "string"

    def number(self) -> str:
        """Take an unsigned number."""
        if self.here is None or self.here.kind != "number":
            self.fail()
        return self.next().text

    def integer(self) -> int:
        """Take a number without a fraction; it may have a sign."""
        negative = self.take_op("-")
        if self.here is None or not self.here.text.isdigit():
            self.fail()
        return int(self.next().text) * (-1 if negative else 1)

    def name(self) -> str:
        """Take an identifier, folded and limited as the server does."""
        if self.here is None or not self.here.is_name:
            self.fail()
        token = self.next()
        value = token.value
        if not self._keep_case or token.kind == "word":
            value = "".join(c.lower() if c.isascii() else c for c in value)
        return value.encode()[:LONGEST].decode("utf-8", "ignore")

    def qualified(self) -> Name:
        """Take ``[schema.]name``."""
        first = self.name()
        return (first, self.name()) if self.take_op(".") else (None, first)

    def fail(self) -> NoReturn:
        """Raise the parser's error at the next token."""
        raise syntax_error(None if self.here is None else self.here.text)


def quoted(name: str) -> str:
    """Write an identifier for the PostgreSQL behind."""
    if "\0" in name:
        raise RedshiftError("invalid identifier", sqlstate="42602")
    return '"' + short(name).replace('"', '""') + '"'


def spelled(name: Name) -> str:
    """Write ``schema.name`` for the PostgreSQL behind."""
    schema, table = name
    return quoted(table) if schema is None else f"{quoted(schema)}.{quoted(table)}"
