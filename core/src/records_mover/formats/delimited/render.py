"""Typed columns as the text that a delimited file holds, whole arrays at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns import tokens, values
from records_mover.formats.columns.dates import parse_format
from records_mover.formats.columns.decimals import PLAIN_SCALE, plain_decimals
from records_mover.formats.columns.json_values import json_text

if TYPE_CHECKING:
    from records_mover.formats.columns.dates import DateFormat
    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["render", "writes_itself"]


def writes_itself(array: pa.Array, hints: ValidatedRecordsHints) -> bool:
    """Tell whether Arrow's CSV writer writes the column as ``render`` would."""
    kind = array.type
    if pat.is_boolean(kind):
        return hints.boolean_format == "true/false"
    if pat.is_decimal128(kind):
        return bool(kind.scale <= PLAIN_SCALE) and hints.decimal_separator == "."
    if pat.is_floating(kind):
        return hints.decimal_separator == "."
    if pat.is_date(kind):
        return parse_format(hints.dateformat).is_iso
    return bool(pat.is_string(kind) or pat.is_integer(kind))


def render(array: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    """Return a column as text, NULL where it is NULL."""
    kind = array.type
    if pat.is_string(kind):
        return array
    if pat.is_boolean(kind):
        true, false = (values.text(word) for word in hints.booleans)
        return pc.if_else(array, true, false)
    if pat.is_decimal(kind) or pat.is_floating(kind):
        return _with_separator(_numbers(array), hints.decimal_separator)
    if pat.is_binary(kind):
        return tokens.hex_from_bytes(array)
    if pat.is_list(kind):
        return json_text(array)
    if pat.is_temporal(kind):
        return _times(array, hints)
    return pc.cast(array, pa.string())


def _numbers(array: pa.Array) -> pa.Array:
    if pat.is_decimal(array.type):
        return plain_decimals(array)
    return pc.cast(array, pa.string())


def _with_separator(text: pa.Array, separator: str) -> pa.Array:
    return text if separator == "." else pc.replace_substring(text, ".", separator)


def _times(array: pa.Array, hints: ValidatedRecordsHints) -> pa.Array:
    kind = array.type
    if pat.is_date(kind):
        return _formatted(pc.cast(array, pa.date32()), parse_format(hints.dateformat))
    if pat.is_time(kind):
        return _formatted(array, parse_format(hints.timeonlyformat))
    if kind.tz is None:
        return _formatted(array, parse_format(hints.datetimeformat))
    format_ = parse_format(hints.datetimeformattz)
    utc = pc.cast(pc.cast(array, pa.timestamp(kind.unit, "UTC")), pa.timestamp(kind.unit))
    return _formatted(utc, format_)


def _formatted(array: pa.Array, format_: DateFormat) -> pa.Array:
    text = tokens.to_iso(_without_empty_fractions(array))
    if format_.is_iso and "OF" not in format_.tokens and "T" not in format_.canonical:
        return text
    return _rearranged(text, array, format_)


def _without_empty_fractions(array: pa.Array) -> pa.Array:
    """Return the times in whole seconds where none of them has a fraction."""
    if pat.is_date(array.type) or array.type.unit == "s":
        return array
    whole = pa.time32("s") if pat.is_time(array.type) else pa.timestamp("s")
    try:
        return pc.cast(array, whole)
    except pa.ArrowInvalid:
        return array


_SPOTS = {"YYYY": (0, 4), "YY": (2, 4), "MM": (5, 7), "DD": (8, 10)}


def _rearranged(text: pa.Array, array: pa.Array, format_: DateFormat) -> pa.Array:
    """Return ISO text of one width with its parts in another order."""
    kind = array.type
    blank = "00:00:00" if pat.is_time(kind) else "1970-01-01 00:00:00"
    filled = pc.fill_null(text, values.text(blank[:10] if pat.is_date(kind) else blank))
    rows = tokens.matrix(filled) if not len(text) or _one_width(filled) else None
    if not len(text):
        return text
    if rows is None:
        rows = tokens.matrix(_padded(text, kind, blank))
    if rows is None:
        raise BadRowError(
            f"a date outside the years 1 to 9999 cannot be written as {format_.canonical}",
            "write it in an ISO format",
        )
    start = 0 if pat.is_time(kind) else 11
    columns = [_piece(part, rows, start, pat.is_date(kind)) for part in format_.parts]
    joined = tokens.strings_of(np.concatenate(columns, axis=1))
    return pc.if_else(pc.is_valid(array), joined, values.null(pa.string()))


def _one_width(text: pa.Array) -> bool:
    return tokens.matrix(text) is not None


def _padded(text: pa.Array, kind: pa.DataType, blank: str) -> pa.Array:
    """Return the text with NULL as a time of the same width, so that all have one width."""
    width = pc.max(pc.binary_length(text)).as_py() or len(blank)
    fraction = "." + "0" * (width - len(blank) - 1) if width > len(blank) else ""
    return pc.fill_null(text, values.text(blank[:10] if pat.is_date(kind) else blank + fraction))


def _piece(part: str, rows: tokens.Bytes, start: int, date: bool) -> tokens.Bytes:
    if part in _SPOTS:
        first, last = _SPOTS[part]
        return rows[:, first:last] if start or date else _constant(part, len(rows))
    clock = {"HH24": (0, 2), "MI": (3, 5), "SS": (6, rows.shape[1] - start)}
    if part in clock and not date:
        first, last = clock[part]
        return rows[:, start + first : start + last]
    if part in ("HH12", "AM") and not date:
        return _twelve(rows[:, start : start + 2], part)
    return _constant(_MIDNIGHT.get(part, part), len(rows))


_MIDNIGHT = {"HH24": "00", "HH12": "12", "MI": "00", "SS": "00", "AM": "AM", "OF": "+00"}


def _constant(text: str, count: int) -> tokens.Bytes:
    one = np.frombuffer(text.encode(), np.uint8)
    return np.broadcast_to(one, (count, len(one)))


def _twelve(digits: tokens.Bytes, part: str) -> tokens.Bytes:
    hour = (digits[:, 0] - 48) * 10 + (digits[:, 1] - 48)
    words = [
        f"{(h % 12) or 12:02d}" if part == "HH12" else ("AM" if h < 12 else "PM") for h in range(24)
    ]
    table = np.frombuffer("".join(words).encode(), np.uint8).reshape(24, 2)
    twelve: tokens.Bytes = table[hour]
    return twelve
