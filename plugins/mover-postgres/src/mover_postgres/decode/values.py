"""What the values of binary COPY mean, whole columns at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Values = npt.NDArray[Any]
    Valid = npt.NDArray[np.bool_]

__all__ = [
    "MOST_DIGITS",
    "Decimals",
    "Unheld",
    "array_of",
    "booleans",
    "dates",
    "moments",
    "texts",
    "times",
]

MOST_DIGITS = 18
_DAY = 86_400_000_000
_EPOCH_DAYS = 10_957  # from 1970-01-01 to 2000-01-01
_FIRST_DAY, _LAST_DAY = -730_119, 2_921_939  # of the years 1 and 9999, from 2000-01-01
_GROUP = 4
_HEAD = 4
_NEGATIVE, _SPECIAL = 0x4000, 0xC000


class Unheld(Exception):
    """A value that the column's Arrow type has no room for: its row, and what it is."""

    def __init__(self, row: int, shown: str) -> None:
        super().__init__(shown)
        self.row = row
        self.shown = shown


def array_of(kind: pa.DataType, values: Values, valid: Valid | None) -> pa.Array:
    """Return an array of fixed width over values in this machine's own order of bytes."""
    return pa.Array.from_buffers(kind, len(values), [_bitmap(valid), pa.py_buffer(values)])


def _bitmap(valid: Valid | None) -> pa.Buffer | None:
    return None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))


def booleans(values: Values, valid: Valid | None) -> pa.Array:
    """Return booleans of bytes."""
    packed = np.packbits(values.astype(np.bool_), bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [_bitmap(valid), pa.py_buffer(packed)])


def texts(kind: pa.DataType, found: pa.Array, valid: Valid | None) -> pa.Array:
    """Return text, or bytes, of a binary array in which NULL is empty."""
    buffers = [_bitmap(valid), *found.buffers()[1:]]
    return pa.Array.from_buffers(kind, len(found), buffers, offset=found.offset)


def dates(values: Values, valid: Valid | None) -> pa.Array:
    """Return dates of days from 2000 on; those of the years 1 to 9999 are told as dates."""
    _check(values, valid, _FIRST_DAY, _LAST_DAY, "date")
    days = values.astype(np.int32)
    days += np.int32(_EPOCH_DAYS)
    return array_of(pa.date32(), days, valid)


def moments(zone: str | None) -> Callable[[Values, Valid | None], pa.Array]:
    """Return what makes timestamps of microseconds from 2000 on."""
    kind = pa.timestamp("us", zone)

    def made(values: Values, valid: Valid | None) -> pa.Array:
        _check(values, valid, _FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1, "timestamp")
        return array_of(kind, values.astype(np.int64) + _EPOCH_DAYS * _DAY, valid)

    return made


def times(values: Values, valid: Valid | None) -> pa.Array:
    """Return times of day; midnight at the day's end is none that Arrow has."""
    _check(values, valid, 0, _DAY - 1, "time")
    return array_of(pa.time64("us"), values.astype(np.int64), valid)


def _check(values: Values, valid: Valid | None, first: int, last: int, what: str) -> None:
    odd = (values < first) | (values > last)
    if valid is not None:
        odd &= valid
    if odd.any():
        row = int(odd.argmax())
        raise Unheld(row, _shown(int(values[row]), values.dtype.itemsize * 8, what))


def _shown(value: int, bits: int, what: str) -> str:
    infinite = 2 ** (bits - 1)
    if what == "time":
        return "24:00:00"
    named = {infinite - 1: "infinity", -infinite: "-infinity"}
    return named.get(value, f"a {what} outside of the years 1 to 9999")


@dataclass(frozen=True, slots=True)
class Decimals:
    """Makes decimals of groups of four digits: exact as long as they have 18 digits at most.

    A value is a count of groups, the weight of the first one, a sign, and the groups.
    """

    precision: int
    scale: int

    @property
    def _finest(self) -> int:
        """How many groups there are behind the point at most."""
        return -(-self.scale // _GROUP)

    @property
    def most_words(self) -> int:
        """How many words there are at most: what comes before the groups, and the groups."""
        return _HEAD + -(-(self.precision - self.scale) // _GROUP) + self._finest

    def __call__(self, words: Values, valid: Valid | None) -> pa.Array:
        """Return the array for a matrix of words of 16 bits, a row each."""
        sign = words[:, 2].astype(np.uint16)
        special = sign >= _SPECIAL
        if valid is not None:
            special &= valid
        if special.any():
            raise Unheld(int(special.argmax()), "NaN")
        count, weight = words[:, 0].astype(np.int16), words[:, 1].astype(np.int16)
        units = self._units(words[:, _HEAD:], count, weight)
        negative = sign == _NEGATIVE
        if negative.any():
            np.negative(units, out=units, where=negative)
        wide = np.empty((len(units), 2), np.int64)
        wide[:, 0] = units
        np.right_shift(units, 63, out=wide[:, 1])
        return array_of(pa.decimal128(self.precision, self.scale), wide, valid)

    def _units(self, groups: Values, count: Values, weight: Values) -> npt.NDArray[np.int64]:
        """Add up the groups in units of the last place.

        The finest group counts digits that are not there. What it is too much by is divided out of
        the sum, where 18 digits have room for that, or else of the group.
        """
        finest, powers = self._finest, self._powers()
        units, last = np.zeros(len(groups), np.int64), 10 ** (_GROUP * finest - self.scale)
        together = self.precision + _GROUP * finest - self.scale <= MOST_DIGITS
        if together:
            powers = 10 ** (_GROUP * np.arange(len(powers), dtype=np.int64))
        power = weight + np.int16(finest)
        fewest, most = (int(count.min()), int(count.max())) if len(count) else (0, 0)
        for place in range(min(most, groups.shape[1])):
            group = groups[:, place].astype(np.int64)
            if last > 1 and not together:
                group = np.where(power > 0, group, group // last)
            group *= powers.take(power, mode="clip")
            if place >= fewest:
                group *= count > place
            units += group
            power -= np.int16(1)
        if last > 1 and together:
            units //= last
        return units

    def _powers(self) -> npt.NDArray[np.int64]:
        """Return what a group counts by its weight, from the finest on, which is divided before."""
        finest, powers = self._finest, [1]
        while (power := _GROUP * (len(powers) - finest) + self.scale) < MOST_DIGITS:
            powers.append(10**power)
        return np.array(powers, np.int64)
