"""PostgreSQL's types as records types, and the types of a new table's columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from records_mover.db.columns.declared import (
    FLOATS,
    INTEGERS,
    ORIGIN,
    binary_number,
    declared,
    fixed_point,
    origin_of,
)
from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    Field,
    SqlRepresentation,
    StringConstraints,
    TimeConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    from records_mover.schema import FieldType

__all__ = [
    "BASE",
    "ODD_SCALES_SINCE",
    "ORIGIN",
    "REP_TYPE",
    "field_of",
    "has_odd_scale",
    "is_own",
    "lost_type",
    "own_type",
    "server_spelling",
    "spelled",
    "spelling_of",
    "with_plain_scale",
]

BASE = "base"
REP_TYPE = "sql/postgresql"
ODD_SCALES_SINCE = 150000
"""From here on a numeric may have fewer digits than decimals, or round before the point."""

_SPELLING = re.compile(
    r"(?P<name>[a-z][a-z0-9 ]*?)(?:\((?P<args>-?\d+(?:,-?\d+)?)\))?"
    r"(?P<zone> with(?:out)? time zone)?(?P<array>\[\])?"
)
_TEXTS = frozenset({"text", "character varying", "character", "bpchar", "name"})
_PLAIN: Mapping[str, FieldType] = {
    "boolean": "boolean",
    "date": "date",
    "bytea": "bytes",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "json",
}
# Types of every PostgreSQL, from 13 on, that travel as text and can be declared again elsewhere.
_BUILT_IN = frozenset(
    {
        *("inet", "cidr", "macaddr", "macaddr8", "money", "bit", "bit varying", "xml", "pg_lsn"),
        *("point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery"),
        *("int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange", "oid"),
        *("interval", "numeric", "time", "timestamp"),
        *INTEGERS,
        *FLOATS,
        *_TEXTS,
        *_PLAIN,
    }
)


def field_of(name: str, spelling: str, *, required: bool = False, own: str | None = None) -> Field:
    """Return the field for a type as ``format_type`` spells it; text for any that has no like.

    ``own`` is the column's own type where that is a domain over ``spelling``.
    """
    kind, constraints, items = _described(spelling, required=required)
    origin = declared(REP_TYPE, own or spelling, "NOT NULL" if required else "")
    known: dict[str, SqlRepresentation] = {ORIGIN: origin}
    if own is not None:
        known[BASE] = declared(REP_TYPE, spelling)
    return Field(name, kind, constraints, None, known, items)


Described = tuple["FieldType", Constraints, "Field | None"]


def _described(spelling: str, *, required: bool) -> Described:
    if spelling.endswith("[]"):
        kind, constraints, _ = _described(spelling[:-2], required=False)
        return "array", Constraints(required=required), Field("item", kind, constraints)
    found = _SPELLING.fullmatch(spelling)
    if found is None:
        return "string", StringConstraints(required=required), None
    field_type, constraints = _scalar(
        found["name"], found["args"], found["zone"], required=required
    )
    return field_type, constraints, None


def _scalar(
    name: str, args: str | None, zone: str | None, *, required: bool
) -> tuple[FieldType, Constraints]:
    number = binary_number(name, required=required)
    if number is not None:
        return number
    if name == "numeric":
        return "decimal", fixed_point(args, required=required)
    if name in ("time", "timestamp"):
        return _moment(name, args, zone, required=required)
    if name.split(" ", maxsplit=1)[0] == "interval":
        return "interval", Constraints(required=required)
    if name in _PLAIN:
        return _PLAIN[name], Constraints(required=required)
    limit = int(args) if args and name in _TEXTS else 1 if name == "character" else None
    return "string", StringConstraints(required=required, max_length_chars=limit)


def _moment(
    name: str, args: str | None, zone: str | None, *, required: bool
) -> tuple[FieldType, Constraints]:
    zoned = zone == " with time zone"
    plain: tuple[FieldType, FieldType] = (
        ("time", "timetz") if name == "time" else ("datetime", "datetimetz")
    )
    precision = int(args) if args else None
    return plain[zoned], TimeConstraints(required=required, precision=precision)


def own_type(
    field: Field, found: Callable[[str], str | None] | None = None
) -> TypeEngine[Any] | None:
    """Return the type that a column had in a PostgreSQL, or the one below it, if it can be again.

    ``found`` is asked for what is below a type that not every PostgreSQL has.
    """
    for spelling in _spellings(field):
        base = spelling if _is_built_in(spelling) else found(spelling) if found else None
        if base is not None and _still_fits(field, base):
            return spelled(spelling)
    return None


def has_odd_scale(field: Field) -> bool:
    """Whether a decimal's scale is below zero or above its precision."""
    facts = field.constraints
    if not isinstance(facts, DecimalConstraints) or facts.fixed_precision is None:
        return False
    return not 0 <= (facts.fixed_scale or 0) <= facts.fixed_precision


def with_plain_scale(field: Field) -> Field:
    """Return a decimal as one of a plain scale that has room for the same values."""
    facts = field.constraints
    assert isinstance(facts, DecimalConstraints)
    precision, scale = facts.fixed_precision or 0, facts.fixed_scale or 0
    digits = max(precision, precision - scale, scale)
    plain = replace(facts, fixed_precision=digits, fixed_scale=max(scale, 0))
    return replace(field, constraints=plain)


def lost_type(field: Field, chosen: TypeEngine[Any]) -> str | None:
    """Return the type that a column had in a PostgreSQL and loses by becoming text here."""
    spelling = next(_spellings(field), None)
    if (
        spelling is None
        or _is_built_in(spelling)
        or _described(spelling, required=False)[0]
        not in (
            "string",
            "array",
        )
    ):
        return None
    return None if str(chosen) in _spellings(field) else spelling


def _spellings(field: Field) -> Iterator[str]:
    for name in (ORIGIN, BASE):
        known = origin_of(field, REP_TYPE, name)
        if known is not None and known.col_type:
            yield known.col_type


def spelling_of(field: Field) -> str | None:
    """Return the type that a field's column had in a PostgreSQL, as that spelled it."""
    return next(_spellings(field), None)


def _is_built_in(spelling: str) -> bool:
    match = _SPELLING.fullmatch(spelling)
    return match is not None and (
        match["name"] in _BUILT_IN or match["name"].split(" ")[0] == "interval"
    )


def _still_fits(field: Field, spelling: str) -> bool:
    """Tell a field that was cast since, whose origin says nothing of it any more."""
    return _described(spelling, required=field.required)[:2] == (
        field.field_type,
        field.constraints or Constraints(),
    )


def is_own(kind: TypeEngine[Any]) -> bool:
    """Whether a type is one that not every PostgreSQL has."""
    from sqlalchemy.types import UserDefinedType

    return isinstance(kind, UserDefinedType) and not _is_built_in(str(kind))


def server_spelling(kind: TypeEngine[Any], dialect: Dialect) -> str:
    """Return a type as ``format_type`` spells it."""
    from sqlalchemy.types import UserDefinedType

    from records_mover.db.sql.spelling import spell_type

    if isinstance(kind, UserDefinedType):
        return str(kind)
    words = spell_type(kind, dialect).lower().replace(", ", ",")
    return words.replace("varchar", "character varying")


def spelled(spelling: str) -> TypeEngine[Any]:
    """Return a type that is written in DDL as it stands here."""
    from records_mover.db.sql.spelled import Spelled

    return Spelled(spelling)
