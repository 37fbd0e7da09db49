"""Numbers and dates in their plainest spelling, read in bulk; any other is left to Arrow."""

from __future__ import annotations

from functools import cache
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
# Room for what two digits of a month may say whose first is 0 or 1.
_MONTHS = 20
_DAYS_OF_MONTH = np.zeros(_MONTHS, np.int32)
_DAYS_OF_MONTH[1:13] = 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31

_DATE_WORDS = np.dtype([("month", "<u8"), ("day", "<u2")])


def _word(signs: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(signs, "little"))


_PLAIN_MONTH, _PLAIN_DAY = _word(b"0000-00-"), np.uint16(0x3030)
# What is added sets the highest bit of a byte that is more than 9, than 1, or than 0.
_TOO_MUCH = _word(bytes([0x76, 0x76, 0x76, 0x76, 0x7F, 0x7E, 0x76, 0x7F]))
_TOO_MUCH_OF_DAY, _HIGH_BITS_OF_DAY = np.uint16(0x7676), np.uint16(0x8080)
_HIGH_BITS = _word(bytes([0x80] * 8))
_TEN, _BYTE = np.uint64(10), np.uint64(8)
_TEN_OF_DAY, _BYTE_OF_DAY, _LOW_BYTE = np.uint16(10), np.uint16(8), np.uint16(0xFF)
_ONE_DAY = np.uint16(1)
# Century, year of it and month, in bytes 0, 2 and 5, each times its weight and summed in byte 5.
_PAIRS = _word(bytes([0xFF, 0, 0xFF, 0, 0, 0xFF, 0, 0]))
_SUMMED_AT = np.uint64(40)
_WEIGHTS = np.uint64((100 * _MONTHS << 40) + (_MONTHS << 24) + 1)
_SUM = np.uint64((1 << 18) - 1)


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
    """Read eight bytes at once, as one word each: ``YYYY-MM-``; then the two of the day."""
    spelled = text.reshape(-1).view(_DATE_WORDS)
    word = spelled["month"] ^ _PLAIN_MONTH
    wrong = word + _TOO_MUCH
    wrong |= word
    wrong &= _HIGH_BITS
    day = spelled["day"] ^ _PLAIN_DAY
    if wrong.any() or (((day + _TOO_MUCH_OF_DAY) | day) & _HIGH_BITS_OF_DAY).any():
        return None
    word = word * _TEN + (word >> _BYTE)  # two digits to a byte: century, year, month
    word &= _PAIRS
    word *= _WEIGHTS
    word >>= _SUMMED_AT
    months = (word & _SUM).view(np.int64)
    first, lengths = _calendar()
    day = (day & _LOW_BYTE) * _TEN_OF_DAY + (day >> _BYTE_OF_DAY)
    if ((day - _ONE_DAY) >= lengths.take(months)).any():
        return None
    days: npt.NDArray[Any] = first.take(months)
    days += day
    return days


@cache
def _calendar() -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return by year * 20 + month the day before the first, and how many there are: 0 of no month.

    Days count from 1970 in the Gregorian calendar.
    """
    year, month = np.divmod(np.arange(10_000 * _MONTHS, dtype=np.int32), np.int32(_MONTHS))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = _DAYS_OF_MONTH[month] + ((month == 2) & leap)
    lengths[year == 0] = 0
    return _days_before(year, month), lengths.astype(np.uint16)


def _days_before(year: npt.NDArray[Any], month: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Count to the day before a month's first, years beginning in March."""
    year = year - (month <= 2)
    since_march = (month + 9) % 12
    leaps = year // 4 - year // 100 + year // 400
    days: npt.NDArray[Any] = year * 365 + leaps + (153 * since_march + 2) // 5 - 1 - _EPOCH_DAYS
    return days.astype(np.int32)
