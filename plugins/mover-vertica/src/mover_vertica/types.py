"""Records types to Vertica's column types and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.db.columns.declared import (
    ORIGIN,
    declared,
    digits_of,
    fixed_point,
    own_word,
    text_bytes,
)
from records_mover.errors import SchemaError
from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    Field,
    IntegerConstraints,
    StringConstraints,
    TimeConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.schema import FieldType

__all__ = [
    "LONG_BYTES",
    "MOST_DIGITS",
    "ORIGIN",
    "REP_TYPE",
    "VARCHAR_BYTES",
    "column_type",
    "field_of",
    "is_text_here",
    "made",
]

REP_TYPE = "sql/vertica"
VARCHAR_BYTES = 65_000
LONG_BYTES = 32_000_000
LONG_DEFAULT = 1_048_576
MOST_DIGITS = 1024
_INTERVAL = "varchar(64)"

_LEAST, _GREATEST = -(2**63) + 1, 2**63 - 1
"""The one below is what stands for NULL inside."""

_PLAIN: Mapping[str, FieldType] = {
    "boolean": "boolean",
    "date": "date",
    "uuid": "uuid",
    "time": "time",
    "timetz": "timetz",
    "timestamp": "datetime",
    "timestamptz": "datetimetz",
    "binary": "bytes",
    "varbinary": "bytes",
    "long varbinary": "bytes",
}
_TIMED = ("time", "timetz", "timestamp", "timestamptz")
_NESTED = ("array", "set", "row", "map")
_SPELLING = re.compile(r"(?P<name>[a-z][a-z ]*?) ?\((?P<args>\d+(?:,\d+)?)\)")
_LONG = {
    "integer": "int",
    "bigint": "int",
    "double precision": "float",
    "character varying": "varchar",
    "character": "char",
    "timestamp with time zone": "timestamptz",
    "time with time zone": "timetz",
    "decimal": "numeric",
    "bool": "boolean",
}


def field_of(name: str, spelling: str, *, required: bool = False) -> Field:
    """Return the field for a type as V_CATALOG.COLUMNS spells it; text for any without a like."""
    kind, constraints = _described(spelling, required=required)
    modifiers = "NOT NULL" if required else ""
    origin = declared(REP_TYPE, spelling, modifiers)
    return Field(name, kind, constraints, None, {ORIGIN: origin})


def _described(spelling: str, *, required: bool) -> tuple[FieldType, Constraints]:
    found = _SPELLING.fullmatch(spelling.lower())
    name, args = (found["name"], found["args"]) if found else (spelling.lower(), None)
    name = _LONG.get(name, name)
    if name == "int":
        return "integer", IntegerConstraints(required=required, min=_LEAST, max=_GREATEST)
    if name == "float":
        return "decimal", DecimalConstraints(
            required=required, fp_total_bits=64, fp_significand_bits=53
        )
    if name == "numeric":
        # Of an expression's the server tells no size.
        return "decimal", fixed_point(args, required=required)
    if name in _TIMED:
        precision = int(args) if args else None
        return _PLAIN[name], TimeConstraints(required=required, precision=precision)
    if name in _PLAIN:
        return _PLAIN[name], Constraints(required=required)
    if name.startswith("interval"):
        return "interval", Constraints(required=required)
    if name.startswith(_NESTED):
        return "json", Constraints(required=required)
    limit = int(args) if args and name in ("char", "varchar", "long varchar") else None
    return "string", StringConstraints(required=required, max_length_bytes=limit)


def column_type(field: Field) -> str:
    """Return the type of a column that holds every value of this field, as DDL spells it.

    Raises ``SchemaError`` where Vertica has none, and says which column it is.
    """
    own = own_word(field, REP_TYPE, lambda word: _described(word, required=field.required))
    if own is not None and own != "numeric":
        return own
    if field.field_type == "string":
        return _text(field)
    if field.field_type == "integer":
        return _integer(field)
    if field.field_type == "decimal":
        return _decimal(field)
    simple = _SIMPLE[field.field_type]
    facts = field.constraints
    if isinstance(facts, TimeConstraints) and facts.precision is not None and facts.precision < 6:
        return f"{simple}({facts.precision})"
    return simple


_SIMPLE: Mapping[str, str] = {
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timetz": "timetz",
    "datetime": "timestamp",
    "datetimetz": "timestamptz",
    "bytes": f"long varbinary({LONG_DEFAULT})",
    "uuid": "uuid",
    "json": f"varchar({VARCHAR_BYTES})",
    "array": f"varchar({VARCHAR_BYTES})",
    "interval": _INTERVAL,
}


def _text(field: Field) -> str:
    size = text_bytes(field, limit=VARCHAR_BYTES)
    size = max(VARCHAR_BYTES if size is None else size, 1)
    if size <= VARCHAR_BYTES:
        return f"varchar({size})"
    return f"long varchar({min(size, LONG_BYTES)})"


def _integer(field: Field) -> str:
    from records_mover.db.columns.types import integer_range

    limits = integer_range(field)
    if limits is None or (limits[0] >= -(2**63) and limits[1] <= _GREATEST):
        return "int"
    digits = max(len(str(abs(limit))) for limit in limits)
    _check_digits(field, digits, 0)
    return f"numeric({digits},0)"


def _decimal(field: Field) -> str:
    facts = field.constraints
    if not isinstance(facts, DecimalConstraints):
        facts = DecimalConstraints()
    if facts.fp_significand_bits is not None:
        return "float"
    if facts.fixed_precision is None:
        return f"varchar({VARCHAR_BYTES})"  # digits without a limit are kept as text
    digits, scale = digits_of(facts)
    _check_digits(field, digits, scale)
    return f"numeric({digits},{scale})"


def _check_digits(field: Field, digits: int, scale: int) -> None:
    if digits <= MOST_DIGITS:
        return
    what = f"column '{field.name}' needs a numeric of {digits} digits, {scale} behind the point"
    advice = "cast the column to fewer digits, or to text"
    raise SchemaError(f"{what}: Vertica's have {MOST_DIGITS} at most", advice)


def made(field: Field) -> Field:
    """Return the column that a new table would have for this field."""
    return field_of(field.name, column_type(field), required=field.required)


def is_text_here(field: Field) -> bool:
    """Whether a field that is no text becomes text for want of a type."""
    return field.field_type != "string" and column_type(field).startswith("varchar")
