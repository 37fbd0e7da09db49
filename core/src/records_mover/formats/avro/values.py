"""The rows of a batch as Avro's bytes, whole columns at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns.values import flags, small, text

__all__ = ["avro_rows"]

Pieces = list[Any]
"""What is to be joined row by row: arrays of bytes, and what is the same in every row."""

# Of a union of null and a type, what says that there is none, and that there is one.
_NULL, _THERE = b"\x00", b"\x02"


def avro_rows(batch: pa.RecordBatch) -> memoryview:
    """Return the rows one after the other, as records of ``avro_schema``."""
    pieces: Pieces = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        pieces += _column(column, field)
    return _flat(_joined(pieces))


def _column(array: pa.Array, field: pa.Field) -> Pieces:
    if not field.nullable:
        if array.null_count:
            what = f"the column '{field.name}' is required, and holds NULL"
            raise BadRowError(what, "give a schema in which it may be NULL", column=field.name)
        return _value(array)
    if not array.null_count:
        return [_bytes(_THERE), *_value(array)]
    there = pc.is_valid(array)
    pieces = [pc.if_else(there, _bytes(_THERE), _bytes(_NULL))]
    none = _bytes(b"")
    return pieces + [pc.if_else(there, piece, none) for piece in _value(array)]


def _value(array: pa.Array) -> Pieces:
    """Return the values without regard to NULL, in whose place anything may stand."""
    kind = array.type
    if pat.is_boolean(kind):
        return [pc.if_else(array, _bytes(b"\x01"), _bytes(b"\x00"))]
    if pat.is_integer(kind):
        return [_long(_numbers(pc.cast(array, pa.int64())))]
    if pat.is_floating(kind):
        single = kind.bit_width <= 32
        plain = pc.cast(array, pa.float32()) if single else array
        return [_fixed(_raw(plain, 4 if single else 8))]
    if pat.is_decimal(kind):
        return _decimal(array)
    if pat.is_temporal(kind):
        whole = pa.int32() if kind.bit_width == 32 else pa.int64()
        return [_long(_numbers(pc.cast(array, whole)).astype(np.int64))]
    if pat.is_list(kind):
        return _list(array)
    return [_long(_lengths(array)), pc.fill_null(pc.cast(array, pa.binary()), _bytes(b""))]


def _decimal(array: pa.Array) -> Pieces:
    """Return the length, one for all that suffices, and the bytes, the highest first."""
    kind = array.type
    size = min((int(kind.precision * np.log2(10)) + 9) // 8, kind.byte_width)
    low = _raw(array, kind.byte_width)[:, :size]
    return [_bytes(bytes([size * 2])), _fixed(np.ascontiguousarray(low[:, ::-1]))]


def _list(array: pa.Array) -> Pieces:
    """Return the number of items, the items, and the end; of an empty list the end alone."""
    counts = _lengths(array)
    items = _joined(_column(array.flatten(), array.type.value_field))
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(counts, dtype=np.int32)))
    lists = pa.Array.from_buffers(
        pa.list_(pa.binary()), len(array), [None, pa.py_buffer(offsets)], children=[items]
    )
    begun = pc.if_else(flags(counts > 0), _long(counts), _bytes(b""))
    return [begun, pc.binary_join(lists, _bytes(b"")), _bytes(b"\x00")]


def _long(numbers: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    """Return numbers in as many bytes as they need, seven bits in each, the lowest first."""
    zigzag = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    most = int(zigzag.max(initial=0))
    width = max((most.bit_length() + 6) // 7, 1)
    shifts = np.arange(width, dtype=np.uint64) * np.uint64(7)
    septets = (zigzag[:, None] >> shifts).astype(np.uint8)
    septets |= 128
    sizes = np.ones(len(numbers), np.int32)
    for shift in shifts[1:]:
        sizes += zigzag >= (np.uint64(1) << shift)
    septets[np.arange(len(numbers)), sizes - 1] &= 127
    kept = septets[np.arange(width) < sizes[:, None]]
    offsets = np.concatenate((np.zeros(1, np.int32), np.cumsum(sizes, dtype=np.int32)))
    return pa.Array.from_buffers(
        pa.binary(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(kept)]
    )


def _fixed(rows: np.ndarray[Any, np.dtype[np.uint8]]) -> pa.Array:
    """Return rows of as many bytes each."""
    count, width = rows.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(rows)]
    return pa.Array.from_buffers(pa.binary(), count, buffers)


def _raw(array: pa.Array, width: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    data = np.frombuffer(array.buffers()[1] or b"", np.uint8)
    return data[array.offset * width : (array.offset + len(array)) * width].reshape(-1, width)


def _numbers(array: pa.Array) -> np.ndarray[Any, Any]:
    kind = np.int32 if array.type == pa.int32() else np.int64
    data = np.frombuffer(array.buffers()[1] or b"", kind)
    return data[array.offset : array.offset + len(array)]


def _lengths(array: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    measure = pc.list_value_length if pat.is_list(array.type) else pc.binary_length
    lengths = pc.cast(measure(array), pa.int64())
    return _numbers(pc.fill_null(lengths, small(0, pa.int64())))


def _bytes(data: bytes) -> pa.Scalar:
    return pc.cast(text(data.decode("ascii")), pa.binary())


def _joined(pieces: Pieces) -> pa.Array:
    return pc.binary_join_element_wise(*pieces, _bytes(b""))


def _flat(rows: pa.Array) -> memoryview:
    offsets = np.frombuffer(rows.buffers()[1], np.int32)
    return memoryview(rows.buffers()[2] or b"")[offsets[rows.offset] : offsets[-1]]
