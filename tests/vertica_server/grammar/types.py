"""Data types: how Vertica spells them, numbers them on the wire, and what keeps them behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from vertica_server.sql.cursor import Cursor

__all__ = ["OIDS", "VType", "numeric", "parse_type", "sized"]

OIDS = {
    "bool": 5, "int": 6, "float": 7, "char": 8, "varchar": 9, "date": 10, "time": 11,
    "timestamp": 12, "timestamptz": 13, "interval": 14, "timetz": 15, "numeric": 16,
    "varbinary": 17, "uuid": 20, "interval_ym": 114, "long_varchar": 115,
    "long_varbinary": 116, "binary": 117,
}  # fmt: skip
ARRAY_OIDS = {
    "bool": 1505, "int": 1506, "float": 1507, "char": 1508, "varchar": 1509, "date": 1510,
    "time": 1511, "timestamp": 1512, "timestamptz": 1513, "interval": 1514, "numeric": 1516,
    "timetz": 1515, "varbinary": 1517, "uuid": 1520, "interval_ym": 1521, "binary": 1522,
    "long_varchar": 1519, "long_varbinary": 1518,
}  # fmt: skip
_SET_STEP = 1200
_FIELDS = {"year": 18, "month": 17, "day": 19, "hour": 26, "minute": 27, "second": 28}
_RANGES = ("year", "month", "day", "hour", "minute", "second")
_PLAIN = {
    "boolean": "bool", "bool": "bool", "integer": "int", "int": "int", "bigint": "int",
    "int8": "int", "smallint": "int", "tinyint": "int", "real": "float", "float8": "float",
    "date": "date", "uuid": "uuid",
}  # fmt: skip
_PG = {"bool": "boolean", "int": "bigint", "float": "double precision", "date": "date",
       "uuid": "uuid"}  # fmt: skip
_SHOWN = {"bool": "boolean", "int": "int", "float": "float", "date": "date", "uuid": "uuid"}
_MOMENTS = {"time": "time", "timetz": "timetz", "timestamp": "timestamp",
            "timestamptz": "timestamptz", "datetime": "timestamp",
            "smalldatetime": "timestamp"}  # fmt: skip
_TEXTS = {"char": "char", "character": "char", "varchar": "varchar", "binary": "binary",
          "varbinary": "varbinary", "bytea": "varbinary", "raw": "varbinary"}  # fmt: skip
_LIMITS = {"char": 65000, "varchar": 65000, "binary": 65000, "varbinary": 65000,
           "long_varchar": 32_000_000, "long_varbinary": 32_000_000}  # fmt: skip
_DEFAULTS = {"char": 1, "varchar": 80, "binary": 1, "varbinary": 80,
             "long_varchar": 1_048_576, "long_varbinary": 1_048_576}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VType:
    """A type of a column or an expression."""

    kind: str
    oid: int
    modifier: int
    pg: str
    """How the PostgreSQL behind is told."""
    shown: str
    """As V_CATALOG.COLUMNS.DATA_TYPE spells it."""
    element: VType | None = None

    @property
    def length(self) -> int:
        """The octets of a text or of bytes; 0 where that means nothing."""
        return self.modifier - 4 if self.kind in _LIMITS and self.modifier > 4 else 0

    @property
    def scale(self) -> int:
        """The digits behind the point of a NUMERIC."""
        return (self.modifier - 4) & 0xFFFF if self.kind == "numeric" else 0

    @property
    def precision(self) -> int:
        """All digits of a NUMERIC."""
        return (self.modifier - 4) >> 16 if self.kind == "numeric" else 0

    @property
    def message_name(self) -> str:
        """As errors spell it: Varchar(9)."""
        words = self.shown.split("(", 1)
        name = " ".join(word.capitalize() for word in words[0].split())
        return name if len(words) == 1 else f"{name}({words[1]}"


def sized(kind: str, length: int) -> VType:
    """Return a text or a binary of so many octets."""
    limit = _LIMITS[kind]
    spelled = kind.replace("_", " ")
    if not 1 <= length <= limit:
        said = f"Length for type {spelled} " + (
            "must be at least 1" if length < 1 else f"cannot exceed {limit}"
        )
        raise VerticaError(said, sqlstate="22023", code=3852 if length < 1 else 3851)
    inside = {"char": "char", "varchar": "varchar"}.get(kind, f"v_internal.{kind}")
    return VType(
        kind=kind,
        oid=OIDS[kind],
        modifier=length + 4,
        pg=f"{inside}({length})",
        shown=f"{spelled}({length})",
    )


def numeric(precision: int, scale: int) -> VType:
    """Return NUMERIC(precision, scale); PostgreSQL counts only to 1000."""
    if not 1 <= precision <= 1024:
        said = f"NUMERIC precision {precision} must be between 1 and 1024"
        raise VerticaError(said, sqlstate="22023", code=4103)
    if not 0 <= scale <= precision:
        said = f"NUMERIC scale {scale} must be between 0 and precision {precision}"
        raise VerticaError(said, sqlstate="22023", code=4105)
    return VType(
        kind="numeric",
        oid=OIDS["numeric"],
        modifier=((precision << 16) | scale) + 4,
        pg=f"numeric({precision},{scale})" if precision <= 1000 else "numeric",
        shown=f"numeric({precision},{scale})",
    )


def plain(kind: str) -> VType:
    """Return a type without any number to it."""
    return VType(kind=kind, oid=OIDS[kind], modifier=-1, pg=_PG[kind], shown=_SHOWN[kind])


def moment(kind: str, precision: int | None = None) -> VType:
    """Return a time or a timestamp."""
    inside = {"timetz": "time{} with time zone", "timestamptz": "timestamp{} with time zone"}
    digits = "" if precision is None else f"({precision})"
    return VType(
        kind=kind,
        oid=OIDS[kind],
        modifier=-1 if precision is None else precision,
        pg=inside.get(kind, f"{kind}{{}}").format(digits),
        shown=kind + digits,
    )


def interval(first: str, last: str, precision: int | None = None) -> VType:
    """Return an interval between two of its fields."""
    kind = "interval_ym" if first in ("year", "month") else "interval"
    inside = _RANGES[_RANGES.index(first) : _RANGES.index(last) + 1]
    bits = sum(1 << _FIELDS[field] for field in inside)
    words = first if first == last else f"{first} to {last}"
    digits = "" if precision is None or last != "second" else f"({precision})"
    return VType(
        kind=kind,
        oid=OIDS[kind],
        modifier=bits | (0 if kind == "interval_ym" else 6 if precision is None else precision),
        pg=f"interval {words}{digits}",
        shown=f"interval {words}{digits}",
    )


def collection(what: str, element: VType, bound: int | None = None) -> VType:
    """Return ARRAY[element] or SET[element]."""
    if element.kind not in ARRAY_OIDS:
        raise VerticaError(
            f"{what.upper()} of {element.shown} is not known to this stand-in",
            sqlstate="0A000",
            code=5366,
        )
    size = "" if bound is None else f",{bound}"
    return VType(
        kind=what,
        oid=ARRAY_OIDS[element.kind] + (_SET_STEP if what == "set" else 0),
        modifier=element.modifier,
        pg=f"{element.pg}[]",
        shown=f"{what}[{element.shown}{size}]",
        element=element,
    )


def parse_type(cursor: Cursor) -> VType:
    """Take a type; another database's type does not exist."""
    token = cursor.here
    if token is None or not token.is_name:
        cursor.fail()
    word = token.value
    if word in ("array", "set"):
        return _collection(cursor)
    if word in _PLAIN:
        cursor.next()
        return plain(_PLAIN[word])
    if word in ("numeric", "decimal", "number", "money"):
        return _numeric(cursor)
    if word in _TEXTS or word == "long":
        return _text(cursor)
    if word in _MOMENTS:
        return _moment(cursor)
    if word in ("interval", "intervalym"):
        return _interval(cursor)
    return _other(cursor)


def _other(cursor: Cursor) -> VType:
    if cursor.take("double"):
        cursor.take("precision")
        return plain("float")
    if cursor.take("float"):
        _digits(cursor)
        return plain("float")
    token = cursor.next()
    position = token.position
    if token.value in ("row", "map", "geometry", "geography"):
        raise VerticaError(
            f"Type {token.value.upper()} is not known to this stand-in", sqlstate="0A000", code=5366
        )
    said = f'Type "{token.name}" does not exist'
    raise VerticaError(said, sqlstate="42704", code=5108, position=position)


def _digits(cursor: Cursor) -> int | None:
    if not cursor.take_op("("):
        return None
    found = cursor.integer()
    cursor.need_op(")")
    return found


def _numeric(cursor: Cursor) -> VType:
    word = cursor.next().value
    default = {"money": (18, 4), "number": (38, 0)}.get(word, (37, 15))
    if not cursor.take_op("("):
        return numeric(*default)
    precision = cursor.integer()
    scale = cursor.integer() if cursor.take_op(",") else 0
    cursor.need_op(")")
    return numeric(precision, scale)


def _text(cursor: Cursor) -> VType:
    long = "long_" if cursor.take("long") else ""
    token = cursor.next()
    if token.value not in _TEXTS or (long and token.value not in ("varchar", "varbinary")):
        cursor.fail()
    kind = long + _TEXTS[token.value]
    if token.value in ("char", "character", "binary") and cursor.take("varying"):
        kind = {"char": "varchar", "binary": "varbinary"}[_TEXTS[token.value]]
    units = _sized_in(cursor)
    return sized(kind, _DEFAULTS[kind] if units is None else units)


def _sized_in(cursor: Cursor) -> int | None:
    """A length; OCTETS may be said."""
    if not cursor.take_op("("):
        return None
    found = cursor.integer()
    cursor.take("octets")
    cursor.need_op(")")
    return found


def _moment(cursor: Cursor) -> VType:
    kind = _MOMENTS[cursor.next().value]
    precision = _digits(cursor)
    if cursor.take("with", "time", "zone"):
        kind = {"time": "timetz", "timestamp": "timestamptz"}.get(kind, kind)
    elif cursor.take("without", "time", "zone"):
        pass
    elif cursor.take("with", "timezone"):
        kind = {"time": "timetz", "timestamp": "timestamptz"}.get(kind, kind)
    return moment(kind, precision)


def _interval(cursor: Cursor) -> VType:
    if cursor.next().value == "intervalym":
        return interval("year", "month")
    precision = _digits(cursor)
    first = cursor.one_of(*_RANGES)
    if first is None:
        return interval("day", "second", precision)
    precision = _digits(cursor) if precision is None else precision
    last = first
    if cursor.take("to"):
        last = cursor.one_of(*_RANGES) or cursor.fail()
        precision = _digits(cursor) if precision is None else precision
    same_family = (first in ("year", "month")) == (last in ("year", "month"))
    if not same_family or _RANGES.index(first) > _RANGES.index(last):
        cursor.fail()
    return interval(first, last, precision)


def _collection(cursor: Cursor) -> VType:
    what = cursor.next().value
    cursor.need_op("[")
    element = parse_type(cursor)
    bound = cursor.integer() if cursor.take_op(",") else None
    cursor.need_op("]")
    if cursor.take_op("("):
        bound = cursor.integer()
        cursor.need_op(")")
    return collection(what, element, bound)
