"""Values as text where Vertica and PostgreSQL write them differently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vertica_server.grammar.types import VType

__all__ = ["json_array", "micros_and_months", "text_of"]

_INTERVAL = re.compile(
    rb"(?:(-?\d+) years?)? ?(?:(-?\d+) mons?)? ?(?:(-?\d+) days?)? ?"
    rb"(?:([+-])?(\d+):(\d\d):(\d\d)(?:\.(\d+))?)?$"
)
_SIZES = _DAY, _HOUR, _MINUTE, _SECOND = 86400 * 10**6, 3600 * 10**6, 60 * 10**6, 10**6
_UNITS = ("day", "hour", "minute", "second")
_QUOTED = {"numeric", "char", "varchar", "long_varchar", "date", "time", "timetz", "timestamp",
           "timestamptz", "uuid", "interval", "interval_ym", "varbinary", "binary"}  # fmt: skip


def text_of(kind: VType) -> Callable[[bytes], bytes] | None:
    """Return what changes a value's text, or None where nothing does."""
    if kind.kind == "interval_ym":
        return lambda value: _year_month(micros_and_months(value)[1], kind)
    if kind.kind == "interval":
        return lambda value: _day_second(micros_and_months(value)[0], kind)
    if kind.kind in ("array", "set"):
        return lambda value: json_array(value, kind)
    if kind.kind == "float":
        return _fifteen_digits
    if kind.kind == "numeric" and kind.precision > 1000:
        return lambda value: _scaled(value, kind.scale)
    return None


def micros_and_months(value: bytes) -> tuple[int, int]:
    """Return an interval in each of the two units, a month being 30 days in the first."""
    found = _INTERVAL.match(value)
    if found is None:
        raise ValueError(f"not an interval: {value!r}")
    years, months, days, sign, hours, minutes, seconds, fraction = found.groups()
    whole = int(years or 0) * 12 + int(months or 0)
    clock = int(hours or 0) * _HOUR + int(minutes or 0) * _MINUTE + int(seconds or 0) * _SECOND
    clock += int((fraction or b"0").ljust(6, b"0")[:6])
    clock = -clock if sign == b"-" else clock
    return (whole * 30 + int(days or 0)) * _DAY + clock, whole


def _fifteen_digits(value: bytes) -> bytes:
    """What the manual calls DBL_DIG; the server itself knows all of them."""
    return value if value[-1:].isalpha() else f"{float(value):.15g}".encode()


def _year_month(months: int, kind: VType) -> bytes:
    sign, size = ("-" if months < 0 else ""), abs(months)
    words = kind.shown.removeprefix("interval ")
    if words == "year":
        return f"{sign}{size // 12}".encode()
    if words == "month":
        return f"{sign}{size}".encode()
    return f"{sign}{size // 12}-{size % 12}".encode()


def _day_second(micros: int, kind: VType) -> bytes:
    sign, left = ("-" if micros < 0 else ""), abs(micros)
    words = kind.shown.removeprefix("interval ").split("(")[0].split(" to ")
    first, last = _UNITS.index(words[0]), _UNITS.index(words[-1])
    numbers = list[int]()
    for size in _SIZES[first : last + 1]:
        count, left = divmod(left, size)
        numbers.append(count)
    days = numbers.pop(0) if first == 0 else 0
    shown = ":".join(f"{number:02d}" for number in numbers)
    if first == 0 and (days or not numbers):
        shown = f"{days} {shown}".rstrip()
    if last == len(_UNITS) - 1 and left:
        shown += f".{left:06d}".rstrip("0")
    return f"{sign}{shown}".encode()


def _scaled(value: bytes, scale: int) -> bytes:
    whole, _, fraction = value.partition(b".")
    return whole + (b"." + fraction.ljust(scale, b"0")[:scale] if scale else b"")


def json_array(value: bytes, kind: VType) -> bytes:
    """Return a PostgreSQL array's text as the JSON that Vertica sends."""
    import json

    assert kind.element is not None
    words = _words(value.decode("utf-8", "surrogateescape"))
    mend = text_of(kind.element)
    if mend is not None:
        words = [None if word is None else mend(word.encode()).decode() for word in words]
    plain = kind.element.kind not in _QUOTED
    shown = [
        "null" if word is None
        else {"t": "true", "f": "false"}[word] if kind.element.kind == "bool"
        else word if plain
        else json.dumps(word, ensure_ascii=False)
        for word in words
    ]  # fmt: skip
    return ("[" + ",".join(shown) + "]").encode("utf-8", "surrogateescape")


def _words(text: str) -> list[str | None]:
    found = list[str | None]()
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"|([^,{}]+)', text):
        inside, bare = match.groups()
        if bare is None:
            found.append(re.sub(r"\\(.)", r"\1", inside))
        else:
            found.append(None if bare == "NULL" else bare)
    return found
