"""Types of columns by page c_Supported_data_types, and how the PostgreSQL behind spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor

__all__ = ["UNSUPPORTED_TYPES", "parse_type"]

_PLAIN = {
    "smallint": "smallint", "int2": "smallint",
    "integer": "integer", "int": "integer", "int4": "integer",
    "bigint": "bigint", "int8": "bigint",
    "real": "real", "float4": "real", "float8": "double precision",
    "boolean": "boolean", "bool": "boolean", "date": "date",
    "timetz": "time with time zone", "timestamptz": "timestamp with time zone",
    "super": "pg_catalog.super", "hllsketch": "pg_catalog.hllsketch",
    "geometry": "pg_catalog.geometry", "geography": "pg_catalog.geography",
}  # fmt: skip
_FIXED = {"text": "character varying(256)", "bpchar": "character(256)"}
_MAX_VARCHAR = 65_535
_MAX_CHAR = 4_096
_MAX_VARBYTE = 16_777_216
_MAX_DIGITS = 38
_MAX_SCALE = 37
_FLOAT4_BITS = 24
_FLOAT8_BITS = 53

_UNSUPPORTED_TYPES_WORDS = (
    "bytea bit uuid json jsonb xml inet cidr macaddr money serial bigserial smallserial serial4"
    " serial8 serial2 hstore tsvector tsquery point line box path polygon circle lseg oid name"
    " int4range int8range numrange tsrange tstzrange daterange jsonpath regclass"
)
UNSUPPORTED_TYPES = frozenset(_UNSUPPORTED_TYPES_WORDS.split())


def parse_type(cursor: Cursor, column: str) -> str:
    """Take a type and return it as the PostgreSQL behind has to read it."""
    if cursor.here is None or cursor.here.kind != "word":
        cursor.fail()
    word = cursor.next().value
    made = _made(cursor, word, column)
    if cursor.at_op("[") or cursor.at("array"):
        raise _unsupported(column, f"{word}[]")
    return made


def _made(cursor: Cursor, word: str, column: str) -> str:
    if word in _PLAIN:
        return _PLAIN[word]
    if word in _FIXED and not cursor.at_op("("):
        return _FIXED[word]
    if word in _PARSERS:
        return _PARSERS[word](cursor, column)
    if word in UNSUPPORTED_TYPES:
        raise _unsupported(column, word)
    raise RedshiftError(f'type "{word}" does not exist', sqlstate="42704")


def _unsupported(column: str, name: str) -> RedshiftError:
    return RedshiftError(f'Column "{column}" has unsupported type "{name}".', sqlstate="0A000")


def _size(cursor: Cursor, default: int, most: int, shown: str) -> int:
    if not cursor.take_op("("):
        return default
    size = most if cursor.take("max") else cursor.integer()
    cursor.need_op(")")
    if size < 1:
        raise RedshiftError(f"length for type {shown} must be at least 1", sqlstate="22023")
    if size > most:
        raise RedshiftError(f"length for type {shown} cannot exceed {most}", sqlstate="22023")
    return size


def _varchar(cursor: Cursor, _column: str) -> str:
    return f"character varying({_size(cursor, 256, _MAX_VARCHAR, 'varchar')})"


def _char(cursor: Cursor, column: str) -> str:
    if cursor.take("varying"):
        return _varchar(cursor, column)
    return f"character({_size(cursor, 1, _MAX_CHAR, 'char')})"


def _decimal(cursor: Cursor, _column: str) -> str:
    digits, scale = 18, 0
    if cursor.take_op("("):
        digits = cursor.integer()
        scale = cursor.integer() if cursor.take_op(",") else 0
        cursor.need_op(")")
    if not 1 <= digits <= _MAX_DIGITS:
        said = f"DECIMAL precision {digits} must be between 1 and {_MAX_DIGITS}"
        raise RedshiftError(said, sqlstate="22023")
    if not 0 <= scale <= min(digits, _MAX_SCALE):
        said = f"DECIMAL scale {scale} must be between 0 and precision {digits}"
        raise RedshiftError(said, sqlstate="22023")
    return f"numeric({digits},{scale})"


def _double(cursor: Cursor, _column: str) -> str:
    cursor.need("precision")
    return "double precision"


def _float(cursor: Cursor, _column: str) -> str:
    bits = _size(cursor, _FLOAT8_BITS, _FLOAT8_BITS, "float")
    return "real" if bits <= _FLOAT4_BITS else "double precision"


def _varbyte(cursor: Cursor, _column: str) -> str:
    return f"pg_catalog.varbyte({_size(cursor, 64_000, _MAX_VARBYTE, 'varbyte')})"


def _binary(cursor: Cursor, column: str) -> str:
    cursor.need("varying")
    return _varbyte(cursor, column)


def _time(cursor: Cursor, _column: str) -> str:
    return "time " + _zone(cursor)


def _timestamp(cursor: Cursor, _column: str) -> str:
    return "timestamp " + _zone(cursor)


def _zone(cursor: Cursor) -> str:
    if cursor.at_op("("):
        cursor.fail()  # Redshift takes no precision here
    if cursor.take("with", "time", "zone"):
        return "with time zone"
    cursor.take("without", "time", "zone")
    return "without time zone"


def _interval(cursor: Cursor, column: str) -> str:
    if cursor.take("year"):
        if cursor.take("to"):
            cursor.need("month")
        return "interval year to month"
    if cursor.take("day"):
        cursor.need("to", "second")
        _size(cursor, 6, 6, "interval")
        return "interval day to second"
    raise _unsupported(column, "interval")


_PARSERS = {
    "varchar": _varchar, "nvarchar": _varchar, "character": _char, "char": _char,
    "nchar": _char, "decimal": _decimal, "numeric": _decimal, "double": _double,
    "float": _float, "varbyte": _varbyte, "varbinary": _varbyte, "binary": _binary,
    "time": _time, "timestamp": _timestamp, "interval": _interval,
}  # fmt: skip
