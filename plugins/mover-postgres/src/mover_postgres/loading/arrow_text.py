"""Arrow columns as PostgreSQL reads them from CSV: what Arrow's own writer spells otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import SchemaError
from records_mover.formats.columns import compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_csv_column"]

_MICROSECONDS = pa.duration("us")


def as_csv_column(column: pa.Array) -> pa.Array:
    """Return a column that Arrow's CSV writer writes as PostgreSQL is to read it."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return as_csv_column(column.storage)
    if pat.is_dictionary(kind):
        return as_csv_column(column.cast(kind.value_type))
    if pat.is_struct(kind) or pat.is_map(kind) or pat.is_union(kind):
        raise SchemaError(f"PostgreSQL has no type for Arrow's {kind}", "turn it into JSON first")
    for is_kind, spell in _SPELLERS:
        if is_kind(kind):
            return spell(column)
    return column


def _plain_text(column: pa.Array) -> pa.Array:
    return column.cast(pa.large_string())


def _is_binary(kind: pa.DataType) -> bool:
    kinds = (pat.is_binary, pat.is_large_binary, pat.is_fixed_size_binary, pat.is_binary_view)
    return any(is_kind(kind) for is_kind in kinds)


def _is_list(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind) for is_kind in (pat.is_list, pat.is_large_list, pat.is_fixed_size_list)
    )


def _hexadecimal(column: pa.Array) -> pa.Array:
    r"""Spell bytes as ``\x`` and two digits each: one pass over all the bytes of the column."""
    flat = column.cast(pa.large_binary())
    base = flat.offset
    _, offsets, data = flat.buffers()
    bounds = pa.Array.from_buffers(pa.int64(), len(flat) + 1, [None, offsets], offset=base)
    first, last = bounds[0].as_py(), bounds[len(flat)].as_py()
    digits = b"" if data is None else data.slice(first, last - first).to_pybytes().hex().encode()
    doubled = pc.multiply(pc.subtract(bounds, bounds[0]), _int64(2))
    text = pa.LargeStringArray.from_buffers(
        len(flat), doubled.buffers()[1], pa.py_buffer(digits), None, 0, 0
    )
    spelled = pc.binary_join_element_wise(_text("\\x"), text, _text(""))
    return pc.if_else(column.is_valid(), spelled, _no_text())


def _interval(column: pa.Array) -> pa.Array:
    if column.type != _MICROSECONDS:
        column = column.cast(_MICROSECONDS)
    count = column.cast(pa.int64()).cast(pa.large_string())
    return pc.binary_join_element_wise(count, _text("microseconds"), _text(" "))


def _is_finer(kind: pa.DataType) -> bool:
    return bool((pat.is_timestamp(kind) or pat.is_time64(kind)) and kind.unit == "ns")


def _microseconds(column: pa.Array) -> pa.Array:
    """Leave out digits that are zeros: the server would round any others without a word."""
    kind = column.type
    return column.cast(pa.timestamp("us", kind.tz) if pat.is_timestamp(kind) else pa.time64("us"))


def _array(column: pa.Array) -> pa.Array:
    """Spell lists as ``{1,NULL,"a"}``, with every text between quotes."""
    lists = column.cast(pa.large_list(column.type.value_type))
    items = lists.flatten()
    values = _item_text(items)
    values = pc.if_else(items.is_valid(), values, _text("NULL"))
    sizes = pc.fill_null(pc.list_value_length(lists), _int64(0))
    ends = pc.cumulative_sum(sizes)
    offsets = pa.concat_arrays([_zero(), ends])
    joined = pc.binary_join(pa.LargeListArray.from_arrays(offsets, values), _text(","))
    spelled = pc.binary_join_element_wise(_text("{"), joined, _text("}"), _text(""))
    return pc.if_else(column.is_valid(), spelled, _no_text())


def _item_text(items: pa.Array) -> pa.Array:
    plain = as_csv_column(items)
    if _is_list(items.type):
        return plain
    text = plain.cast(pa.large_string())
    if pat.is_integer(items.type) or pat.is_floating(items.type) or pat.is_boolean(items.type):
        return text
    for sign in ("\\", '"'):
        text = pc.replace_substring(text, sign, "\\" + sign)
    quote = _text('"')
    return pc.binary_join_element_wise(quote, text, quote, _text(""))


_SPELLERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pat.is_null, _plain_text),
    (pat.is_decimal256, _plain_text),
    (pat.is_string_view, _plain_text),
    (_is_binary, _hexadecimal),
    (pat.is_duration, _interval),
    (_is_finer, _microseconds),
    (_is_list, _array),
)


# Scalars are made through buffers: pa.scalar() imports pandas where that is installed.


def _text(value: str) -> pa.Scalar:
    raw = value.encode()
    bounds = (0).to_bytes(8, "little") + len(raw).to_bytes(8, "little")
    array = pa.Array.from_buffers(
        pa.large_string(), 1, [None, pa.py_buffer(bounds), pa.py_buffer(raw)]
    )
    return array[0]


def _no_text() -> pa.Scalar:
    return pa.nulls(1, pa.large_string())[0]


def _int64(value: int) -> pa.Scalar:
    return _numbers(value)[0]


def _zero() -> pa.Array:
    return _numbers(0)


def _numbers(value: int) -> pa.Array:
    raw = pa.py_buffer(value.to_bytes(8, "little", signed=True))
    return pa.Array.from_buffers(pa.int64(), 1, [None, raw])
