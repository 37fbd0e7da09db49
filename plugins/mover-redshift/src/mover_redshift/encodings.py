"""Which encodings a column of a type may have (manual page c_Compression_encodings)."""

from __future__ import annotations

__all__ = ["goes_with"]

_INTEGERS = ("smallint", "integer", "bigint")
_MOMENTS = ("date", "timestamp", "timestamptz")
_TEXTS = ("char", "varchar")
_TYPES = {
    "az64": (*_INTEGERS, "decimal", *_MOMENTS, "time", "timetz"),
    "bytedict": (*_INTEGERS, "decimal", "real", "double precision", *_TEXTS, *_MOMENTS),
    "delta": (*_INTEGERS, "date", "timestamp", "decimal"),
    "delta32k": ("integer", "bigint", "date", "timestamp", "decimal"),
    "lzo": (*_INTEGERS, "decimal", *_TEXTS, *_MOMENTS, "time", "timetz", "super", "varbyte"),
    "mostly8": (*_INTEGERS, "decimal"),
    "mostly16": ("integer", "bigint", "decimal"),
    "mostly32": ("bigint", "decimal"),
    "text255": ("varchar",),
    "text32k": ("varchar",),
}


def goes_with(encoding: str, kind: str) -> bool:
    """Whether a column of a type, as DDL spells it, takes an encoding; most take any type."""
    return encoding not in _TYPES or kind.partition("(")[0] in _TYPES[encoding]
