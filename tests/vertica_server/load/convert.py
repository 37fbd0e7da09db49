"""Fields as values: what Vertica's parser takes for a type, what it cuts, what it rejects."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING

from vertica_server.load.collections import collection_of
from vertica_server.load.record import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from vertica_server.grammar.types import VType
    from vertica_server.server import VerticaServer

__all__ = ["Converter", "converter"]

Converter = "Callable[[bytes], bytes]"

_TRUE = {b"t", b"true", b"y", b"yes", b"1", b"on"}
_FALSE = {b"f", b"false", b"n", b"no", b"0", b"off"}
_INTEGER = re.compile(rb"[+-]?\d+$")
_FLOAT = re.compile(
    rb"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$", re.IGNORECASE
)
_UUID = re.compile(rb"\{?[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\}?$")
_DATE = re.compile(rb"(\d{4})-(\d\d)-(\d\d)$")
_STAMP = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
    rb"(?:Z|[+-]\d\d(?::?\d\d)?)?$"
)
_TIME = re.compile(rb"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$")
_ESCAPED = re.compile(rb"[\\\t\n\r\x0b\x08\x0c]")
_LETTERS = {b"\\": b"\\\\", b"\t": b"\\t", b"\n": b"\\n", b"\r": b"\\r", b"\x0b": b"\\v",
            b"\x08": b"\\b", b"\x0c": b"\\f"}  # fmt: skip
_SPAN = 1 << 63


def converter(
    kind: VType,
    place: int,
    name: str,
    server: VerticaServer,
    *,
    enforce: bool,
    pattern: str,
    collection: dict[str, str] | None = None,
) -> Callable[[bytes], bytes]:
    """Return what turns a field into a value for the PostgreSQL behind, or raises a problem."""
    where = f"for column {place} ({name})"
    if kind.element is not None:
        element = converter(kind.element, place, name, server, enforce=enforce, pattern=pattern)
        return collection_of(element, collection or {}, where)
    if kind.kind in ("char", "varchar", "long_varchar"):
        return _texts(kind, f"column {place} ({name})", enforce=enforce)
    if kind.kind in ("binary", "varbinary", "long_varbinary"):
        return _octets(kind, f"column {place} ({name})", pattern, enforce=enforce)
    if pattern and kind.kind in ("date", "timestamp", "timestamptz", "time", "timetz"):
        return _patterned(kind, where, pattern, server)
    simple: dict[str, Callable[[bytes], bytes]] = {
        "bool": lambda value: _boolean(value, where),
        "int": lambda value: _integer(value, where),
        "float": lambda value: _float(value, where),
        "numeric": lambda value: _numeric(value, kind, where),
        "uuid": lambda value: _matched(value.strip(), _UUID, "uuid", where),
    }
    if kind.kind in simple:
        return simple[kind.kind]
    return _moments(kind, where, server)


def _shown(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _boolean(value: bytes, where: str) -> bytes:
    word = value.strip().lower()
    if word in _TRUE:
        return b"t"
    if word in _FALSE:
        return b"f"
    raise Problem(f"Invalid boolean format '{_shown(value)}' {where}")


def _integer(value: bytes, where: str) -> bytes:
    word = value.strip(b" ")
    if not _INTEGER.match(word):
        raise Problem(f"Invalid integer format '{_shown(value)}' {where}")
    if len(word) > 18 and not -_SPAN < int(word) < _SPAN:
        raise Problem(f"Integer out of range '{_shown(value)}' {where}")
    return word


def _float(value: bytes, where: str) -> bytes:
    word = value.strip(b" ")
    if not _FLOAT.match(word):
        raise Problem(f"Invalid float format '{_shown(value)}' {where}")
    if float(word) in (float("inf"), float("-inf")) and b"inf" not in word.lower():
        raise Problem(f"Float out of range '{_shown(value)}' {where}")
    # A number too small to tell from zero is zero.
    return word if float(word) or not re.search(rb"[1-9]", word) else b"0"


def _numeric(value: bytes, kind: VType, where: str) -> bytes:
    word = value.strip(b" ")
    try:
        number = Decimal(word.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError) as error:
        raise Problem(f"Invalid numeric format '{_shown(value)}' {where}") from error
    if not number.is_finite() or b"_" in word:
        raise Problem(f"Invalid numeric format '{_shown(value)}' {where}")
    with localcontext() as context:
        context.prec = 2100
        number = number.quantize(Decimal(1).scaleb(-kind.scale), rounding="ROUND_HALF_UP")
        if abs(number) >= Decimal(10) ** (kind.precision - kind.scale):
            said = f"Numeric value '{_shown(value)}' out of range"
            raise Problem(f"{said} {where}")
    return format(number, "f").encode()


def _matched(value: bytes, pattern: re.Pattern[bytes], what: str, where: str) -> bytes:
    if not pattern.match(value):
        raise Problem(f"Invalid {what} format '{_shown(value)}' {where}")
    return value


def _too_long(size: int, kind: VType, column: str) -> Problem:
    return Problem(f"The {size}-byte value is too long for type {kind.message_name}, {column}")


def _texts(kind: VType, column: str, *, enforce: bool) -> Callable[[bytes], bytes]:
    length, pads = kind.length, kind.kind == "char"

    def convert(value: bytes) -> bytes:
        if len(value) > length:
            if enforce:
                raise _too_long(len(value), kind, column)
            value = cut(value, length)
        if b"\0" in value:
            raise Problem(f"The stand-in cannot keep a NUL, {column}")
        value = value.ljust(length) if pads else value
        return _ESCAPED.sub(_letter, value)

    return convert


def cut(value: bytes, length: int) -> bytes:
    """Cut a text to so many octets, never inside a character."""
    while length and value[length] & 0xC0 == 0x80:
        length -= 1
    return value[:length]


def _letter(found: re.Match[bytes]) -> bytes:
    return _LETTERS[found.group()]


def _octets(kind: VType, column: str, pattern: str, *, enforce: bool) -> Callable[[bytes], bytes]:
    read = {"": _octal, "octal": _octal, "hex": _hex, "bitstream": _bits}.get(
        pattern.lower(), _octal
    )

    def convert(value: bytes) -> bytes:
        try:
            octets = read(value)
        except ValueError as error:
            said = f"Invalid binary format '{_shown(value)}' for {column}"
            raise Problem(said) from error
        if len(octets) > kind.length:
            if enforce:
                raise _too_long(len(octets), kind, column)
            octets = octets[: kind.length]
        if kind.kind == "binary":
            octets = octets.ljust(kind.length, b"\0")
        return b"\\\\x" + octets.hex().encode()

    return convert


def _octal(value: bytes) -> bytes:
    if value[:2] in (b"0x", b"0X"):
        return _hex(value)
    found, at = bytearray(), 0
    while at < len(value):
        if value[at : at + 1] != b"\\":
            found += value[at : at + 1]
            at += 1
        elif value[at + 1 : at + 2] == b"\\":
            found += b"\\"
            at += 2
        else:
            found.append(int(value[at + 1 : at + 4], 8))
            at += 4
    return bytes(found)


def _hex(value: bytes) -> bytes:
    digits = value[2:] if value[:2] in (b"0x", b"0X") else value
    return bytes.fromhex(digits.decode("ascii"))


def _bits(value: bytes) -> bytes:
    if set(value) - set(b"01") or len(value) % 8:
        raise ValueError(value)
    return bytes(int(value[at : at + 8], 2) for at in range(0, len(value), 8))


def _moments(kind: VType, where: str, server: VerticaServer) -> Callable[[bytes], bytes]:
    """Dates and times: the common form at once, every other one as PostgreSQL reads it."""
    fast = {"date": _DATE, "timestamp": _STAMP, "timestamptz": _STAMP, "time": _TIME}.get(kind.kind)
    words = kind.kind.replace("_ym", "")

    @lru_cache(maxsize=10_000)
    def valid(value: bytes) -> bool:
        from vertica_server.sql.names import literal

        said = f"SELECT pg_input_is_valid({literal(_shown(value))}, {literal(kind.pg)})"
        return b"\0" not in value and server.admin(said)[0][0] == "t"

    def convert(value: bytes) -> bytes:
        found = fast.match(value) if fast is not None else None
        if found is not None and (fast is _TIME or _is_day(found)):
            return value
        if not valid(value):
            raise Problem(f"Invalid {words} format '{_shown(value)}' {where}")
        return _ESCAPED.sub(_letter, value)

    return convert


def _is_day(found: re.Match[bytes]) -> bool:
    """Whether a month has that day, the 29th and later left to PostgreSQL."""
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    return year > 0 and 1 <= month <= 12 and 1 <= day <= 28


def _patterned(
    kind: VType, where: str, pattern: str, server: VerticaServer
) -> Callable[[bytes], bytes]:
    """FORMAT 'YYYY-MM-DD': read by the template, as TO_DATE and TO_TIMESTAMP do."""
    from vertica_server.errors import VerticaError
    from vertica_server.sql.names import literal

    @lru_cache(maxsize=10_000)
    def read(value: bytes) -> bytes:
        text, template = literal(_shown(value)), literal(pattern)
        try:
            said = f"SELECT to_timestamp({text}, {template})::timestamp::{kind.pg}::text"
            return str(server.admin(said)[0][0]).encode()
        except VerticaError as error:
            said = f"Invalid {kind.kind} format '{_shown(value)}' {where}"
            raise Problem(said) from error

    return read
