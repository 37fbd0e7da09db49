"""Records types to Redshift's column types and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.db.columns.declared import (
    INTEGERS,
    ORIGIN,
    binary_number,
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
    SqlRepresentation,
    StringConstraints,
    TimeConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.schema import FieldType

__all__ = [
    "ORIGIN",
    "REP_TYPE",
    "VARCHAR_BYTES",
    "column_type",
    "field_of",
    "is_text_here",
    "long_name",
    "made",
    "spell",
]

REP_TYPE = "sql/redshift"
VARCHAR_BYTES = 65_535
CHAR_BYTES = 4_096
DIGITS = 38
SCALE = 37

_PLAIN: Mapping[str, FieldType] = {
    "boolean": "boolean",
    "date": "date",
    "super": "json",
    "varbyte": "bytes",
    "binary varying": "bytes",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "timestamp without time zone": "datetime",
    "timestamp with time zone": "datetimetz",
}
_SHORT = {
    "time without time zone": "time",
    "time with time zone": "timetz",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "character varying": "varchar",
    "character": "char",
    "numeric": "decimal",
    "binary varying": "varbyte",
}
_SPELLING = re.compile(
    r"(?P<name>[a-z][a-z ]*?) ?(?:\((?P<args>\d+(?:,\d+)?)\))?(?P<rest> with(?:out)? time zone)?"
)


def field_of(name: str, spelling: str, *, required: bool = False, modifiers: str = "") -> Field:
    """Return the field for a type as ``format_type`` spells it; text for any that has no like."""
    kind, constraints = _described(spelling, required=required)
    word = spell(spelling)
    words = f"{'NOT NULL' if required else ''} {modifiers}".strip()
    return Field(name, kind, constraints, None, {ORIGIN: declared(REP_TYPE, word, words)})


def spell(spelling: str) -> str:
    """Return a type as DDL of Redshift spells it, in its short form."""
    found = _SPELLING.fullmatch(spelling)
    if found is None or found["rest"]:
        return _SHORT.get(spelling, spelling)
    short = _SHORT.get(found["name"], found["name"])
    return f"{short}({found['args']})" if found["args"] else short


def _described(spelling: str, *, required: bool) -> tuple[FieldType, Constraints]:
    found = _SPELLING.fullmatch(spelling)
    name, args = (found["name"], found["args"]) if found else (spelling, None)
    number = binary_number(name, required=required)
    if number is not None:
        return number
    if name in ("numeric", "decimal"):
        return "decimal", fixed_point(args or "18,0", required=required)
    kind = _PLAIN.get(spelling) or _PLAIN.get(name)
    if kind is not None:
        timed = kind in ("time", "timetz", "datetime", "datetimetz")
        maker = TimeConstraints if timed else Constraints
        return kind, maker(required=required)
    limit = int(args) if args and name.startswith("char") else None
    return "string", StringConstraints(required=required, max_length_bytes=limit)


def long_name(word: str) -> str:
    """Return a short form as ``format_type`` spells it."""
    name, bracket, args = word.partition("(")
    return _LONG.get(name, name) + bracket + args


_LONG = {short: long for long, short in _SHORT.items() if short != "varbyte"}


def column_type(field: Field) -> str:
    """Return the type of a column that holds every value of this field, as DDL spells it.

    Raises ``SchemaError`` where Redshift has none, and says which column it is.
    """
    own = own_word(
        field, REP_TYPE, lambda word: _described(long_name(word), required=field.required)
    )
    if own is not None:
        return own
    if field.field_type == "string":
        return _text(field)
    if field.field_type == "integer":
        return _integer(field)
    if field.field_type == "decimal":
        return _decimal(field)
    if field.field_type == "array" and _is_text_elsewhere(field):
        return f"varchar({VARCHAR_BYTES})"
    return _SIMPLE[field.field_type]


def _is_text_elsewhere(field: Field) -> bool:
    """Whether an array comes from a database, which spells it in a way that is no JSON."""
    known = field.representations.get(ORIGIN)
    return isinstance(known, SqlRepresentation) and known.rep_type != REP_TYPE


_SIMPLE: Mapping[str, str] = {
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timetz": "timetz",
    "datetime": "timestamp",
    "datetimetz": "timestamptz",
    "bytes": "varbyte(1024000)",
    "uuid": "varchar(36)",
    "json": "super",
    "array": "super",
    "interval": "varchar(64)",
}


def _text(field: Field) -> str:
    size = text_bytes(field, limit=VARCHAR_BYTES)
    return f"varchar({min(max(size or VARCHAR_BYTES, 1), VARCHAR_BYTES)})"


def _integer(field: Field) -> str:
    from records_mover.db.columns.types import integer_range

    limits = integer_range(field)
    if limits is None:
        return "bigint"
    low, high = limits
    for name, bits in INTEGERS.items():
        if -(2 ** (bits - 1)) <= low and high < 2 ** (bits - 1):
            return name
    digits = max(len(str(abs(low))), len(str(abs(high))))
    _check_digits(field, digits, 0)
    # A DECIMAL of 19 digits is kept in 64 bits, which end below its greatest number.
    return f"decimal({max(digits, 20)},0)"


def _decimal(field: Field) -> str:
    facts = field.constraints
    if not isinstance(facts, DecimalConstraints):
        facts = DecimalConstraints()
    if facts.fp_significand_bits is not None:
        return "real" if facts.fp_significand_bits <= 24 else "double precision"
    if facts.fixed_precision is None:
        return f"varchar({VARCHAR_BYTES})"  # digits without a limit are kept as text
    digits, scale = digits_of(facts)
    _check_digits(field, digits, scale)
    return f"decimal({digits + (digits == 19)},{scale})"


def _check_digits(field: Field, digits: int, scale: int) -> None:
    if digits <= DIGITS and scale <= SCALE:
        return
    what = f"column '{field.name}' needs a decimal of {digits} digits, {scale} behind the point"
    limits = f"Redshift's have {DIGITS} at most, {SCALE} of them behind the point"
    raise SchemaError(f"{what}: {limits}", "cast the column to fewer digits, or to text")


def made(field: Field) -> Field:
    """Return the column that a new table would have for this field."""
    return field_of(field.name, long_name(column_type(field)), required=field.required)


def is_text_here(field: Field) -> bool:
    """Whether a field that is no text becomes text for want of a type."""
    known = field.field_type not in ("string", "uuid")
    return known and column_type(field).startswith("varchar")
