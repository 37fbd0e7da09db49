"""The type that Vertica would give what the PostgreSQL behind returns."""

from __future__ import annotations

from vertica_server.grammar.types import (
    VType,
    collection,
    interval,
    moment,
    numeric,
    plain,
    sized,
)

__all__ = ["type_of"]

_YEAR_MONTH = (1 << 17) | (1 << 18)
_DAY_TIME = (1 << 19) | (1 << 26) | (1 << 27) | (1 << 28)
_FIELDS = ((18, "year"), (17, "month"), (19, "day"), (26, "hour"), (27, "minute"), (28, "second"))
_PLAIN = {16: "bool", 20: "int", 21: "int", 23: "int", 26: "int", 28: "int", 700: "float",
          701: "float", 1082: "date", 2950: "uuid"}  # fmt: skip
_MOMENTS = {1083: "time", 1266: "timetz", 1114: "timestamp", 1184: "timestamptz"}
_ARRAYS = {1000: 16, 1016: 20, 1007: 23, 1005: 21, 1022: 701, 1021: 700, 1182: 1082, 2951: 2950,
           1183: 1083, 1270: 1266, 1115: 1114, 1185: 1184, 1231: 1700, 1015: 1043, 1009: 25,
           1014: 1042, 1187: 1186}  # fmt: skip
_UNSIZED = 65000


def type_of(oid: int, modifier: int, own: dict[int, str]) -> VType:
    """Return Vertica's type; ``own`` names the types that the stand-in made for itself."""
    if oid in _PLAIN:
        return plain(_PLAIN[oid])
    if oid in _MOMENTS:
        return moment(_MOMENTS[oid], None if modifier < 0 else modifier)
    if oid in _ARRAYS:
        return collection("array", type_of(_ARRAYS[oid], modifier, own))
    if oid == 1700:
        return _numeric(modifier)
    if oid == 1186:
        return _interval(modifier)
    return _octets(oid, modifier, own)


def _octets(oid: int, modifier: int, own: dict[int, str]) -> VType:
    if oid in own:
        kind = own[oid]
        if kind.endswith("[]"):
            return collection("array", _sized(kind[:-2], modifier))
        return _sized(kind, modifier)
    if oid == 1042:
        return sized("char", modifier - 4 if modifier > 4 else 1)
    if oid == 17:
        return _sized("varbinary", modifier)
    return _sized("varchar", modifier)


def _sized(kind: str, modifier: int) -> VType:
    default = 32_000_000 if kind.startswith("long") else _UNSIZED
    return sized(kind, modifier - 4 if modifier > 4 else default)


def _numeric(modifier: int) -> VType:
    """An expression's NUMERIC has no scale behind; none is claimed for it."""
    if modifier < 4:
        return VType(kind="numeric", oid=16, modifier=-1, pg="numeric", shown="numeric(1024,15)")
    return numeric((modifier - 4) >> 16, (modifier - 4) & 0x7FF)


def _interval(modifier: int) -> VType:
    bits = modifier & ~0xFFFF if modifier >= 0 else 0
    said = [name for bit, name in _FIELDS if bits & (1 << bit)]
    both = bits & _YEAR_MONTH and bits & _DAY_TIME
    if not said or both:
        return interval("day", "second")
    digits = modifier & 0xFFFF
    return interval(said[0], said[-1], None if digits == 0xFFFF else digits)
