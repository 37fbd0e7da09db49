"""Which types each encoding is for, by page c_Compression_encodings."""

from __future__ import annotations

from redshift_server.errors import RedshiftError

__all__ = ["check_encoding"]

_NUMBERS = {"smallint", "integer", "bigint", "numeric"}
_DAYS = {"date", "timestamp without time zone"}
_MOMENTS = {*_DAYS, "timestamp with time zone"}
_TIMES = {"time without time zone", "time with time zone"}
_FLOATS = {"real", "double precision"}
_TEXTS = {"character", "character varying"}
_FOR = {
    "az64": _NUMBERS | _MOMENTS | _TIMES,
    "bytedict": _NUMBERS | _FLOATS | _TEXTS | _MOMENTS,
    "delta": _NUMBERS | _DAYS,
    "delta32k": (_NUMBERS | _DAYS) - {"smallint"},
    "mostly8": _NUMBERS,
    "mostly16": _NUMBERS - {"smallint"},
    "mostly32": {"bigint", "numeric"},
    "text255": {"character varying"},
    "text32k": {"character varying"},
}
_NOT_FOR = {"lzo": {"boolean", *_FLOATS}}


def check_encoding(name: str, kind: str, encoding: str) -> None:
    """Refuse an encoding of a column that is not for its type."""
    bare = kind.partition("(")[0].strip()
    unfit = encoding in _FOR and bare not in _FOR[encoding]
    if unfit or bare in _NOT_FOR.get(encoding, ()):
        said = f'Invalid encoding "{encoding}" for column "{name}" of type {bare}'
        raise RedshiftError(said, sqlstate="0A000")
