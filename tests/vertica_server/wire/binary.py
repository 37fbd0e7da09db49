"""Values as octets, for a client that asks for binary transfer."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from vertica_server.wire.text import json_array, micros_and_months

if TYPE_CHECKING:
    from collections.abc import Callable

    from vertica_server.grammar.types import VType

__all__ = ["binary_of", "micros_of", "unescaped"]

_EPOCH_DAY = 2451545  # the Julian day of 2000-01-01
_DAY = 86400 * 10**6
_STAMP = re.compile(
    rb"(\d+)-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?"
    rb"(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?( BC)?$"
)
_CLOCK = re.compile(rb"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?)?$")
_OCTAL = re.compile(rb"\\(\\|[0-7]{3})")


def binary_of(kind: VType) -> Callable[[bytes], bytes] | None:
    """Return what turns a value's text into octets, or None where they are the same."""
    simple: dict[str, Callable[[bytes], bytes]] = {
        "bool": lambda value: b"\1" if value == b"t" else b"\0",
        "int": lambda value: struct.pack("!q", int(value)),
        "float": lambda value: struct.pack("!d", float(value)),
        "date": lambda value: struct.pack("!q", _julian(value)),
        "time": lambda value: struct.pack("!q", _clock(value)[0]),
        "timetz": _time_zoned,
        "timestamp": lambda value: struct.pack("!q", micros_of(value)),
        "timestamptz": lambda value: struct.pack("!q", micros_of(value)),
        "interval": lambda value: struct.pack("!q", micros_and_months(value)[0]),
        "interval_ym": lambda value: struct.pack("!q", micros_and_months(value)[1]),
        "uuid": lambda value: bytes.fromhex(value.decode().replace("-", "")),
        "binary": unescaped,
        "varbinary": unescaped,
        "long_varbinary": unescaped,
    }
    if kind.kind == "numeric":
        return lambda value: _numeric(value, kind)
    if kind.kind in ("array", "set"):
        return lambda value: json_array(value, kind)
    return simple.get(kind.kind)


def unescaped(value: bytes) -> bytes:
    r"""Undo ``\\`` and ``\ooo``."""
    return _OCTAL.sub(
        lambda found: b"\\" if found.group(1) == b"\\" else bytes([int(found.group(1), 8)]), value
    )


def _numeric(value: bytes, kind: VType) -> bytes:
    """An unscaled integer of 8-octet words, as many as the precision needs."""
    scale = kind.scale if kind.modifier > 0 else 15
    precision = kind.precision if kind.modifier > 0 else 1024
    whole, _, fraction = value.partition(b".")
    unscaled = int(whole + fraction.ljust(scale, b"0")[:scale])
    words = precision // 19 + 1
    return unscaled.to_bytes(8 * words, "big", signed=True)


def _julian(value: bytes) -> int:
    found = _STAMP.match(value)
    if found is None:
        raise ValueError(f"not a date: {value!r}")
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    year = 1 - year if found.group(12) else year
    return _day_number(year, month, day)


def _day_number(year: int, month: int, day: int) -> int:
    """The Julian day of a date in the proleptic Gregorian calendar."""
    shift = (14 - month) // 12
    years, months = year + 4800 - shift, month + 12 * shift - 3
    return (
        day + (153 * months + 2) // 5 + 365 * years
        + years // 4 - years // 100 + years // 400 - 32045
    )  # fmt: skip


def micros_of(value: bytes) -> int:
    """Microseconds since 2000, in UTC where an offset is told."""
    if value in (b"infinity", b"-infinity"):
        return (1 << 63) - 1 if value == b"infinity" else -(1 << 63) + 1
    found = _STAMP.match(value)
    if found is None:
        raise ValueError(f"not a timestamp: {value!r}")
    hours, minutes, seconds = (int(part or 0) for part in found.group(4, 5, 6))
    micros = int((found.group(7) or b"0").ljust(6, b"0"))
    clock = (hours * 3600 + minutes * 60 + seconds) * 10**6 + micros
    return (
        (_julian(value) - _EPOCH_DAY) * _DAY + clock - _offset(*found.group(8, 9, 10, 11)) * 10**6
    )


def _clock(value: bytes) -> tuple[int, int]:
    found = _CLOCK.match(value)
    if found is None:
        raise ValueError(f"not a time: {value!r}")
    hours, minutes, seconds = (int(part) for part in found.group(1, 2, 3))
    micros = int((found.group(4) or b"0").ljust(6, b"0"))
    clock = (hours * 3600 + minutes * 60 + seconds) * 10**6 + micros
    return clock, _offset(*found.group(5, 6, 7, 8))


def _time_zoned(value: bytes) -> bytes:
    """Microseconds in UTC, and the zone as 86400 seconds less the offset's negative."""
    clock, offset = _clock(value)
    return struct.pack("!Q", (((clock - offset * 10**6) % _DAY) << 24) | (86400 - offset))


def _offset(sign: bytes | None, *parts: bytes | None) -> int:
    hours, minutes, seconds = (int(part or 0) for part in parts)
    size = hours * 3600 + minutes * 60 + seconds
    return -size if sign == b"-" else size
