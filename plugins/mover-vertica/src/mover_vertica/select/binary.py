"""Values that a server sends as binary to Arrow columns, each column at once.

Words are big-endian. Days are those of the Julian calendar's count, moments are microseconds since
2000, a NUMERIC is its digits as one signed number of some words.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mover_vertica.select.intervals import day_second, year_month
from mover_vertica.select.kinds import Oid
from records_mover.formats.columns.tokens import strings_of
from records_mover.formats.columns.values import flags, null

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from mover_vertica.select.cells import Cells

__all__ = ["DECODERS", "numeric"]

_DAYS_TO_1970 = 2440588
_MICROS_TO_2000 = 946_684_800_000_000
_MICROS_OF_A_DAY = 86_400_000_000
_MOST_DIGITS = 76
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_DASHES = (8, 13, 18, 23)
_DIGITS = np.setdiff1d(np.arange(36), _DASHES)


def _booleans(cells: Cells) -> pa.Array:
    found = flags(cells.words("u1") == 1)
    return found if not cells.nulls else pc.if_else(_known(cells), found, null(pa.bool_()))


def _known(cells: Cells) -> pa.Array:
    return flags(cells.lengths >= 0)


def _integers(cells: Cells) -> pa.Array:
    return cells.fixed(pa.int64(), cells.words(">i8").astype(np.int64))


def _floats(cells: Cells) -> pa.Array:
    return cells.fixed(pa.float64(), cells.words(">f8").astype(np.float64))


def _dates(cells: Cells) -> pa.Array:
    days = cells.words(">i8").astype(np.int64) - _DAYS_TO_1970
    if cells.nulls:
        days[cells.lengths < 0] = 0
    narrow = days.astype(np.int32)
    if (narrow != days).any():
        raise pa.ArrowInvalid(f"a date {days[narrow != days][0]:,} days from 1970")
    return cells.fixed(pa.date32(), narrow)


def _times(cells: Cells) -> pa.Array:
    micros = cells.words(">i8").astype(np.int64)
    if cells.nulls:
        micros[cells.lengths < 0] = 0
    if micros.size and micros.max() >= _MICROS_OF_A_DAY:
        raise pa.ArrowInvalid("the time 24:00, which ends a day and is in none")
    return cells.fixed(pa.time64("us"), micros)


def _moments(cells: Cells, zone: str | None = None) -> pa.Array:
    micros = cells.words(">i8").astype(np.int64)
    if cells.nulls:
        micros[cells.lengths < 0] = 0
    if micros.size and micros.max() > np.iinfo(np.int64).max - _MICROS_TO_2000:
        raise pa.ArrowInvalid("a timestamp beyond what 64 bits of microseconds since 1970 hold")
    return cells.fixed(pa.timestamp("us", zone), micros + _MICROS_TO_2000)


def _intervals(cells: Cells) -> pa.Array:
    return day_second(_integers(cells))


def _months(cells: Cells) -> pa.Array:
    return year_month(_integers(cells))


def _uuids(cells: Cells) -> pa.Array:
    octets = cells.begins[:, None] + np.arange(16)
    raw = np.frombuffer(cells.data, np.uint8)
    found = raw[np.minimum(octets, len(raw) - 1)]
    text = np.full((len(cells), 36), ord("-"), np.uint8)
    text[:, _DIGITS[0::2]] = _HEX[found >> 4]
    text[:, _DIGITS[1::2]] = _HEX[found & 15]
    return strings_of(text, cells.validity, cells.nulls)


def _octets(cells: Cells) -> pa.Array:
    return cells.bytes()


def text(cells: Cells) -> pa.Array:
    """Return text; ArrowInvalid where it is no UTF-8, which Vertica does not look at."""
    return cells.bytes().cast(pa.string())


def numeric(precision: int, scale: int) -> Callable[[Cells], pa.Array] | None:
    """Return what makes decimals of a NUMERIC, None where it has more digits than Arrow."""
    if precision > _MOST_DIGITS:
        return None
    kind = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    return partial(_decimals, kind)


def _decimals(kind: pa.DataType, cells: Cells) -> pa.Array:
    """Turn the words round; above the highest comes its sign."""
    wanted = kind.bit_width // 64
    out = np.zeros((len(cells), wanted), np.int64)
    for size in np.unique(cells.lengths[cells.lengths >= 0]).tolist():
        rows = cells.lengths == size
        out[rows] = _words(cells.of(rows), size // 8, wanted)
    return cells.fixed(kind, out)


def _words(cells: Cells, words: int, wanted: int) -> npt.NDArray[Any]:
    read = [cells.words(">i8", 8 * at).astype(np.int64) for at in reversed(range(words))]
    sign = read[-1] >> 63
    if any((extra != sign).any() for extra in read[wanted:]):
        raise pa.ArrowInvalid("a number of more digits than its type says")
    return np.stack([*read[:wanted], *[sign] * (wanted - words)], axis=1)


DECODERS: Mapping[int, Callable[[Cells], pa.Array]] = {
    Oid.BOOL: _booleans,
    Oid.INT: _integers,
    Oid.FLOAT: _floats,
    Oid.CHAR: text,
    Oid.VARCHAR: text,
    Oid.LONG_VARCHAR: text,
    Oid.DATE: _dates,
    Oid.TIME: _times,
    Oid.TIMESTAMP: _moments,
    Oid.TIMESTAMPTZ: partial(_moments, zone="UTC"),
    Oid.INTERVAL: _intervals,
    Oid.INTERVAL_YM: _months,
    Oid.UUID: _uuids,
    Oid.BINARY: _octets,
    Oid.VARBINARY: _octets,
    Oid.LONG_VARBINARY: _octets,
}
