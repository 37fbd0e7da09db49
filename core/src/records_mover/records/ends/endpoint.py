"""Endpoint strings: how a source or target is written on one line."""

from __future__ import annotations

import re

from records_mover.errors import EndpointError
from records_mover.frozen import frozen
from records_mover.parts import TableName
from records_mover.redaction import register_url

__all__ = ["FileEndpoint", "TableEndpoint", "parse_endpoint", "parse_table_name"]

_PLAIN = r"""[^".:@/\s](?:[^".:@/]*[^".:@/\s])?"""
_QUOTED = r'"(?:[^"]|"")+"'
_NAME = re.compile(rf"\s*({_QUOTED}|{_PLAIN})\s*")
_SQL_URL = re.compile(r"[a-z][a-z0-9_]*(\+[a-z0-9_]+)?://", re.IGNORECASE)
_FILE_URL = re.compile(r"(file:|https?://)", re.IGNORECASE)


@frozen
class FileEndpoint:
    """A file, a folder of files (``/`` at the end) or a stream (``-``)."""

    url: str


@frozen
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
    if "::" not in text or _is_file(text):
        return FileEndpoint(url=text)
    database, table = _split(text)
    if not database.strip():
        raise EndpointError(f"no database before '::' in {text!r}", "write DATABASE::TABLE")
    return TableEndpoint(database=database, table=parse_table_name(table) if table else None)


def _is_file(text: str) -> bool:
    """Whether ``::`` in it is part of a path: there is a ``/`` before it, and no database URL."""
    if _SQL_URL.match(text):
        return _FILE_URL.match(text) is not None
    return "/" in text.partition("::")[0]


def _split(text: str) -> tuple[str, str]:
    """Split at the last ``::`` that a table name, or nothing, follows.

    An earlier one may be part of a password, a later one of a quoted name.
    """
    for mark in reversed([found.start() for found in re.finditer("(?=::)", text)]):
        database, table = text[:mark], text[mark + 2 :]
        if not table or _parts(table) is not None:
            return database, table
    database, _, table = text.rpartition("::")
    if _SQL_URL.match(text) and "@" in table:  # it may hold a piece of the password
        raise EndpointError(
            "no table name follows the database's URL", "write URL::[schema.]table at its end"
        )
    return database, table


def parse_table_name(text: str) -> TableName:
    """Read ``[schema.]table``; a part in double quotes may hold anything, ``""`` being a quote.

    Raises ``EndpointError`` for anything else.
    """
    parts = _parts(text)
    if parts is None:
        raise EndpointError(
            f"cannot read the table name {text!r}",
            'write schema.table, and put odd names in double quotes: "a.b"',
        )
    if len(parts) > 2:
        raise EndpointError(f"{text!r} has {len(parts)} parts", "write schema.table")
    return TableName(name=parts[-1], schema=parts[0] if len(parts) == 2 else None)


def _parts(text: str) -> list[str] | None:
    """Return the names between the dots, unquoted, or None where the text cannot be read."""
    parts, position = [], -1
    while position < len(text):
        match = _NAME.match(text, position + 1)
        if match is None or text[match.end() : match.end() + 1] not in ("", "."):
            return None
        name = match.group(1)
        parts.append(name[1:-1].replace('""', '"') if name.startswith('"') else name)
        position = match.end()
    return parts
