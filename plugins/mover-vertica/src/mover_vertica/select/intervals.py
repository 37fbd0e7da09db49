"""Intervals as ISO 8601 spells them, each part with the sign of the whole.

Vertica's own text has one sign for all of ``-1 12:00:00``, which others take for the days' alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from records_mover.formats.columns.values import flags, null, text

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

__all__ = ["day_second", "parsed_day_second", "parsed_year_month", "year_month"]

_SECOND = 1_000_000
_MINUTE, _HOUR, _DAY = 60 * _SECOND, 3600 * _SECOND, 86_400 * _SECOND
_MONTHS = 12
_TEXT = r"^(?P<sign>-?)(?:(?P<days>\d+) )?(?P<h>\d+):(?P<m>\d+):(?P<s>\d+)(?:\.(?P<f>\d{1,6}))?$"
_YEARS = r"^(?P<sign>-?)(?P<years>\d+)-(?P<months>\d+)$"


def day_second(micros: pa.Array) -> pa.Array:
    """Return the text of intervals that are told in microseconds."""
    count, sign = _apart(micros)
    days, rest = np.divmod(count, _DAY)
    hours, rest = np.divmod(rest, _HOUR)
    minutes, rest = np.divmod(rest, _MINUTE)
    seconds, fraction = np.divmod(rest, _SECOND)
    clock = _joined(_part(sign, hours, "H"), _part(sign, minutes, "M"))
    clock = _joined(clock, _where(rest > 0, _seconds(sign, seconds, fraction)))
    date = _part(sign, days, "D")
    told = _joined(text("P"), date, _where(count % _DAY > 0, text("T")), clock)
    return _kept(micros, _where(count > 0, told, text("PT0S")))


def year_month(months: pa.Array) -> pa.Array:
    """Return the text of intervals that are told in months."""
    count, sign = _apart(months)
    years, left = np.divmod(count, _MONTHS)
    told = _joined(text("P"), _part(sign, years, "Y"), _part(sign, left, "M"))
    return _kept(months, _where(count > 0, told, text("P0M")))


def parsed_day_second(told: pa.Array) -> pa.Array:
    """Return intervals that the server spelled, as ``1 12:00:00.5``."""
    parts = _parts(told, _TEXT)
    padded = pc.utf8_rpad(pc.struct_field(parts, "f"), 6, "0")
    micros = _number(parts, "days") * _DAY + _number(parts, "h") * _HOUR
    micros += _number(parts, "m") * _MINUTE + _number(parts, "s") * _SECOND + _integers(padded)
    return day_second(_signed(told, parts, micros))


def parsed_year_month(told: pa.Array) -> pa.Array:
    """Return intervals that the server spelled, as ``1-6``."""
    parts = _parts(told, _YEARS)
    months = _number(parts, "years") * _MONTHS + _number(parts, "months")
    return year_month(_signed(told, parts, months))


def _parts(told: pa.Array, pattern: str) -> pa.Array:
    parts = pc.extract_regex(told, pattern)
    bad = pc.and_(pc.is_valid(told), pc.is_null(parts))
    if pc.any(bad).as_py():
        raise pa.ArrowInvalid(f"an interval written as '{pc.filter(told, bad)[0].as_py()}'")
    return parts


def _number(parts: pa.Array, name: str) -> Ints:
    return _integers(pc.struct_field(parts, name))


def _integers(digits: pa.Array) -> Ints:
    """Return numbers; a part that is not there is none."""
    filled = pc.if_else(pc.equal(pc.fill_null(digits, text("")), text("")), text("0"), digits)
    return _values(pc.cast(filled, pa.int64()))


def _signed(told: pa.Array, parts: pa.Array, count: Ints) -> pa.Array:
    minus = pc.fill_null(pc.equal(pc.struct_field(parts, "sign"), text("-")), flags([False])[0])
    sign = np.where(_bits(minus), -1, 1)
    numbers = pa.Array.from_buffers(pa.int64(), len(told), [None, pa.py_buffer(count * sign)])
    return pc.if_else(pc.is_valid(told), numbers, null(pa.int64()))


def _apart(numbers: pa.Array) -> tuple[Ints, pa.Array]:
    """Return the sizes, and what stands before each part of them."""
    values = _values(numbers)
    return np.abs(values), _where(values < 0, text("-"))


def _values(numbers: pa.Array) -> Ints:
    values = np.frombuffer(numbers.buffers()[1], np.int64)
    return values[numbers.offset : numbers.offset + len(numbers)]


def _bits(column: pa.Array) -> npt.NDArray[Any]:
    octets = np.frombuffer(pc.cast(column, pa.uint8()).buffers()[1], np.uint8)
    bits: npt.NDArray[Any] = octets[: len(column)] == 1
    return bits


def _part(sign: pa.Array, numbers: Ints, unit: str) -> pa.Array:
    return _where(numbers > 0, _joined(sign, _shown(numbers), text(unit)))


def _seconds(sign: pa.Array, seconds: Ints, fraction: Ints) -> pa.Array:
    digits = pc.utf8_rtrim(pc.utf8_lpad(_shown(fraction), 6, "0"), "0")
    rest = _where(fraction > 0, _joined(text("."), digits))
    return _joined(sign, _shown(seconds), rest, text("S"))


def _shown(numbers: Ints) -> pa.Array:
    data = pa.py_buffer(np.ascontiguousarray(numbers))
    return pc.cast(pa.Array.from_buffers(pa.int64(), len(numbers), [None, data]), pa.string())


def _joined(*pieces: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, text(""))


def _where(
    wanted: npt.NDArray[Any], column: pa.Array | pa.Scalar, other: pa.Scalar | None = None
) -> pa.Array:
    return pc.if_else(flags(wanted), column, text("") if other is None else other)


def _kept(numbers: pa.Array, told: pa.Array) -> pa.Array:
    """Return the text of what is no NULL."""
    return pc.if_else(pc.is_valid(numbers), told, null(pa.string()))
