r"""Values that a server sends as text to Arrow columns: one that knows no binary, or of old.

A FLOAT has 15 digits then, whatever it holds; bytes that are not printable are ``\ooo``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mover_vertica.select.binary import text
from mover_vertica.select.intervals import parsed_day_second, parsed_year_month
from mover_vertica.select.kinds import Oid
from records_mover.formats.columns import tokens
from records_mover.formats.columns.values import text as word
from records_mover.formats.delimited.convert import decimals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from mover_vertica.select.cells import Cells

__all__ = ["DECODERS", "numeric"]

_BACKSLASH = ord("\\")
_ZERO = ord("0")
_MOST_DIGITS = 76


def _booleans(cells: Cells) -> pa.Array:
    return pc.equal(text(cells), word("t"))


def _cast(kind: pa.DataType) -> Callable[[Cells], pa.Array]:
    return lambda cells: pc.cast(text(cells), kind)


def _iso(kind: pa.DataType) -> Callable[[Cells], pa.Array]:
    return lambda cells: tokens.from_iso(text(cells), kind)


def numeric(precision: int, scale: int) -> Callable[[Cells], pa.Array]:
    """Return what makes decimals of a NUMERIC, or leaves its text where it has too many digits."""
    if precision > _MOST_DIGITS:
        return text
    kind = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    return partial(_decimals, kind)


def _decimals(kind: pa.DataType, cells: Cells) -> pa.Array:
    return decimals(text(cells), kind)


def _octets(cells: Cells) -> pa.Array:
    return unescaped(cells.bytes())


def unescaped(column: pa.Array) -> pa.Array:
    r"""Return the bytes that ``\\`` and three octal digits behind a ``\`` stand for.

    In a run of backslashes every two are one; what is left of an odd run begins an octet.
    """
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    data = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    marks = data == _BACKSLASH
    if not marks.any():
        return column
    place = np.arange(len(data))
    run_begins = marks & ~np.concatenate(([False], marks[:-1]))
    run_begins[offsets[:-1][offsets[:-1] < len(data)]] = True
    begin = np.maximum.accumulate(np.where(run_begins, place, 0))
    opens = marks & ((place - begin) % 2 == 0)
    after = np.minimum(place + 1, len(data) - 1)
    octal = np.flatnonzero(opens & ~marks[after])
    kept = ~opens
    out = data.copy()
    kept[octal] = True
    out[octal] = _octal(data, octal)
    for step in (1, 2, 3):
        kept[octal + step] = False
    before = np.concatenate(([0], np.cumsum(kept)))
    buffers = [column.buffers()[0], pa.py_buffer(before[offsets].astype(np.int32))]
    # The bitmap begins where the column's does, which is why no column here is a slice.
    return pa.Array.from_buffers(
        pa.binary(), len(column), [*buffers, pa.py_buffer(out[kept])], column.null_count
    )


def _octal(data: npt.NDArray[Any], at: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if at.size and at.max() + 3 >= len(data):
        raise pa.ArrowInvalid("bytes that end in the middle of an octet")
    digits = [data[at + step].astype(np.int64) - _ZERO for step in (1, 2, 3)]
    if any(((digit < 0) | (digit > 7)).any() for digit in digits):
        raise pa.ArrowInvalid("bytes with a backslash that no octal digits follow")
    octets: npt.NDArray[Any] = digits[0] * 64 + digits[1] * 8 + digits[2]
    return octets


DECODERS: Mapping[int, Callable[[Cells], pa.Array]] = {
    Oid.BOOL: _booleans,
    Oid.INT: _cast(pa.int64()),
    Oid.FLOAT: _cast(pa.float64()),
    Oid.DATE: _iso(pa.date32()),
    Oid.TIME: _iso(pa.time64("us")),
    Oid.TIMESTAMP: _iso(pa.timestamp("us")),
    Oid.TIMESTAMPTZ: _iso(pa.timestamp("us", "UTC")),
    Oid.INTERVAL: lambda cells: parsed_day_second(text(cells)),
    Oid.INTERVAL_YM: lambda cells: parsed_year_month(text(cells)),
    Oid.BINARY: _octets,
    Oid.VARBINARY: _octets,
    Oid.LONG_VARBINARY: _octets,
}
