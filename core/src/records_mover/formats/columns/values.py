"""Small Arrow values made from buffers, as Arrow's own ways of making them import pandas.

Where pandas is installed ``pa.scalar``, ``pa.array`` and Python values among the arguments of
compute functions load it, which costs more than a second.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["flags", "null", "small", "text", "texts"]


def texts(values: Sequence[str | None]) -> pa.Array:
    """Return a column of text."""
    raw = [b"" if value is None else value.encode() for value in values]
    offsets = np.zeros(len(raw) + 1, np.int32)
    np.cumsum([len(one) for one in raw], out=offsets[1:])
    known = np.fromiter((value is not None for value in values), bool, len(raw))
    bits = pa.py_buffer(np.packbits(known, bitorder="little"))
    buffers = [bits, pa.py_buffer(offsets), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(pa.string(), len(raw), buffers)


@functools.lru_cache(maxsize=1024)
def text(value: str) -> pa.Scalar:
    """Return one text."""
    return texts([value])[0]


@functools.lru_cache(maxsize=64)
def null(kind: pa.DataType) -> pa.Scalar:
    """Return the NULL of a type."""
    return pa.nulls(1, kind)[0]


@functools.lru_cache(maxsize=64)
def small(value: int, kind: pa.DataType) -> pa.Scalar:
    """Return one whole number of at most 64 bits."""
    data = pa.py_buffer(np.array([value], np.int64))
    return pa.Array.from_buffers(pa.int64(), 1, [None, data])[0].cast(kind)


def flags(values: npt.ArrayLike) -> pa.Array:
    """Return a column of booleans."""
    known = np.asarray(values, bool)
    bits = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(known), [None, bits])
