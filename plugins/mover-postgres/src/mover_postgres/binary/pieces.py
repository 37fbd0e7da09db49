"""Columns in pieces, and the pieces of a batch joined into the tuples of binary COPY."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.arrays import from_parts
from records_mover.formats.columns import compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["NULL", "Encoded", "Fixed", "join", "masked", "records"]

NULL = -1

# Either one value for all rows or one to a row, with the big-endian type that it is sent as.
FixedField = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A piece of the same width in every row."""

    fields: tuple[FixedField, ...]

    @property
    def width(self) -> int:
        """Bytes to a row."""
        return sum(np.dtype(kind).itemsize for kind, _ in self.fields)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One column of a batch: the length word of each row, and what follows it.

    A piece that is no ``Fixed`` is a binary array with nothing where the row is NULL.
    """

    length: int | npt.NDArray[Any]
    pieces: tuple[Fixed | pa.Array, ...]


def masked(encoded: Encoded, valid: npt.NDArray[np.bool_] | None) -> Encoded:
    """Return the column with NULL where ``valid`` says so."""
    if valid is None:
        return encoded
    if not valid.any():
        return Encoded(NULL, ())
    pieces = tuple(
        _kept(piece, valid) if isinstance(piece, Fixed) else piece for piece in encoded.pieces
    )
    return Encoded(np.where(valid, encoded.length, NULL), pieces)


def _kept(piece: Fixed, valid: npt.NDArray[np.bool_]) -> pa.Array:
    offsets = np.zeros(len(valid) + 1, np.int64)
    np.cumsum(valid, out=offsets[1:])
    offsets *= piece.width
    return from_parts(offsets, records(piece.fields, len(valid))[valid])


def records(fields: Sequence[FixedField], rows: int) -> npt.NDArray[Any]:
    """Return one packed record a row, as ``rows`` x width bytes."""
    kind = np.dtype([(str(index), dtype) for index, (dtype, _) in enumerate(fields)])
    template = np.zeros(1, kind)
    varying = {}
    for (_, value), name in zip(fields, kind.names or (), strict=True):
        if isinstance(value, np.ndarray):
            varying[name] = value
        else:
            template[name] = value
    out = np.empty((rows, kind.itemsize), np.uint8)
    out[:] = template.view(np.uint8)
    if rows:
        view = out.view(kind)[:, 0]
        for name, value in varying.items():
            view[name] = value
    return out


def join(columns: Sequence[Encoded], rows: int, head: Sequence[FixedField] = ()) -> pa.Array:
    """Return one binary value a row: ``head``, then the length and the pieces of each column."""
    runs = _runs(columns, rows, head)
    return runs[0] if len(runs) == 1 else _concatenated(runs)


def _runs(columns: Sequence[Encoded], rows: int, head: Sequence[FixedField]) -> list[pa.Array]:
    """Put neighbours of fixed width together, so that few arrays are left to be joined."""
    runs: list[pa.Array] = []
    pending = list(head)
    for column in columns:
        pending.append((">i4", column.length))
        for piece in column.pieces:
            if isinstance(piece, Fixed):
                pending.extend(piece.fields)
                continue
            if pending:
                runs.append(_fixed_run(pending, rows))
                pending = []
            runs.append(piece)
    if pending:
        runs.append(_fixed_run(pending, rows))
    return runs


def _fixed_run(fields: Sequence[FixedField], rows: int) -> pa.Array:
    out = records(fields, rows)
    return from_parts(np.arange(rows + 1, dtype=np.int64) * out.shape[1], out)


def _concatenated(runs: list[pa.Array]) -> pa.Array:
    large = sum(run.nbytes for run in runs) >= np.iinfo(np.int32).max
    large = large or any(pat.is_large_binary(run.type) for run in runs)
    if large:
        runs = [run.cast(pa.large_binary()) for run in runs]
    # A scalar made by pa.scalar would import pandas; one that is taken out of an array does not.
    nothing = from_parts(np.zeros(2, np.int32), np.empty(0, np.uint8))
    separator = (nothing.cast(pa.large_binary()) if large else nothing)[0]
    return pc.joined(*runs, separator)
