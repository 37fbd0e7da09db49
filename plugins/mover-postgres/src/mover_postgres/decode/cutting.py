"""Cuts rows of binary COPY into columns: one place in each row at a time, and all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from mover_postgres.decode.messages import SLACK
from mover_postgres.wire.copydata import words

if TYPE_CHECKING:
    import numpy.typing as npt

    from mover_postgres.decode.messages import Rows
    from mover_postgres.wire.copydata import Places

    Valid = npt.NDArray[np.bool_]

__all__ = ["Cutter"]

LENGTH = 4


class Cutter:
    """Where in each row the next column begins."""

    def __init__(self, rows: Rows) -> None:
        self._data = rows.data
        self._ends = rows.ends
        self.at: Places = rows.starts
        self.count = len(rows.starts)

    @property
    def at_end(self) -> bool:
        """Whether each row has ended, as after its last column it must have."""
        return bool(np.array_equal(self.at, self._ends))

    def lengths(self) -> Places:
        """Return the length of each value, -1 for NULL, and go to the value."""
        lengths = words(self._data, self.at)
        self.at = self.at + LENGTH
        return lengths

    def window(self, kind: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return what stands in each row from here on, seen as of some kind."""
        width = kind.itemsize
        assert width <= SLACK, "behind the last row there are so many bytes"
        # As bytes without a meaning, which are copied without a look at their order.
        view: npt.NDArray[Any] = np.ndarray(
            len(self._data) - width + 1, f"V{width}", self._data, strides=(1,)
        )
        return view[self.at].view(kind)

    def run(self, kind: np.dtype[Any]) -> npt.NDArray[Any] | None:
        """Return neighbouring columns of a fixed width, each a length and a value, and go on.

        None, where one of the values is NULL.
        """
        found = self.window(kind)
        names = kind.names or ()
        for name, value in zip(names[0::2], names[1::2], strict=True):
            if (found[name] != kind[value].itemsize).any():
                return None
        self.at = self.at + kind.itemsize
        return found

    def fixed(self, kind: np.dtype[Any]) -> tuple[npt.NDArray[Any], Valid | None]:
        """Return one column of a fixed width, and which of its rows hold a value, and go on."""
        lengths = self.lengths()
        values = self.window(kind)
        self.at = self.at + np.maximum(lengths, 0)
        return values, _valid(lengths)

    def varying(self) -> tuple[Places, Valid | None]:
        """Return the lengths of a column, and which of its rows hold a value; stay before them."""
        lengths = self.lengths()
        return np.maximum(lengths, 0), _valid(lengths)

    def words(self, most: int) -> tuple[npt.NDArray[Any], Valid | None]:
        """Return a column of words of 16 bits, so many at most, a row each, and go on."""
        found = self.window(np.dtype([("length", ">i4"), ("words", ">i2", (most,))]))
        lengths = found["length"].astype(np.int64)
        self.at = self.at + (np.maximum(lengths, 0) + LENGTH)
        return found["words"], _valid(lengths)

    def texts(self, lengths: Places, skipped: int = 0) -> pa.Array:
        """Return the bytes of a column, but for the first few of each value, and go on."""
        width = int(lengths[0]) if self.count and not skipped else 0
        if 0 < width <= SLACK and (lengths == width).all():
            return self._alike(width)
        bounds = np.empty(2 * self.count, np.int32)
        bounds[1::2] = self.at + lengths
        bounds[0::2] = np.minimum(self.at + skipped, bounds[1::2])
        kind = pa.binary()
        buffers = [None, pa.py_buffer(bounds), pa.py_buffer(self._data)]
        every_other = _int64(np.arange(0, 2 * self.count, 2))
        self.at = self.at + lengths
        return pa.Array.from_buffers(kind, 2 * self.count - 1, buffers).take(every_other)

    def _alike(self, width: int) -> pa.Array:
        """Return the bytes of a column in which all values are of one length, and go on."""
        values = self.window(np.dtype(f"V{width}"))
        ends = np.arange(0, (self.count + 1) * width, width, dtype=np.int32)
        self.at = self.at + width
        return pa.Array.from_buffers(
            pa.binary(), self.count, [None, pa.py_buffer(ends), pa.py_buffer(values)]
        )


def _valid(lengths: Places) -> Valid | None:
    valid: Valid = lengths >= 0
    return None if valid.all() else valid


def _int64(values: npt.NDArray[np.int64]) -> pa.Array:
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])
