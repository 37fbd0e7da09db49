"""Records types to SQLAlchemy types and back, for dialects of which nothing more is known."""

from __future__ import annotations

import logging
from inspect import signature
from typing import TYPE_CHECKING, Any

from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    Field,
    IntegerConstraints,
    IntegerStatistics,
    StringConstraints,
    TimeConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    from records_mover.schema import FieldType

__all__ = [
    "field_from_type",
    "integer_range",
    "integer_type",
    "text_type",
    "type_from_field",
    "warn_of_text",
]

log = logging.getLogger(__name__)

_BITS = {
    "TINYINT": 8,
    "SMALLINT": 16,
    "SMALL_INTEGER": 16,
    "MEDIUMINT": 24,
    "INTEGER": 32,
    "INT": 32,
    "BIGINT": 64,
    "BIG_INTEGER": 64,
}


def type_from_field(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    """Return the type of a column that holds every value of this field, None for a lack of one."""
    makers = {
        "integer": _integer,
        "decimal": _decimal,
        "string": _string,
        "boolean": _boolean,
        "date": _date,
        "time": _time,
        "timetz": _timetz,
        "datetime": _datetime,
        "datetimetz": _datetimetz,
        "bytes": _bytes,
        "uuid": _uuid,
        "json": _json,
        "interval": _interval,
        "array": _array,
    }
    return makers[field.field_type](field, dialect)


def integer_range(field: Field) -> tuple[int, int] | None:
    """Return the range that a column of integers needs, where one is known for certain.

    What is declared goes before what was seen, since the next load may bring more; what was seen
    counts only when every row was read.
    """
    declared, seen = field.constraints, field.statistics
    if isinstance(declared, IntegerConstraints) and None not in (declared.min, declared.max):
        return declared.min, declared.max  # type: ignore[return-value]
    if isinstance(seen, IntegerStatistics) and seen.complete and None not in (seen.min, seen.max):
        return seen.min, seen.max  # type: ignore[return-value]
    return None


def integer_type(field: Field) -> TypeEngine[Any]:
    """Return the smallest of SMALLINT, INTEGER, BIGINT and NUMERIC(p, 0) that holds the range."""
    import sqlalchemy as sa

    limits = integer_range(field)
    if limits is None:
        return sa.BigInteger()
    low, high = limits
    for bits, kind in ((16, sa.SmallInteger), (32, sa.Integer), (64, sa.BigInteger)):
        if -(2 ** (bits - 1)) <= low and high < 2 ** (bits - 1):
            return kind()
    return sa.Numeric(max(len(str(abs(low))), len(str(abs(high)))), 0)


def text_type(field: Field, *, in_bytes: bool = False, limit: int | None = None) -> TypeEngine[Any]:
    """Return VARCHAR(n) for text of a declared length up to ``limit``, else TEXT.

    ``in_bytes`` says that the database counts n in bytes, of which a character takes up to four.
    """
    import sqlalchemy as sa

    length = _length(field.constraints, in_bytes=in_bytes)
    if length is None or (limit is not None and length > limit):
        return sa.Text()
    return sa.String(max(length, 1))


def _length(constraints: Constraints | None, *, in_bytes: bool) -> int | None:
    if not isinstance(constraints, StringConstraints):
        return None
    chars, size = constraints.max_length_chars, constraints.max_length_bytes
    if in_bytes:
        return size if size is not None or chars is None else chars * 4
    return chars if chars is not None else size


def _integer(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    del dialect
    return integer_type(field)


def _decimal(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del dialect
    facts = field.constraints
    if not isinstance(facts, DecimalConstraints):
        return sa.Numeric()
    if facts.fixed_precision is not None:
        return sa.Numeric(facts.fixed_precision, facts.fixed_scale or 0)
    if facts.fp_significand_bits is None:
        return sa.Numeric()
    return sa.REAL() if facts.fp_significand_bits <= 24 else sa.Double()


def _string(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    del dialect
    return text_type(field)


def _boolean(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del field, dialect
    return sa.Boolean()


def _date(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del field, dialect
    return sa.Date()


def _time(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del field
    return _precise(sa.Time(), dialect)


def _datetime(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del field
    return _precise(sa.DateTime(), dialect)


def _timetz(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa

    del field
    return _zoned(sa.Time(), sa.Time(timezone=True), dialect)


def _datetimetz(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa

    del field
    return _zoned(sa.DateTime(), sa.DateTime(timezone=True), dialect)


def _zoned(
    plain: TypeEngine[Any], zoned: TypeEngine[Any], dialect: Dialect
) -> TypeEngine[Any] | None:
    # A dialect that spells both alike has no zone to offer.
    same = plain.compile(dialect=dialect) == zoned.compile(dialect=dialect)
    return None if same else zoned


def _precise(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    # Some dialects keep whole seconds unless asked for fractions ("fsp", fractional seconds).
    names: dict[str, Any] = getattr(dialect, "ischema_names", {})
    own = names.get(kind.__visit_name__)
    if own is None or "fsp" not in signature(own).parameters:
        return kind
    precise: TypeEngine[Any] = own(fsp=6)
    return precise


def _bytes(field: Field, dialect: Dialect) -> TypeEngine[Any]:
    import sqlalchemy as sa

    del field, dialect
    return sa.LargeBinary()


def _uuid(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa

    del field
    return sa.Uuid(as_uuid=False) if dialect.supports_native_uuid else None


def _json(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa

    del field
    return sa.JSON() if sa.JSON in dialect.colspecs else None


def _interval(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa

    del field
    # Elsewhere SQLAlchemy keeps an interval as a point in time, which nobody else understands.
    spelling = sa.Interval().compile(dialect=dialect)
    return sa.Interval() if spelling.startswith("INTERVAL") else None


def _array(field: Field, dialect: Dialect) -> TypeEngine[Any] | None:
    import sqlalchemy as sa
    from sqlalchemy.exc import CompileError

    item = type_from_field(field.items, dialect) if field.items is not None else None
    if item is None:
        return None
    array: TypeEngine[Any] = sa.ARRAY(item)
    try:
        array.compile(dialect=dialect)
    except CompileError:
        return None
    return array


def field_from_type(
    name: str, kind: TypeEngine[Any], *, required: bool = False, in_bytes: bool = False
) -> Field:
    """Return the field that holds every value of a column of this type; text where none fits."""
    import sqlalchemy as sa

    if isinstance(kind, sa.ARRAY):
        items = field_from_type("item", kind.item_type, in_bytes=in_bytes)
        return Field(name, "array", Constraints(required=required), items=items)
    for family, describe in _families():
        if isinstance(kind, family):
            field_type, constraints = describe(kind, required, in_bytes)
            return Field(name, field_type, constraints)
    return Field(name, "string", StringConstraints(required=required))


def warn_of_text(fields: Iterable[Field], server: str) -> None:
    """Tell the user of columns that become text, since the server has no type for their values."""
    for field in fields:
        log.warning(
            "column '%s' becomes text: %s has no type for '%s' that keeps every value",
            field.name,
            server,
            field.field_type,
        )


Described = tuple["FieldType", Constraints]


def _families() -> tuple[tuple[type[Any], Any], ...]:
    import sqlalchemy as sa
    from sqlalchemy.sql import sqltypes

    return (
        (sa.Boolean, _as("boolean")),
        (sa.Integer, _from_integer),
        (sa.Float, _from_float),
        (sa.Numeric, _from_numeric),
        (sa.JSON, _as("json")),
        (sa.Uuid, _as("uuid")),
        (sa.String, _from_string),
        (sqltypes._Binary, _as("bytes")),  # noqa: SLF001 - the one parent of BLOB, BYTEA, RAW...
        (sa.DateTime, _from_datetime),
        (sa.Date, _as("date")),
        (sa.Time, _from_time),
        (sa.Interval, _as("interval")),
        (sqltypes._AbstractInterval, _as("interval")),  # noqa: SLF001 - native INTERVALs
    )


def _as(field_type: FieldType) -> Any:
    def describe(kind: object, required: bool, in_bytes: bool) -> Described:
        del kind, in_bytes
        return field_type, Constraints(required=required)

    return describe


def _from_integer(kind: Any, required: bool, in_bytes: bool) -> Described:
    del in_bytes
    bits = _BITS.get(kind.__visit_name__.upper(), 64)
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if getattr(kind, "unsigned", False):
        low, high = 0, 2**bits - 1
    return "integer", IntegerConstraints(required=required, min=low, max=high)


def _from_float(kind: Any, required: bool, in_bytes: bool) -> Described:
    del in_bytes
    single = kind.__visit_name__ == "REAL" or (kind.precision or 53) <= 24
    bits = (32, 23) if single else (64, 53)
    facts = DecimalConstraints(
        required=required, fp_total_bits=bits[0], fp_significand_bits=bits[1]
    )
    return "decimal", facts


def _from_numeric(kind: Any, required: bool, in_bytes: bool) -> Described:
    del in_bytes
    if kind.precision is None:
        return "decimal", DecimalConstraints(required=required)
    facts = {"fixed_precision": kind.precision, "fixed_scale": kind.scale or 0}
    return "decimal", DecimalConstraints(required=required, **facts)


def _from_string(kind: Any, required: bool, in_bytes: bool) -> Described:
    length = {"max_length_bytes" if in_bytes else "max_length_chars": kind.length}
    return "string", StringConstraints(required=required, **length)


def _from_datetime(kind: Any, required: bool, in_bytes: bool) -> Described:
    del in_bytes
    name: FieldType = "datetimetz" if kind.timezone else "datetime"
    return name, TimeConstraints(required=required)


def _from_time(kind: Any, required: bool, in_bytes: bool) -> Described:
    del in_bytes
    return ("timetz" if kind.timezone else "time"), TimeConstraints(required=required)
