"""Lists to arrays of one dimension: a header, then each element with its length before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.arrays import from_parts, offsets_of, plain, valid_rows
from mover_postgres.binary.pieces import Encoded, Fixed, FixedField, join, masked, records
from mover_postgres.binary.unfit import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Encode = Callable[[pa.Array], Encoded]

__all__ = ["lists"]

_SHORT_HEADER = 12  # an empty array has no dimension, and so neither a size nor a lower bound
_LONG_HEADER = 20
_LOWER_BOUND = 1


def lists(element_oid: int, encode_element: Encode) -> Encode:
    """Return the encoder of lists whose elements are encoded by ``encode_element``."""

    def encode(array: pa.Array) -> Encoded:
        valid = valid_rows(array)
        counts = _counts(array, valid)
        bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        # Unlike ``values``, flatten leaves out what lies before, behind and under NULL lists.
        elements = plain(array.flatten())
        run = _elements(elements, encode_element, bounds)
        body = from_parts(offsets_of(run)[bounds], run.buffers()[2])
        fields = _header(counts, _holed(elements, bounds), element_oid)
        lengths = np.diff(offsets_of(body)) + np.where(counts > 0, _LONG_HEADER, _SHORT_HEADER)
        return Encoded(lengths, (_header_piece(fields, counts, valid), body))

    return encode


def _counts(array: pa.Array, valid: npt.NDArray[np.bool_] | None) -> npt.NDArray[Any]:
    if pat.is_fixed_size_list(array.type):
        counts = np.full(len(array), array.type.list_size, np.int64)
    else:
        offsets: Any = offsets_of(array).astype(np.int64)
        counts = offsets[1:] - offsets[:-1]
    return counts if valid is None else counts * valid


def _elements(elements: pa.Array, encode: Encode, bounds: npt.NDArray[Any]) -> pa.Array:
    """Return each element's length and payload as one binary value."""
    try:
        encoded = encode(elements)
    except Unfit as unfit:
        row = int(np.searchsorted(bounds, unfit.index, side="right")) - 1
        raise Unfit(row, f"holds an element that {unfit.why}", unfit.advice) from unfit
    return join([masked(encoded, valid_rows(elements))], len(elements))


def _holed(elements: pa.Array, bounds: npt.NDArray[Any]) -> Any:
    """Return whether each list holds a NULL."""
    valid = valid_rows(elements)
    if valid is None:
        return 0
    seen = np.concatenate([np.zeros(1, np.int64), np.cumsum(~valid)])
    return seen[bounds[1:]] > seen[bounds[:-1]]


def _header(counts: npt.NDArray[Any], holed: Any, oid: int) -> tuple[FixedField, ...]:
    return (
        (">i4", counts > 0),
        (">i4", holed),
        (">u4", oid),
        (">i4", counts),
        (">i4", _LOWER_BOUND),
    )


def _header_piece(
    fields: tuple[FixedField, ...], counts: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None
) -> Fixed | pa.Array:
    if valid is None and (counts > 0).all():
        return Fixed(fields)
    kept = np.ones((len(counts), _LONG_HEADER), np.bool_)
    kept[counts == 0, _SHORT_HEADER:] = False
    if valid is not None:
        kept[~valid] = False
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept.sum(axis=1))])
    return from_parts(offsets, records(fields, len(counts))[kept])
