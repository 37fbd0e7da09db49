"""Text columns to typed columns, whole arrays at a time."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.formats.columns import tokens
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.columns.values import null, texts
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = [
    "converter",
    "decimals",
    "false_spellings",
    "native_type",
    "true_spellings",
    "within_precision",
    "wraps",
]

TRUE = ("true", "True", "TRUE", "t", "T", "1", "yes", "Yes", "YES", "y", "Y", "on", "ON")
FALSE = ("false", "False", "FALSE", "f", "F", "0", "no", "No", "NO", "n", "N", "off", "OFF")


def true_spellings(hints: ValidatedRecordsHints) -> list[str]:
    """Return what is read as true: the hint's own spelling overrides the usual ones."""
    true, false = hints.booleans
    return [true, *(word for word in TRUE if word not in (true, false))]


def false_spellings(hints: ValidatedRecordsHints) -> list[str]:
    """Return what is read as false: the hint's own spelling overrides the usual ones."""
    true, false = hints.booleans
    return [false, *(word for word in FALSE if word not in (true, false))]


def native_type(kind: pa.DataType, hints: ValidatedRecordsHints) -> pa.DataType | None:
    """Return the type that Arrow's CSV parser makes of a column itself; None where it cannot."""
    if pat.is_binary(kind) or pat.is_list(kind) or pat.is_decimal256(kind):
        return None
    if pat.is_decimal(kind):
        return None if wraps(kind) else kind
    if pat.is_date(kind):
        return kind if parse_format(hints.dateformat).is_iso else None
    if pat.is_time(kind):
        return kind if parse_format(hints.timeonlyformat).is_iso else None
    if pat.is_timestamp(kind):
        return _native_timestamp(kind, hints)
    return kind


def _native_timestamp(kind: pa.DataType, hints: ValidatedRecordsHints) -> pa.DataType | None:
    if kind.tz is None:
        return kind if parse_format(hints.datetimeformat).is_iso else None
    format_ = parse_format(hints.datetimeformattz)
    return kind if format_.is_iso and "OF" in format_.tokens else None


def converter(kind: pa.DataType, hints: ValidatedRecordsHints) -> Callable[[pa.Array], pa.Array]:
    """Return the function that makes a typed column of its text; it raises ArrowInvalid."""
    if pat.is_string(kind):
        return lambda text: text
    if pat.is_boolean(kind):
        return lambda text: _booleans(text, hints)
    if pat.is_binary(kind):
        return tokens.bytes_from_hex
    if pat.is_list(kind):
        return lambda text: tokens.lists_from_json(text, kind)
    if pat.is_date(kind):
        return lambda text: tokens.parse(text, parse_format(hints.dateformat), kind)
    if pat.is_time(kind):
        return lambda text: tokens.parse(text, parse_format(hints.timeonlyformat), kind)
    if pat.is_timestamp(kind):
        written = hints.datetimeformat if kind.tz is None else hints.datetimeformattz
        return lambda text: tokens.parse(text, parse_format(written), kind)
    return lambda text: _numbers(text, kind, hints)


def _booleans(text: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    true = pc.is_in(text, texts(true_spellings(hints)))
    false = pc.is_in(text, texts(false_spellings(hints)))
    strange = pc.filter(text, pc.invert(pc.or_(pc.or_(true, false), pc.is_null(text))))
    if len(strange):
        raise pa.ArrowInvalid(f"invalid value '{strange[0].as_py()}'")
    return pc.if_else(pc.is_valid(text), true, null(pa.bool_()))


def _numbers(text: pa.Array, kind: pa.DataType, hints: ValidatedRecordsHints) -> pa.Array:
    text = pc.utf8_trim(text, " \t")
    if hints.decimal_separator == "," and not pat.is_integer(kind):
        if pc.any(pc.match_substring(text, ".")).as_py():
            raise pa.ArrowInvalid("a '.' where the decimal separator is ','")
        text = pc.replace_substring(text, ",", ".")
    return decimals(text, kind) if pat.is_decimal(kind) else pc.cast(text, kind)


def wraps(kind: pa.DataType) -> bool:
    """Tell whether Arrow takes some number too long for the type for another one, in silence.

    It scales a number of as many digits as the type has before it looks whether it fits.
    """
    digits = 38 if pat.is_decimal128(kind) else 76
    return bool(kind.scale > 0 and kind.precision + kind.scale > digits)


def decimals(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return decimals from their text; ArrowInvalid where one does not fit."""
    if not wraps(kind):
        return pc.cast(text, kind)
    if pat.is_decimal128(kind):
        return pc.cast(pc.cast(text, pa.decimal256(kind.precision, kind.scale)), kind)
    whole = kind.precision - kind.scale
    too_long = rf"^[+-]?0*[1-9][0-9]{{{whole},}}|[1-9][0-9.]*[eE][+]?0*[1-9]"
    long = pc.filter(text, pc.match_substring_regex(text, too_long))
    for value in long.drop_null().to_pylist():
        if _digits_before_point(value) > whole:
            digits = many(whole, "digit")
            raise pa.ArrowInvalid(f"'{value[:80]}' has more than {digits} before the point")
    return pc.cast(text, kind)


def _digits_before_point(value: str) -> int:
    try:
        return Decimal(value).adjusted() + 1
    except InvalidOperation:
        return 0


def within_precision(array: pa.Array) -> pa.Array:
    """Return what Arrow's parsers made; ArrowInvalid where a decimal has too many digits."""
    if pat.is_decimal(array.type) or pat.is_list(array.type):
        array.validate(full=True)
    return array
