"""Columns and tables as a database declares them: its own words, and what they say of a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    IntegerConstraints,
    SqlRepresentation,
    StringConstraints,
    StringStatistics,
    TableRepresentation,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records_mover.schema import Field, FieldType, RecordsSchema

    Described = tuple[FieldType, Constraints]

__all__ = [
    "FLOATS",
    "INTEGERS",
    "ORIGIN",
    "binary_number",
    "declared",
    "digits_of",
    "fixed_point",
    "origin_of",
    "own_word",
    "table_declared",
    "table_origin_of",
    "text_bytes",
]

ORIGIN = "origin"
"""The representation of a field that says where it comes from."""

INTEGERS: Mapping[str, int] = {"smallint": 16, "integer": 32, "bigint": 64}
"""The bits of SQL's integers."""

FLOATS: Mapping[str, tuple[int, int]] = {"real": (32, 23), "double precision": (64, 53)}
"""The bits of SQL's floats, and those of their significands."""

_BYTES_A_CHARACTER = 4
_LEAST_ROOM = 256


def declared(rep_type: str, word: str, modifiers: str = "") -> SqlRepresentation:
    """Return how a column was declared: its type, and what follows that."""
    return SqlRepresentation(
        rep_type=rep_type,
        col_ddl=f"{word} {modifiers}".strip(),
        col_type=word,
        col_modifiers=modifiers,
    )


def origin_of(field: Field, rep_type: str, name: str = ORIGIN) -> SqlRepresentation | None:
    """Return how a database of one kind declared a field; None where it was not such a one."""
    known = field.representations.get(name)
    if isinstance(known, SqlRepresentation) and known.rep_type == rep_type:
        return known
    return None


def table_declared(rep_type: str, details: Mapping[str, Any]) -> dict[str, TableRepresentation]:
    """Return how a table was declared, for a schema's ``known_representations``.

    ``details`` are what its columns do not say, such as how rows are sorted; those that are empty
    are left out.
    """
    said = {name: value for name, value in details.items() if value}
    return {ORIGIN: TableRepresentation(type=rep_type, details=said)} if said else {}


def table_origin_of(schema: RecordsSchema, rep_type: str) -> Mapping[str, Any]:
    """Return the details of the table that a schema is of; none of another kind of database's."""
    known = schema.known_representations.get(ORIGIN)
    if isinstance(known, TableRepresentation) and known.type == rep_type:
        return known.details
    return {}


def own_word(field: Field, rep_type: str, said: Callable[[str], Described]) -> str | None:
    """Return the type that a column had in a database, if it still says what the field holds.

    It does not when the field was cast since. ``said`` returns what such a type says of a field.
    """
    known = origin_of(field, rep_type)
    word = known.col_type if known else None
    if not word or said(word) != (field.field_type, field.constraints or Constraints()):
        return None
    return word


def binary_number(name: str, *, required: bool) -> Described | None:
    """Return what SQL's name of an integer or a float says; None for any other name."""
    if name in INTEGERS:
        half = 2 ** (INTEGERS[name] - 1)
        return "integer", IntegerConstraints(required=required, min=-half, max=half - 1)
    if name in FLOATS:
        bits, significand = FLOATS[name]
        return "decimal", DecimalConstraints(
            required=required, fp_total_bits=bits, fp_significand_bits=significand
        )
    return None


def fixed_point(args: str | None, *, required: bool) -> DecimalConstraints:
    """Return what the arguments of a decimal, ``10,2``, say; None is for one without limits."""
    if args is None:
        return DecimalConstraints(required=required)
    digits, _, scale = args.partition(",")
    return DecimalConstraints(
        required=required, fixed_precision=int(digits), fixed_scale=int(scale or 0)
    )


def digits_of(facts: DecimalConstraints) -> tuple[int, int]:
    """Return the digits that a decimal needs, and how many of them are behind the point.

    At least one digit, and none less than nothing behind the point. Only for one whose
    ``fixed_precision`` is known.
    """
    precision, scale = facts.fixed_precision or 0, facts.fixed_scale or 0
    return (max(precision, scale, 1), scale) if scale >= 0 else (precision - scale, 0)


def text_bytes(field: Field, *, limit: int) -> int | None:
    """Return how many bytes a column of text needs, None where nothing is known for certain.

    Where its length is only that of the rows which were seen, there is room for what the next load
    may bring: a power of two and no less than 256, but not more than ``limit`` for its sake alone.
    """
    facts, seen = field.constraints, field.statistics
    size = None
    if isinstance(facts, StringConstraints):
        size = _bytes(facts.max_length_bytes, facts.max_length_chars)
    if size is None and isinstance(seen, StringStatistics) and seen.complete:
        size = _bytes(seen.max_length_bytes, seen.max_length_chars)
        return None if size is None else _roomy(size, limit)
    return size


def _bytes(size: int | None, characters: int | None) -> int | None:
    if size is not None:
        return size
    return None if characters is None else characters * _BYTES_A_CHARACTER


def _roomy(size: int, limit: int) -> int:
    roomy = max(1 << (size - 1).bit_length() if size else 1, _LEAST_ROOM)
    return limit if size <= limit < roomy else roomy
