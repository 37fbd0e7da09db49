"""Arrow's buffers as numpy sees them: no copy where there can be none, any offset, no pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from records_mover.formats.columns import compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["binary_run", "bits", "fixed", "from_parts", "offsets_of", "plain", "valid_rows"]


def plain(array: pa.Array) -> pa.Array:
    """Return the array without dictionary, run ends, extension or views around its values."""
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif pat.is_dictionary(array.type):
            array = array.dictionary_decode()
        elif pat.is_run_end_encoded(array.type):
            array = pc.run_end_decode(array)
        else:
            return array


def valid_rows(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Return which rows hold a value; None where all do."""
    if not array.null_count:
        return None
    if pat.is_null(array.type):
        return np.zeros(len(array), np.bool_)
    return bits(array.buffers()[0], array.offset, len(array))


def bits(buffer: pa.Buffer, offset: int, count: int) -> npt.NDArray[np.bool_]:
    """Return ``count`` bits of a buffer from ``offset`` on as booleans."""
    first, skipped = divmod(offset, 8)
    packed = np.frombuffer(buffer, np.uint8, (skipped + count + 7) // 8, first)
    unpacked = np.unpackbits(packed, bitorder="little")[skipped : skipped + count]
    return unpacked.view(np.bool_)


def fixed(array: pa.Array, dtype: Any) -> npt.NDArray[Any]:
    """Return the values of an array of fixed width; those of NULLs are anything."""
    kind = np.dtype(dtype)
    if not len(array):
        return np.empty(0, kind)
    buffer = array.buffers()[1]
    return np.frombuffer(buffer, kind, len(array), array.offset * kind.itemsize)


def offsets_of(array: pa.Array) -> npt.NDArray[Any]:
    """Return the ``len + 1`` offsets of a binary, text or list array into its values."""
    kind = array.type
    large = pat.is_large_binary(kind) or pat.is_large_string(kind) or pat.is_large_list(kind)
    dtype = np.dtype("<i8" if large else "<i4")
    if not len(array):
        return np.zeros(1, dtype)
    return np.frombuffer(array.buffers()[1], dtype, len(array) + 1, array.offset * dtype.itemsize)


def from_parts(offsets: npt.NDArray[Any], data: Any) -> pa.Array:
    """Return a binary array without NULLs from offsets into bytes, none of them looked at."""
    small = len(offsets) == 0 or offsets[-1] < np.iinfo(np.int32).max
    kind, dtype = (pa.binary(), "<i4") if small else (pa.large_binary(), "<i8")
    spots = np.ascontiguousarray(offsets, dtype)
    buffers = [None, pa.py_buffer(spots), data if isinstance(data, pa.Buffer) else _buffer(data)]
    return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def _buffer(data: npt.NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(data).reshape(-1).view(np.uint8))


def binary_run(array: pa.Array) -> tuple[npt.NDArray[Any], pa.Array]:
    """Return the lengths of text or bytes, nothing for NULL, and the values as binary.

    What a NULL may hide in the buffer is left out of both.
    """
    if pat.is_fixed_size_binary(array.type):
        array = array.cast(pa.binary())
    elif pat.is_string_view(array.type) or pat.is_binary_view(array.type):
        array = array.cast(pa.large_binary())
    offsets = offsets_of(array)
    lengths = np.diff(offsets)
    valid = valid_rows(array)
    if valid is not None:
        lengths = lengths * valid
        if lengths.sum() != offsets[-1] - offsets[0]:
            array = _without_hidden(array)
            offsets = offsets_of(array)
    base, end = int(offsets[0]), int(offsets[-1])
    data = array.buffers()[2]
    data = data.slice(base, end - base) if data is not None else pa.py_buffer(b"")
    return lengths, from_parts(offsets - base if base else offsets, data)


def _without_hidden(array: pa.Array) -> pa.Array:
    """Return the same array, each NULL with nothing behind it."""
    row_numbers = np.arange(len(array), dtype=np.int64)
    return array.take(pa.Array.from_buffers(pa.int64(), len(array), [None, _buffer(row_numbers)]))
