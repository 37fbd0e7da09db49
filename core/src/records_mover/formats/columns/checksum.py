"""What a column's values amount to in whatever order they come: a checksum over Arrow batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.formats.columns.conform import plain_array

if TYPE_CHECKING:
    import numpy.typing as npt

    Words = npt.NDArray[np.uint64]

__all__ = ["Tally", "hashes"]

_MASK = (1 << 64) - 1
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse among the words
_INVERSE = pow(_BASE, -1, 1 << 64)
_NULL = np.uint64(0xD6E8FEB86659FD93)
_STEP = np.uint64(0xBF58476D1CE4E5B9)
_LAST = np.uint64(0x94D049BB133111EB)
_NAN = np.uint64(0x7FF8000000000000)
_AT_ONCE = 1 << 18


class Tally:
    """The rows that were seen, and for each column how many values and the sum of their hashes.

    Sums are taken modulo 2**64, so that those of rows which were there before can be taken off.
    """

    def __init__(self, columns: int) -> None:
        self.rows = 0
        self.values = [0] * columns
        self.sums = [0] * columns

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch."""
        self.rows += batch.num_rows
        for at, column in enumerate(batch.columns):
            self.values[at] += len(column) - column.null_count
            self.sums[at] = (self.sums[at] + _total(column)) & _MASK

    def less(self, other: Tally) -> Tally:
        """Return what is left without rows that were counted in another tally."""
        left = Tally(len(self.sums))
        left.rows = self.rows - other.rows
        left.values = [a - b for a, b in zip(self.values, other.values, strict=True)]
        left.sums = [(a - b) & _MASK for a, b in zip(self.sums, other.sums, strict=True)]
        return left


def _total(column: pa.Array) -> int:
    """Sum up the hashes of what is no NULL."""
    if column.null_count:
        column = column.drop_null()
    total = 0
    for part in _parts(column):
        total += int(hashes(part).sum(dtype=np.uint64))
    return total


def _parts(column: pa.Array) -> list[pa.Array]:
    """Cut a column so that what is worked out of each part stays in the processor's cache."""
    size = max(column.nbytes, 1)
    each = max(len(column) * _AT_ONCE // size, 1) if size > _AT_ONCE else max(len(column), 1)
    return [column.slice(start, each) for start in range(0, len(column), each)]


def hashes(array: pa.Array) -> Words:
    """Return a word for each value, the same for equal values of one type; NULL is one of them."""
    array = plain_array(array)
    found = _hashes(array)
    if array.null_count:
        valid = np.frombuffer(pc.cast(array.is_valid(), pa.uint8()).buffers()[1], np.uint8)
        found = np.where(valid[: len(array)] == 1, found, _NULL)
    return found


def _hashes(array: pa.Array) -> Words:
    kind = array.type
    if pat.is_null(kind):
        return np.full(len(array), _NULL)
    if pat.is_floating(kind):
        return _mixed(_floats(array))
    if pat.is_boolean(kind):
        return _mixed(_fixed(pc.cast(array, pa.uint8()), np.dtype(np.uint8)))
    if pat.is_decimal(kind):
        return _of_words(array, kind.byte_width)
    if pat.is_fixed_size_binary(kind):
        return _hashes(pc.cast(array, pa.binary()))
    if pat.is_struct(kind):
        return _of_struct(array)
    if pat.is_fixed_size_list(kind):
        array = pc.cast(array, pa.list_(kind.value_type))
    if pat.is_list(array.type) or pat.is_large_list(array.type):
        return _of_lists(array)
    if pat.is_integer(kind) or (pat.is_temporal(kind) and not pat.is_interval(kind)):
        return _mixed(_fixed(array, np.dtype(f"i{kind.bit_width // 8}")))
    return _of_bytes(_as_bytes(array))


def _mixed(words: Words) -> Words:
    """Spread each word over all its bits, as splitmix64 does."""
    with np.errstate(over="ignore"):
        words = (words ^ (words >> np.uint64(30))) * _STEP
        words = (words ^ (words >> np.uint64(27))) * _LAST
    return words ^ (words >> np.uint64(31))


def _fixed(array: pa.Array, dtype: Any) -> Words:
    found = np.frombuffer(array.buffers()[1] or b"", dtype)[array.offset :][: len(array)]
    if dtype.itemsize < 8 or dtype.kind != "u":  # 0 is mixed to 0, which would count for nothing
        found = found.astype(np.int64, copy=False).view(np.uint64)
    with np.errstate(over="ignore"):
        return found + np.uint64(_BASE)


def _floats(array: pa.Array) -> Words:
    """Return the bits of floats: each zero with its sign, and one spelling of what is no number."""
    values = pc.cast(array, pa.float64())
    found = np.frombuffer(values.buffers()[1] or b"", np.float64)[values.offset :][: len(array)]
    words = np.where(np.isnan(found), _NAN, found.view(np.uint64))
    with np.errstate(over="ignore"):
        return words + np.uint64(_BASE)


def _of_words(array: pa.Array, width: int) -> Words:
    """Return the hashes of values that are several words each."""
    each = width // 8
    start = array.offset * each
    words = np.frombuffer(array.buffers()[1] or b"", np.uint64)[start : start + len(array) * each]
    found = np.zeros(len(array), np.uint64)
    with np.errstate(over="ignore"):
        for at in range(each):
            found = _mixed(found + words[at::each] + np.uint64(_BASE))
    return found


def _as_bytes(array: pa.Array) -> pa.Array:
    kind = array.type
    if pat.is_string(kind) or pat.is_binary(kind):
        return array
    if pat.is_large_string(kind) or pat.is_large_binary(kind):
        return array
    if pat.is_string_view(kind) or pat.is_binary_view(kind):
        return pc.cast(array, pa.large_binary())
    from records_mover.formats.columns.tokens import text_of_objects

    return text_of_objects(array)


def _offsets(array: pa.Array) -> npt.NDArray[np.int64]:
    large = pat.is_large_string(array.type) or pat.is_large_binary(array.type)
    large = large or pat.is_large_list(array.type)
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array) + 1, np.int64)
    found = np.frombuffer(buffer, np.int64 if large else np.int32)
    return found[array.offset :][: len(array) + 1].astype(np.int64)


def _of_bytes(array: pa.Array) -> Words:
    offsets = _offsets(array)
    data = np.frombuffer(array.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return _of_runs(data.astype(np.uint64), offsets - offsets[0])


def _of_lists(array: pa.Array) -> Words:
    offsets = _offsets(array)
    items = array.values.slice(offsets[0], offsets[-1] - offsets[0])
    return _of_runs(hashes(items), offsets - offsets[0])


def _of_struct(array: pa.Array) -> Words:
    found = np.zeros(len(array), np.uint64)
    with np.errstate(over="ignore"):
        for at in range(array.type.num_fields):
            found = _mixed(found + hashes(array.field(at)) + np.uint64(_BASE))
    return found


def _of_runs(values: Words, offsets: npt.NDArray[np.int64]) -> Words:
    """Return the hash of each run of values: a polynomial, told by sums from the first value on.

    A value is weighed by the base to the power of its place; to take the power of the run's first
    place off again, the sum is multiplied by the inverse to that power.
    """
    weights, inverses = _powers(len(values) + 1)
    sums = np.zeros(len(values) + 1, np.uint64)
    with np.errstate(over="ignore"):
        np.cumsum(values * weights[: len(values)], out=sums[1:])
        starts, ends = offsets[:-1], offsets[1:]
        runs = (sums[ends] - sums[starts]) * inverses[starts]
        lengths = (ends - starts).astype(np.uint64) + np.uint64(1)
        return _mixed(_mixed(runs) + lengths * np.uint64(_BASE))


_known: list[Words] = [np.ones(1, np.uint64), np.ones(1, np.uint64)]


def _powers(count: int) -> list[Words]:
    """Return the powers of the base and of its inverse, from 0 on; what was needed once is kept."""
    global _known  # noqa: PLW0603 - tables that are the same for everybody
    known = _known
    if len(known[0]) < count:
        size = 1 << (count - 1).bit_length()
        known = [_table(_BASE, size), _table(_INVERSE, size)]
        if size <= _AT_ONCE * 8:
            _known = known
    return known


def _table(base: int, count: int) -> Words:
    steps = np.full(count, base, np.uint64)
    steps[0] = 1
    with np.errstate(over="ignore"):
        return np.cumprod(steps, dtype=np.uint64)
