"""A field of text into the value of a column, or the error that Redshift logs for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

from redshift_server.load.moments import date_value, time_value, timestamp_value
from redshift_server.load.problem import FieldProblem
from redshift_server.load.semi import geometry_value, super_value, varbyte_value
from redshift_server.load.strings import char_value, varchar_value

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn

__all__ = ["Conversion", "converter"]

_STRINGS = ("varchar", "bpchar")
_INTEGERS = {
    "int2": ("Short", 1 << 15), "int4": ("Integer", 1 << 31), "int8": ("Long", 1 << 63),
}  # fmt: skip
_TRUE = {"t", "true", "y", "yes", "on", "1"}
_FALSE = {"f", "false", "n", "no", "off", "0"}
_EXACT = Context(prec=80)
_INT64_DIGITS = 19
_MAX_INT64 = (1 << 63) - 1

Conversion = "Callable[[bytes | None], bytes | None]"


@dataclass(frozen=True, slots=True)
class converter:  # noqa: N801 - it is called as a function
    """Turns the fields of one column; returns None for NULL."""

    column: TableColumn
    statement: CopyStatement

    def __call__(self, field: bytes | None) -> bytes | None:
        """Return the value as PostgreSQL's text."""
        value = self._value(field)
        if value is None and self.column.not_null:
            raise FieldProblem(1213, "Missing data for not-null field")
        return value

    def _value(self, field: bytes | None) -> bytes | None:
        if field is None:
            return None
        kind = self.column.type
        if kind in _STRINGS:
            if not field and self.statement.flag("emptyasnull"):
                return None
            if field.isspace() and self.statement.flag("blanksasnull"):
                return None
            work = varchar_value if kind == "varchar" else char_value
            return work(field, self.column, self.statement)
        # Blank text is NULL; a columnar file says itself what is NULL, and has empty VARBYTEs.
        columnar = self.statement.format in ("parquet", "orc")
        if not field.strip() and not (columnar and kind == "varbyte"):
            return None
        if kind in _INTEGERS:
            return _integer(field, kind)
        return _OTHERS[kind](field, self.column, self.statement)


def _integer(field: bytes, kind: str) -> bytes:
    name, bound = _INTEGERS[kind]
    text = field.strip(b" ")
    if not re.fullmatch(rb"[+-]?\d+", text):
        raise _digit(text, name)
    number = int(text)
    if not -bound <= number < bound:
        raise FieldProblem(1204, f"Overflow, Value '{_shown(text)}', Pos 0, Type: {name}")
    return str(number).encode()


def _digit(text: bytes, name: str) -> FieldProblem:
    allowed = rb"[+-]?\d*\.?\d*" if name in ("Decimal", "Float") else rb"[+-]?\d*"
    found = re.match(allowed, text)
    place = found.end() if found else 0
    letter = _shown(text[place : place + 1])
    return FieldProblem(1207, f"Invalid digit, Value '{letter}', Pos {place}, Type: {name}", place)


def _shown(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _numeric(field: bytes, column: TableColumn, statement: CopyStatement) -> bytes:
    text = field.strip(b" ")
    if not re.fullmatch(rb"[+-]?(\d+\.?\d*|\.\d+)", text):
        raise _digit(text, "Decimal")
    rounding = ROUND_HALF_UP if statement.flag("roundec") else ROUND_DOWN
    step = Decimal(1).scaleb(-column.scale)
    number = Decimal(text.decode()).quantize(step, rounding=rounding, context=_EXACT)
    unscaled = abs(int(number.scaleb(column.scale, context=_EXACT)))
    fits = unscaled < 10**column.size
    if column.size <= _INT64_DIGITS:
        fits = fits and unscaled <= _MAX_INT64
    if not fits:
        raise FieldProblem(1207, "Numeric data overflow (result precision)")
    return format(number, "f").encode()


def _float(field: bytes, _column: TableColumn, _statement: CopyStatement) -> bytes:
    text = field.strip(b" ")
    try:
        float(text)
    except ValueError:
        raise FieldProblem(
            1208, f"Invalid digit, Value '{_shown(text)}', Pos 0, Type: Float"
        ) from None
    if b"_" in text:
        raise FieldProblem(1208, f"Invalid digit, Value '{_shown(text)}', Pos 0, Type: Float")
    return text


def _boolean(field: bytes, _column: TableColumn, _statement: CopyStatement) -> bytes:
    text = _shown(field).strip().lower()
    if text in _TRUE:
        return b"t"
    if text in _FALSE:
        return b"f"
    raise FieldProblem(1210, "Unknown boolean format")


def _hll(field: bytes, _column: TableColumn, _statement: CopyStatement) -> bytes:
    return field


_OTHERS = {
    "numeric": _numeric, "float4": _float, "float8": _float, "bool": _boolean,
    "date": date_value, "timestamp": timestamp_value, "timestamptz": timestamp_value,
    "time": time_value, "timetz": time_value, "super": super_value, "varbyte": varbyte_value,
    "geometry": geometry_value, "hllsketch": _hll, "interval": _hll,
}  # fmt: skip
