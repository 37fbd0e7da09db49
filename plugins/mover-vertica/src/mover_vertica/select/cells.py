"""Where each value of each column lies in a block of rows.

A row is a count of columns, and for each of them a length and so many bytes; the length -1 is NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from mover_vertica.select.wire import Block

    Ints = npt.NDArray[np.int64]

__all__ = ["Cells", "cells_of"]

_BEFORE_COUNT = 5
_BEFORE_CELLS = 7
_PAD = bytes(16)
"""Behind the last row, so that a word can be read where a short value, or none, is."""


@dataclass(frozen=True)
class Cells:
    """The values of one column: ``data`` holds them, among others, from ``begins`` on."""

    data: bytes
    begins: Ints
    lengths: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.begins)

    @cached_property
    def nulls(self) -> int:
        """How many are NULL."""
        return int(np.count_nonzero(self.lengths < 0))

    @cached_property
    def validity(self) -> pa.Buffer | None:
        """Arrow's bitmap of those that are not NULL; None where all are."""
        if not self.nulls:
            return None
        return pa.py_buffer(np.packbits(self.lengths >= 0, bitorder="little"))

    def of(self, rows: npt.NDArray[np.bool_]) -> Cells:
        """Return the values of some rows."""
        return self if rows.all() else Cells(self.data, self.begins[rows], self.lengths[rows])

    def words(self, kind: str, offset: int = 0) -> npt.NDArray[Any]:
        """Return what stands ``offset`` bytes into each value, as numbers of a numpy type."""
        return _at(self.data, kind, self.begins + offset)

    def fixed(self, kind: pa.DataType, values: npt.NDArray[Any]) -> pa.Array:
        """Return a column of values of one size; those that stand for NULL are passed over."""
        buffers = [self.validity, pa.py_buffer(np.ascontiguousarray(values))]
        return pa.Array.from_buffers(kind, len(self), buffers, self.nulls)

    def bytes(self) -> pa.Array:
        """Return the values as they are.

        All that lies between the ends of two values is a value too, which makes of the block one
        column: Arrow takes the wanted ones out of it.
        """
        count = len(self)
        edges = np.empty(2 * count, np.int32)
        edges[0::2] = self.begins
        edges[1::2] = self.begins + np.maximum(self.lengths, 0)
        spans = pa.Array.from_buffers(
            pa.binary(), max(2 * count - 1, 0), [None, pa.py_buffer(edges), pa.py_buffer(self.data)]
        )
        wanted = pa.py_buffer(np.arange(0, 2 * count, 2, dtype=np.int32))
        places = pa.Array.from_buffers(pa.int32(), count, [self.validity, wanted], self.nulls)
        return spans.take(places)


def cells_of(block: Block, columns: int) -> Iterator[Cells]:
    """Yield the values of one column after the other."""
    data = block.data + _PAD
    starts = np.fromiter(block.starts, np.int64, len(block.starts))
    counts = _at(data, ">u2", starts + _BEFORE_COUNT)
    if (counts != columns).any():
        strange = many(int(counts[counts != columns][0]), "column")
        raise ValueError(f"a row has {strange} instead of {columns}")
    at = starts + _BEFORE_CELLS
    for _ in range(columns):
        lengths = _at(data, ">i4", at).astype(np.int32)
        begins = at + 4
        yield Cells(data, begins, lengths)
        at = begins + np.maximum(lengths, 0)


def _at(data: bytes, kind: str, places: Ints) -> npt.NDArray[Any]:
    """Return the numbers at some places, which need not be aligned."""
    size = np.dtype(kind).itemsize
    every = np.ndarray((len(data) - size + 1,), kind, data, 0, (1,))
    return every[places]
