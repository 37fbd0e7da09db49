"""Columns by the SQL text that old records directories hold in their file ``_schema``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.schema.constraints import (
    Constraints,
    DecimalConstraints,
    IntegerConstraints,
    StringConstraints,
)
from records_mover.schema.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["fields_of_ddl"]

_TABLE = re.compile(r"\s*CREATE\s[^(]*?\bTABLE\b[^(]*\(", re.IGNORECASE)
_COLUMN = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")+)"|`(?P<ticked>[^`]+)`|(?P<bare>[^\W\d]\w*))
        \s+(?P<type>[A-Za-z]\w*(?:\s+(?:PRECISION|VARYING))?)
        \s*(?:\(\s*(?P<numbers>\d+(?:\s*,\s*\d+)?)\s*\))?
        (?P<zone>\s+WITH\s+TIME\s+ZONE)?(?P<rest>.*)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_PIECE = re.compile(r"""(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|\([^()]*\)|[^,()"'])+""")
_KEYS = {"primary", "unique", "constraint", "foreign", "check", "key", "index"}
_WIDTHS = {"smallint": 16, "int2": 16, "integer": 32, "int": 32, "int4": 32, "bigint": 64}
_PLAIN = {"boolean", "bool", "date"}
_TEXT = {"varchar", "character varying", "char", "character", "nvarchar", "bpchar", "text"}
_FLOATS = {"real": (32, 23), "float4": (32, 23), "float": (64, 53), "float8": (64, 53)}
_FLOATS["double precision"] = _FLOATS["double"] = (64, 53)


def fields_of_ddl(text: str) -> dict[str, Field | None] | None:
    """Return the columns of a CREATE TABLE statement, None for those of an unknown type.

    None where the text is no such statement.
    """
    start = _TABLE.match(text)
    if start is None:
        return None
    fields: dict[str, Field | None] = {}
    for piece in _PIECE.findall(_body(text[start.end() :])):
        match = _COLUMN.fullmatch(piece.rstrip())
        if match is not None and (match["bare"] or "").lower() not in _KEYS:
            name = match["bare"] or match["ticked"] or match["quoted"].replace('""', '"')
            fields[name] = _field(name, match)
    return fields or None


def _body(text: str) -> str:
    """Return what stands before the parenthesis that closes the list of columns."""
    depth = 0
    for found in re.finditer(r"""[()]|"(?:[^"]|"")*"|'(?:[^']|'')*'""", text):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth < 0:
            return text[: found.start()]
    return text


def _field(name: str, match: re.Match[str]) -> Field | None:
    kind = " ".join(match["type"].lower().split())
    numbers = [int(number) for number in re.findall(r"\d+", match["numbers"] or "")]
    required = re.search(r"\bNOT\s+NULL\b", match["rest"], re.IGNORECASE) is not None
    if kind in _WIDTHS:
        half = 2 ** (_WIDTHS[kind] - 1)
        return Field(
            name, "integer", IntegerConstraints(required=required, min=-half, max=half - 1)
        )
    if kind in _PLAIN:
        plain = Constraints(required=required)
        return Field(name, "date", plain) if kind == "date" else Field(name, "boolean", plain)
    if kind in _TEXT:
        length = numbers[0] if numbers else None
        return Field(name, "string", StringConstraints(required=required, max_length_bytes=length))
    make = _OTHERS.get(kind)
    zoned = bool(match["zone"]) or kind in ("timestamptz", "timetz")
    return None if make is None else make(name, numbers, zoned, required)


def _decimal(name: str, numbers: list[int], zoned: bool, required: bool) -> Field:
    del zoned
    if not numbers:
        return Field(name, "decimal", DecimalConstraints(required=required))
    scale = numbers[1] if len(numbers) > 1 else 0
    fixed = DecimalConstraints(required=required, fixed_precision=numbers[0], fixed_scale=scale)
    return Field(name, "decimal", fixed)


def _timestamp(name: str, numbers: list[int], zoned: bool, required: bool) -> Field:
    del numbers
    return Field(name, "datetimetz" if zoned else "datetime", Constraints(required=required))


def _time(name: str, numbers: list[int], zoned: bool, required: bool) -> Field:
    del numbers
    return Field(name, "timetz" if zoned else "time", Constraints(required=required))


def _float_of(bits: tuple[int, int]) -> Callable[[str, list[int], bool, bool], Field]:
    def make(name: str, numbers: list[int], zoned: bool, required: bool) -> Field:
        del numbers, zoned
        total, digits = bits
        floating = DecimalConstraints(
            required=required, fp_total_bits=total, fp_significand_bits=digits
        )
        return Field(name, "decimal", floating)

    return make


_OTHERS: Mapping[str, Callable[[str, list[int], bool, bool], Field]] = {
    "numeric": _decimal,
    "decimal": _decimal,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "datetime": _timestamp,
    "time": _time,
    "timetz": _time,
    **{kind: _float_of(bits) for kind, bits in _FLOATS.items()},
}
