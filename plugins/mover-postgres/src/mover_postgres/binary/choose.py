"""Which encoder takes an Arrow type to a PostgreSQL type, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.types as pat

from mover_postgres.binary import lists, numbers, texts, times
from mover_postgres.binary.arrays import plain, valid_rows
from mover_postgres.binary.pgtypes import ARRAY, PgType
from mover_postgres.binary.pieces import NULL, Encoded, masked

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    Encode = Callable[[pa.Array], Encoded]

__all__ = ["Encode", "binary_encoder", "complete"]

_INTEGERS = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "oid": ">u4"}
_FLOATS = {"float4": ">f4", "float8": ">f8"}


def binary_encoder(source: pa.DataType, target: PgType) -> Encode | str:
    """Return the encoder of a column, or the reason why it has no binary way.

    The encoder takes an array of the type ``source``, any slice of one, and raises ``Unfit`` for
    a value that the column cannot hold.
    """
    inner = _plain_type(source)
    found = _encoder(inner, target)
    if found is None:
        return f"{source} has no exact binary form in {target.name}"
    if isinstance(found, str):
        return found
    return complete(found)


def complete(encode: Encode) -> Encode:
    """Return an encoder that also knows NULLs, dictionaries, runs and extensions."""

    def encode_any(array: pa.Array) -> Encoded:
        array = plain(array)
        if array.null_count == len(array):
            return Encoded(NULL, ())
        return masked(encode(array), valid_rows(array))

    return encode_any


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values once ``arrays.plain`` has unwrapped them."""
    while True:
        if hasattr(kind, "storage_type"):
            kind = kind.storage_type
        elif pat.is_dictionary(kind) or pat.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def _encoder(source: pa.DataType, target: PgType) -> Encode | str | None:
    if pat.is_null(source):
        return lambda _: Encoded(NULL, ())
    for family in (_of_number, _of_text, _of_bytes, _of_time, _of_list):
        found = family(source, target)
        if found is not None:
            return found
    return None


def _of_number(source: pa.DataType, target: PgType) -> Encode | None:
    if pat.is_boolean(source):
        return numbers.booleans if target.kind == "bool" else None
    if pat.is_integer(source):
        return _of_integer(_numpy_of(source), target)
    if pat.is_floating(source) and target.kind in _FLOATS:
        return numbers.floats(f"<f{source.bit_width // 8}", _FLOATS[target.kind], target.name)
    if pat.is_decimal(source) and target.kind == "numeric":
        if source.bit_width in (32, 64):
            return numbers.small_decimals(source.bit_width, source.scale)
        return numbers.decimals(source.bit_width, source.scale)
    return None


def _numpy_of(source: pa.DataType) -> str:
    sign = "i" if pat.is_signed_integer(source) else "u"
    return f"<{sign}{source.bit_width // 8}"


def _of_integer(dtype: str, target: PgType) -> Encode | None:
    if target.kind in _INTEGERS:
        return numbers.integers(dtype, _INTEGERS[target.kind], target.name)
    if target.kind in _FLOATS:
        return numbers.floats_of_integers(dtype, _FLOATS[target.kind])
    return numbers.whole_numerics(dtype) if target.kind == "numeric" else None


def _of_text(source: pa.DataType, target: PgType) -> Encode | None:
    if not (pat.is_string(source) or pat.is_large_string(source) or pat.is_string_view(source)):
        return None
    return {"text": texts.raw, "jsonb": texts.json_binary, "uuid": texts.uuids_of_text}.get(
        target.kind
    )


def _of_bytes(source: pa.DataType, target: PgType) -> Encode | None:
    sized = pat.is_fixed_size_binary(source)
    if target.kind == "uuid":
        return texts.uuids if sized and source.byte_width == texts.UUID_BYTES else None
    if target.kind != "bytea":
        return None
    unsized = pat.is_binary(source) or pat.is_large_binary(source) or pat.is_binary_view(source)
    return texts.raw if sized or unsized else None


def _of_time(source: pa.DataType, target: PgType) -> Encode | None:
    if pat.is_date(source):
        dtype = f"<i{source.bit_width // 8}"
        makers = {"date": times.dates, "timestamp": times.moments_of_dates}
        return makers[target.kind](dtype) if target.kind in makers else None
    if pat.is_time(source) and target.kind == "time":
        return times.times(f"<i{source.bit_width // 8}", source.unit)
    if pat.is_timestamp(source):
        wanted = "timestamp" if source.tz is None else "timestamptz"
        return times.moments(source.unit) if target.kind == wanted else None
    if target.kind == "interval":
        return _of_interval(source)
    return None


def _of_interval(source: pa.DataType) -> Encode | None:
    if pat.is_duration(source):
        return times.durations(source.unit)
    return times.calendar_intervals if pat.is_interval(source) else None


def _of_list(source: pa.DataType, target: PgType) -> Encode | str | None:
    sized = pat.is_list(source) or pat.is_large_list(source) or pat.is_fixed_size_list(source)
    if not sized or target.kind != ARRAY or target.element is None:
        return None
    if _is_list(_plain_type(source.value_type)):
        return "an array of more than one dimension has no binary way here"
    element = binary_encoder(source.value_type, target.element)
    if isinstance(element, str):
        return element
    return lists.lists(target.element.oid, element)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind))
