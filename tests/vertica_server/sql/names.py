"""Identifiers: case is kept and ignored, 128 octets long, shorter in the PostgreSQL behind."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["MAX_NAME_BYTES", "RESERVED", "Name", "inner", "literal", "quoted", "spelled"]

MAX_NAME_BYTES = 128
_INNER_BYTES = 63
_RESERVED_WORDS = (
    "all analyse analyze and any array as asc binary both case cast check column constraint"
    " correlation create cross current_database current_date current_schema current_time"
    " current_timestamp current_user decode default deferrable desc distinct else encoded end"
    " except false for foreign from full grant group having ilike ilikeb in initially inner"
    " intersect interval intervalym into is isnull join ksafe leading left like likeb limit"
    " localtime localtimestamp match minus natural nchar new not notnull null nullsequal nvl"
    " off offset old on only or order outer over overlaps pinned placing primary references"
    " right schema select session_user similar smalldatetime some sysdate table text then"
    " timeseries to trailing true unbounded union unique user using when where window with"
    " within"
)
RESERVED = frozenset(_RESERVED_WORDS.split()) - {"text", "decode", "nvl", "encoded", "schema"}
"""Words that name nothing unless they are quoted (page Keywords)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A table's name as it was spelled, with its schema if one was given."""

    schema: str | None
    table: str

    @property
    def shown(self) -> str:
        """The name in messages."""
        return self.table if self.schema is None else f"{self.schema}.{self.table}"


def inner(name: str) -> str:
    """Return the name of the same thing in the PostgreSQL behind: one case, 63 octets."""
    folded = name.lower()
    octets = folded.encode("utf-8", "surrogateescape")
    if len(octets) <= _INNER_BYTES:
        return folded
    mark = hashlib.md5(octets).hexdigest()[:16]
    return octets[:40].decode("utf-8", "ignore") + "~" + mark


def quoted(name: str) -> str:
    """Write an identifier for the PostgreSQL behind."""
    return '"' + inner(name).replace('"', '""') + '"'


def spelled(name: Name) -> str:
    """Write ``schema.name`` for the PostgreSQL behind."""
    return (
        quoted(name.table)
        if name.schema is None
        else (f"{quoted(name.schema)}.{quoted(name.table)}")
    )


def literal(value: object) -> str:
    """Write a constant for the PostgreSQL behind."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
