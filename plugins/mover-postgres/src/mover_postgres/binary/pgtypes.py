"""What a column of PostgreSQL receives in binary, seen through domains and arrays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2.extensions import cursor as PsycopgCursor  # noqa: N812  it is a class

__all__ = ["ARRAY", "PgType", "column_types", "parse_type"]

ARRAY = "array"
_NUMERIC_BIAS = 4
_SCALE_BITS = 0x7FF
_SCALE_SIGN = 0x400


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """A type by what its receive function expects.

    ``kind`` is that payload's name; ``name`` is for messages; ``oid`` that of the type itself,
    which arrays of it carry. ``precision`` and ``scale`` are None where numeric is unconstrained.
    """

    kind: str
    name: str
    oid: int
    precision: int | None = None
    scale: int | None = None
    element: PgType | None = None


# The receive function says what a payload is, whatever the type around it is called.
_KIND_OF_RECEIVER = {
    "boolrecv": "bool",
    "int2recv": "int2",
    "int4recv": "int4",
    "int8recv": "int8",
    "oidrecv": "oid",
    "float4recv": "float4",
    "float8recv": "float8",
    "numeric_recv": "numeric",
    "textrecv": "text",
    "varcharrecv": "text",
    "bpcharrecv": "text",
    "citextrecv": "text",
    "namerecv": "text",
    "enum_recv": "text",
    "json_recv": "text",
    "jsonb_recv": "jsonb",
    "bytearecv": "bytea",
    "date_recv": "date",
    "time_recv": "time",
    "timestamp_recv": "timestamp",
    "timestamptz_recv": "timestamptz",
    "interval_recv": "interval",
    "uuid_recv": "uuid",
}

_BUILT_IN = {
    "boolean": ("bool", 16),
    "bytea": ("bytea", 17),
    "name": ("text", 19),
    "bigint": ("int8", 20),
    "smallint": ("int2", 21),
    "integer": ("int4", 23),
    "text": ("text", 25),
    "oid": ("oid", 26),
    "json": ("text", 114),
    "real": ("float4", 700),
    "double precision": ("float8", 701),
    "character": ("text", 1042),
    "character varying": ("text", 1043),
    "date": ("date", 1082),
    "time without time zone": ("time", 1083),
    "timestamp without time zone": ("timestamp", 1114),
    "timestamp with time zone": ("timestamptz", 1184),
    "interval": ("interval", 1186),
    "numeric": ("numeric", 1700),
    "uuid": ("uuid", 2950),
    "jsonb": ("jsonb", 3802),
}
_SPELLING = re.compile(
    r"(?P<name>[a-z ]+?)(?:\((?P<size>-?\d+(?:,-?\d+)?)\))?(?P<rest>( [a-z]+)*)$"
)
# SQL's array oids are in no order: an array's own oid is never sent, so that zero will do.
_NO_OID = 0


def parse_type(spelling: str) -> PgType | None:
    """Return a built-in type from its spelling by the server; None for one that only it knows."""
    if spelling.endswith("[]"):
        element = parse_type(spelling.removesuffix("[]"))
        return element and PgType(kind=ARRAY, name=spelling, oid=_NO_OID, element=element)
    found = _SPELLING.match(spelling)
    if found is None or found["name"] + found["rest"] not in _BUILT_IN:
        return None
    kind, oid = _BUILT_IN[found["name"] + found["rest"]]
    precision, scale = _sizes(found["size"]) if kind == "numeric" else (None, None)
    return PgType(kind=kind, name=spelling, oid=oid, precision=precision, scale=scale)


def _sizes(size: str | None) -> tuple[int | None, int | None]:
    if size is None:
        return None, None
    precision, _, scale = size.partition(",")
    return int(precision), int(scale or 0)


_COLUMNS = """
SELECT attname, atttypid::int8, atttypmod, format_type(atttypid, atttypmod)
  FROM pg_catalog.pg_attribute
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
_TYPES = """
WITH RECURSIVE used(oid) AS (
    SELECT atttypid FROM pg_catalog.pg_attribute
     WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
     UNION
    SELECT inner_oid FROM used
      JOIN pg_catalog.pg_type AS t ON t.oid = used.oid,
   LATERAL unnest(ARRAY[t.typbasetype, t.typelem]) AS inner_oid
)
SELECT t.oid::int8, r.proname, t.typbasetype::int8, t.typtypmod, t.typelem::int8,
       format_type(t.oid, NULL)
  FROM used JOIN pg_catalog.pg_type AS t ON t.oid = used.oid
  JOIN pg_catalog.pg_proc AS r ON r.oid = t.typreceive
"""


def column_types(cursor: PsycopgCursor, relation: str) -> dict[str, PgType]:
    """Return the types of a table's columns that can be written; ``relation`` is quoted SQL."""
    cursor.execute(_TYPES, (relation,))
    types = {row[0]: row[1:] for row in cursor.fetchall()}
    cursor.execute(_COLUMNS, (relation,))
    return {
        name: _resolved(oid, typmod, spelling, types)
        for name, oid, typmod, spelling in cursor.fetchall()
    }


def _resolved(oid: int, typmod: int, spelling: str, types: Mapping[int, tuple[Any, ...]]) -> PgType:
    """Follow domains to their base; the oid stays the outer one, as arrays of domains carry it."""
    base = oid
    while base in types and types[base][0] == "domain_recv":
        _, base, typmod, _, _ = types[base]
    if base not in types:
        return PgType(kind=spelling, name=spelling, oid=oid)
    receiver, _, _, element, _ = types[base]
    if receiver == "array_recv":
        inner = _resolved(element, typmod, types[element][4] if element in types else "", types)
        return PgType(kind=ARRAY, name=spelling, oid=oid, element=inner)
    kind = _KIND_OF_RECEIVER.get(receiver, spelling)
    precision, scale = _of_typmod(typmod) if kind == "numeric" else (None, None)
    return PgType(kind=kind, name=spelling, oid=oid, precision=precision, scale=scale)


def _of_typmod(typmod: int) -> tuple[int | None, int | None]:
    if typmod < _NUMERIC_BIAS:
        return None, None
    packed = typmod - _NUMERIC_BIAS
    scale = ((packed & _SCALE_BITS) ^ _SCALE_SIGN) - _SCALE_SIGN
    return (packed >> 16) & 0xFFFF, scale
