"""Endpoint strings: how a source or target is written on one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from records_mover.creds import register_url
from records_mover.errors import EndpointError
from records_mover.parts import TableName

__all__ = ["FileEndpoint", "TableEndpoint", "parse_endpoint", "parse_table_name"]

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^".]+))\s*')
_SQL_URL = re.compile(r"^[a-z][a-z0-9_]*(\+[a-z0-9_]+)?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEndpoint:
    """A file, a folder of files (``/`` at the end) or a stream (``-``)."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEndpoint:
    """A table behind an SQLAlchemy URL or a connection name; ``table`` None leaves it to a query.

    ``database`` may hold a password, so it is not shown.
    """

    database: str
    table: TableName | None

    def __repr__(self) -> str:
        return f"TableEndpoint(table={self.table!r})"


def parse_endpoint(text: str) -> FileEndpoint | TableEndpoint:
    """Read an endpoint string; ``EndpointError`` says how it should look.

    The forms are ``path``, ``scheme://...``, ``folder/``, ``-``,
    ``<sqlalchemy url>::[schema.]table`` and ``<connection name>::[schema.]table``.
    """
    if not text:
        raise EndpointError(
            "an empty string names nothing", "give a file, a URL or DATABASE::TABLE"
        )
    register_url(text)
    database, mark, table = text.rpartition("::")
    if not mark or (scheme_is_file(database) and not _SQL_URL.match(database)):
        return FileEndpoint(url=text)
    if not database:
        raise EndpointError(f"no database before '::' in {text!r}", "write DATABASE::TABLE")
    return TableEndpoint(database=database, table=parse_table_name(table) if table else None)


def scheme_is_file(text: str) -> bool:
    """Whether what stands before ``::`` can only be a path."""
    return "/" in text and not _SQL_URL.match(text)


def parse_table_name(text: str) -> TableName:
    """Read ``[schema.]table``; a part in double quotes may hold anything, ``""`` being a quote."""
    parts: list[str] = []
    position = 0
    while True:
        match = _NAME.match(text, position)
        if match is None:
            raise EndpointError(
                f"cannot read the table name {text!r}", 'write schema.table or "odd name"'
            )
        quoted, plain = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else plain.strip())
        position = match.end()
        if position == len(text):
            break
        if text[position] != ".":
            raise EndpointError(
                f"cannot read the table name {text!r}", 'put odd names in double quotes: "a.b"'
            )
        position += 1
    if len(parts) > 2:
        raise EndpointError(f"{text!r} has {len(parts)} parts", "write schema.table")
    return TableName(name=parts[-1], schema=parts[0] if len(parts) == 2 else None)
