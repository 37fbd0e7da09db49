"""Numbers and dates in their plainest spelling, read in bulk; any other is left to Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mover_postgres.binary.arrays import offsets_of, valid_rows

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["plain_dates", "scaled_integers"]

_ZERO, _POINT, _MINUS = b"0.-"
_MOST_DIGITS = 18  # as many as always fit 64 bits
_DATE = 10
_EPOCH_DAYS = 719_468  # from 0000-03-01, where the algorithm's years begin, to 1970-01-01
_DAYS_OF_MONTH = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int32)


def scaled_integers(array: pa.Array, scale: int) -> pa.Array | None:
    """Return decimals as integers of units of the last place; None unless all are plainly spelled.

    That is: digits, before them perhaps a minus, and either no value has a point or each has
    exactly ``scale`` digits behind it.
    """
    offsets, valid = offsets_of(array), valid_rows(array)
    lengths = np.diff(offsets)
    held = lengths if valid is None else lengths[valid]
    if not len(held) or held.min() < 1:
        return None
    data = np.frombuffer(array.buffers()[2], np.uint8)
    negative = (data[np.minimum(offsets[:-1], len(data) - 1)] == _MINUS) & (lengths > 0)
    digits = lengths - negative
    fewest = int(digits.min() if valid is None else digits[valid].min())
    last = offsets[1:] - 1
    first = last[0 if valid is None else valid.argmax()]
    pointed = 0 < scale < fewest and bool(data[first - scale] == _POINT)
    if fewest < 1 or int(digits.max()) + (0 if pointed else scale) > _MOST_DIGITS:
        return None
    value = _summed(data, last, digits, scale if pointed else None, valid)
    if value is None:
        return None
    value = value.astype(np.int64) * (1 if pointed else 10**scale)
    np.negative(value, out=value, where=negative)
    return pa.Array.from_buffers(pa.int64(), len(array), [array.buffers()[0], pa.py_buffer(value)])


def _summed(
    data: npt.NDArray[Any],
    last: npt.NDArray[Any],
    digits: npt.NDArray[Any],
    point: int | None,
    valid: npt.NDArray[np.bool_] | None,
) -> npt.NDArray[Any] | None:
    """Add up the digits from the right; None where something else is found."""
    most, fewest = int(digits.max()), int(digits.min())
    kind: Any = np.uint32 if most <= 9 else np.uint64
    total = np.zeros(len(last), kind)
    power = 1
    spots = last.astype(np.intp)
    for index in range(most):
        signs = data.take(spots, mode="clip")
        spots -= 1
        if index == point:
            wrong = signs != _POINT
            if (wrong if valid is None else wrong & valid).any():
                return None
            continue
        digit = signs - np.uint8(_ZERO)
        if index >= fewest:
            digit *= digits > index
        if digit.max() > 9:
            return None
        total += digit * kind(power)
        power *= 10
    return total


def plain_dates(array: pa.Array) -> pa.Array | None:
    """Return dates of YYYY-MM-DD; None unless all are spelled so and are in the calendar."""
    valid = valid_rows(array)
    lengths = np.diff(offsets_of(array))
    held = lengths if valid is None else lengths[valid]
    if not len(held) or (held != _DATE).any():
        return None
    text = np.frombuffer(array.buffers()[2], np.uint8)[: _DATE * len(held)].reshape(-1, _DATE)
    days = _days(text)
    if days is None:
        return None
    if valid is not None:
        spread = np.zeros(len(array), np.int32)
        spread[valid] = days
        days = spread
    return pa.Array.from_buffers(pa.date32(), len(array), [array.buffers()[0], pa.py_buffer(days)])


def _days(text: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    if (text[:, [4, 7]] != _MINUS).any():
        return None
    digits = np.ascontiguousarray(text.T[[0, 1, 2, 3, 5, 6, 8, 9]]) - np.uint8(_ZERO)
    if digits.max() > 9:
        return None
    century, rest, month, day = (digits[0::2] * np.uint8(10) + digits[1::2]).astype(np.int32)
    year = century * 100 + rest
    if month.min() < 1 or month.max() > 12 or day.min() < 1 or year.min() < 1:
        return None
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    if (day > _DAYS_OF_MONTH[month] - ((month == 2) & ~leap)).any():
        return None
    return _days_of(year, month, day)


def _days_of(
    year: npt.NDArray[Any], month: npt.NDArray[Any], day: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Count days from 1970 in the Gregorian calendar, years beginning in March."""
    early = month <= 2
    year = year - early
    since_march = (month + 9) % 12
    day_of_year = (153 * since_march + 2) // 5 + day - 1
    leaps = year // 4 - year // 100 + year // 400
    days: npt.NDArray[Any] = year * 365 + leaps + day_of_year - _EPOCH_DAYS
    return days.astype(np.int32)
