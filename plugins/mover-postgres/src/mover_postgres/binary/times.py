"""Dates, times, moments and intervals: counted from 2000-01-01, in days or microseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mover_postgres.binary.arrays import fixed, valid_rows
from mover_postgres.binary.pieces import Encoded, Fixed
from mover_postgres.binary.unfit import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pyarrow as pa

    Encode = Callable[[pa.Array], Encoded]

__all__ = ["calendar_intervals", "dates", "durations", "moments", "moments_of_dates", "times"]

_EPOCH_DAYS = 10_957
_DAY = 86_400_000_000
_EPOCH = _EPOCH_DAYS * _DAY
# The manual's limits, counted from 1970: 4714-11-24 BC, 5874898-01-01 and 294277-01-01.
_FIRST_DAY = -2_451_545 + _EPOCH_DAYS
_DAY_AFTER_LAST = 2_145_031_949 + _EPOCH_DAYS
_FIRST_MOMENT = -211_813_488_000_000_000 + _EPOCH
_AFTER_LAST_MOMENT = 9_223_371_331_200_000_000 + _EPOCH
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_MICROSECONDS = _PER_SECOND["us"]
_NANOSECONDS_ADVICE = "round it to microseconds first: PostgreSQL keeps no more"
_RANGE_ADVICE = "PostgreSQL's type does not reach so far"
_MONTH_DAY_NANO = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])


def dates(dtype: str) -> Encode:
    """Return the encoder of dates: ``dtype`` i4 counts days, i8 milliseconds."""

    def encode(array: pa.Array) -> Encoded:
        days = _days(array, dtype)
        return Encoded(4, (Fixed(((">i4", days - _EPOCH_DAYS),)),))

    return encode


def moments_of_dates(dtype: str) -> Encode:
    """Return the encoder of dates into timestamps, each at midnight."""

    def encode(array: pa.Array) -> Encoded:
        days = _days(array, dtype)
        highest = _AFTER_LAST_MOMENT // _DAY
        refuse(days >= highest, valid_rows(array), "is out of range", _RANGE_ADVICE)
        days = np.minimum(days, highest)
        return Encoded(8, (Fixed(((">i8", days * _DAY - _EPOCH),)),))

    return encode


def _days(array: pa.Array, dtype: str) -> npt.NDArray[Any]:
    days = fixed(array, dtype).astype(np.int64)
    valid = valid_rows(array)
    if dtype == "<i8":
        milliseconds, days = days, days // 86_400_000
        inexact = milliseconds != days * 86_400_000
        refuse(inexact, valid, "is no whole day", "cast it to a timestamp")
    out = (days < _FIRST_DAY) | (days >= _DAY_AFTER_LAST)
    refuse(out, valid, "is out of range", _RANGE_ADVICE)
    return days if valid is None else np.where(valid, days, 0)


def times(dtype: str, unit: str) -> Encode:
    """Return the encoder of times of day."""

    def encode(array: pa.Array) -> Encoded:
        valid = valid_rows(array)
        values = fixed(array, dtype).astype(np.int64)
        most = 86_400 * _PER_SECOND[unit]
        refuse((values < 0) | (values > most), valid, "is no time of day", _RANGE_ADVICE)
        return Encoded(8, (Fixed(((">i8", _microseconds(values, unit, valid)),)),))

    return encode


def moments(unit: str) -> Encode:
    """Return the encoder of timestamps, with or without time zone."""
    first, after = _in_unit(_FIRST_MOMENT, unit), _in_unit(_AFTER_LAST_MOMENT, unit)

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, "<i8")
        valid = valid_rows(array)
        if len(values) and (int(values.min()) < first or int(values.max()) >= after):
            out = (values < first) | (values >= after)
            refuse(out, valid, "is out of range", _RANGE_ADVICE)
        shifted = _microseconds(values, unit, valid) - _EPOCH
        return Encoded(8, (Fixed(((">i8", shifted),)),))

    return encode


def durations(unit: str) -> Encode:
    """Return the encoder of durations into intervals, of microseconds alone."""
    factor = max(1, _MICROSECONDS // _PER_SECOND[unit])
    limit = np.iinfo(np.int64).max // factor

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, "<i8")
        valid = valid_rows(array)
        if factor > 1:
            refuse((values > limit) | (values < -limit), valid, "is out of range", _RANGE_ADVICE)
        count = _microseconds(values, unit, valid)
        return Encoded(16, (Fixed(((">i8", count), (">i4", 0), (">i4", 0))),))

    return encode


def calendar_intervals(array: pa.Array) -> Encoded:
    """Encode intervals of months, days and nanoseconds."""
    values = fixed(array, _MONTH_DAY_NANO)
    valid = valid_rows(array)
    count = _microseconds(values["nanoseconds"], "ns", valid)
    fields = ((">i8", count), (">i4", values["days"]), (">i4", values["months"]))
    return Encoded(16, (Fixed(fields),))


def _in_unit(microseconds: int, unit: str) -> int:
    """Return the first count of the unit that is not before this moment."""
    if unit == "ns":
        return microseconds * 1_000
    return -(-microseconds // (_MICROSECONDS // _PER_SECOND[unit]))


def _microseconds(
    values: npt.NDArray[Any], unit: str, valid: npt.NDArray[Any] | None
) -> npt.NDArray[Any]:
    if unit == "ns":
        count = values // 1_000
        lost = values != count * 1_000
        refuse(lost, valid, "has nanoseconds", _NANOSECONDS_ADVICE)
        return count
    factor = _MICROSECONDS // _PER_SECOND[unit]
    return values if factor == 1 else values * factor
