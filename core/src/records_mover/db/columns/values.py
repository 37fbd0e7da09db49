"""Values of rows to Arrow columns and back: in bulk, and exactly or not at all."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

__all__ = ["bound", "fit", "interval_text", "negative_zeros", "text_of", "to_array"]

_DAY = dt.timedelta(days=1)


def to_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return the values of one column as Arrow's; ValueError or TypeError when one does not fit."""
    import pyarrow as pa

    kinds = set(map(type, values)) - {type(None)}
    natural, convert = _rule(kind)
    if kinds <= natural:
        return pa.array(values, kind)
    if kinds == {str} and _parses(kind):
        return pa.array(values, pa.string()).cast(kind)
    return pa.array([None if value is None else convert(value) for value in values], kind)


def _rule(kind: pa.DataType) -> tuple[set[type[Any]], Callable[[Any], Any]]:
    """Return the Python types that Arrow itself converts rightly, and what makes others so."""
    import pyarrow.types as pat

    rules: tuple[tuple[Callable[[Any], bool], set[type[Any]], Callable[[Any], Any]], ...] = (
        (pat.is_string, {str}, text_of),
        (pat.is_boolean, {bool}, _truth),
        (pat.is_integer, {int}, _whole),
        (pat.is_floating, {float, int}, float),
        (pat.is_decimal, {Decimal, int}, lambda value: _decimal(value, kind.scale)),
        (pat.is_date, {dt.date}, _date),
        (pat.is_timestamp, set(), lambda value: _moment(value, zoned=kind.tz is not None)),
        (pat.is_time, set(), _time),
        (pat.is_binary, {bytes}, _bytes),
        (pat.is_list, {list}, list),
    )
    return next((rule[1:] for rule in rules if rule[0](kind)), ({object}, lambda value: value))


def _parses(kind: pa.DataType) -> bool:
    import pyarrow.types as pat

    return bool(pat.is_date(kind) or pat.is_timestamp(kind))


def _truth(value: Any) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise ValueError("neither true nor false")


def _whole(value: Any) -> int:
    whole = int(value)
    if isinstance(value, str) or (whole == value and not isinstance(value, bool)):
        return whole
    raise ValueError("not a whole number")


def _decimal(value: Any, scale: int) -> Decimal:
    if not isinstance(value, float):
        return Decimal(value)
    exact = Decimal(repr(value))
    exponent = exact.as_tuple().exponent
    # 0.1 + 0.2 is 0.30000000000000004: what comes after the 15th digit is the float's own noise.
    return Decimal(f"{value:.15g}") if isinstance(exponent, int) and -exponent > scale else exact


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        if value.time() != dt.time(0):
            raise ValueError("it has a time of day")
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        return dt.date.fromisoformat(value)
    raise TypeError("not a date")


def _moment(value: Any, *, zoned: bool) -> dt.datetime:
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    elif not isinstance(value, dt.datetime) and isinstance(value, dt.date):
        value = dt.datetime.combine(value, dt.time(0))
    if not isinstance(value, dt.datetime):
        raise TypeError("not a date and time")
    if value.tzinfo is not None and not zoned:
        raise ValueError("it has a time zone and its column none")
    return value


def _time(value: Any) -> dt.time:
    if isinstance(value, str):
        if value.removeprefix("T").startswith("24"):
            raise ValueError("hour must be in 0..23")  # Python 3.14 would make it midnight
        value = dt.time.fromisoformat(value)
    elif isinstance(value, dt.timedelta) and dt.timedelta(0) <= value < _DAY:
        value = (dt.datetime.min + value).time()
    if not isinstance(value, dt.time):
        raise TypeError("not a time of day")
    if value.tzinfo is not None:
        raise ValueError("it has a time zone and its column none")
    return value


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError("not bytes")


def text_of(value: Any) -> str:
    """Return a value as text that other databases read back as the same value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() else str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode()
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, dt.timedelta):
        return interval_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def interval_text(value: dt.timedelta) -> str:
    """Return an interval as ISO 8601 has it, each part with the sign of the whole."""
    micros = abs(value) // dt.timedelta(microseconds=1)
    sign = "-" if value < dt.timedelta(0) else ""
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    seconds = f"{micros // 1_000_000}.{micros % 1_000_000:06d}".rstrip("0").rstrip(".")
    date = f"{sign}{days}D" if days else ""
    parts = ((hours, "H"), (minutes, "M"), (seconds if micros else 0, "S"))
    time = "".join(f"{sign}{count}{unit}" for count, unit in parts if count)
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"


def fit(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return a column as another Arrow type; pyarrow's own errors say when a value is lost."""
    import pyarrow as pa
    import pyarrow.types as pat

    column = _plain(column)
    given = column.type
    if given == kind:
        return column
    if pat.is_string(kind) and _needs_words(given):
        texts = [None if value is None else text_of(value) for value in column.to_pylist()]
        return pa.array(texts, kind)
    if pat.is_decimal(kind) and pat.is_integer(given):
        # Arrow wants room for every integer there could be; the values may need less.
        column = column.cast(pa.decimal256(20 + kind.scale, kind.scale))
    if pat.is_time(kind) and _is_text(given):
        times = [None if text is None else _time(text) for text in column.to_pylist()]
        return pa.array(times, kind)
    return column.cast(kind)


def _needs_words(kind: pa.DataType) -> bool:
    import pyarrow.types as pat

    # Arrow spells small decimals with an exponent once there are more than six digits behind the
    # point, intervals as bare counts, and nested values not at all.
    small = pat.is_decimal(kind) and kind.scale > 6
    return bool(small or pat.is_nested(kind) or pat.is_duration(kind))


def bound(column: pa.Array) -> list[Any]:
    """Return the values of a column as Python's own, for a driver's parameters."""
    import pyarrow as pa
    import pyarrow.types as pat

    kind = column.type
    if (pat.is_timestamp(kind) or pat.is_time(kind)) and kind.unit == "ns":
        # Python counts microseconds, and a value that has more raises here.
        zone = {"tz": kind.tz} if pat.is_timestamp(kind) else {}
        make = pa.timestamp if pat.is_timestamp(kind) else pa.time64
        column = column.cast(make("us", **zone))
    values: list[Any] = column.to_pylist()
    return values


def negative_zeros(column: pa.Array) -> pa.Array:
    """Return which floats are zeros with a sign, which some databases drop in silence.

    SQLite does: https://www.sqlite.org/floatingpoint.html
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from records_mover.formats.columns.values import small

    wide = pc.cast(column, pa.float64())
    zero, one = (small(value, pa.float64()) for value in (0, 1))
    return pc.and_(pc.equal(wide, zero), pc.less(pc.divide(one, wide), zero))


def _plain(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.types as pat

    if isinstance(column, pa.ExtensionArray):
        return _plain(_storage(column))
    return column.dictionary_decode() if pat.is_dictionary(column.type) else column


def _storage(column: pa.ExtensionArray) -> pa.Array:
    import pyarrow as pa

    # UUIDs lie in Arrow as 16 bytes and travel as text.
    if column.type.extension_name == "arrow.uuid":
        texts = [None if value is None else str(value) for value in column.to_pylist()]
        return pa.array(texts, pa.string())
    return column.storage


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as pat

    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))
