"""Numbers: integers within their range, floats, and numeric as digits of base 10000."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mover_postgres.binary.arrays import bits, fixed, valid_rows
from mover_postgres.binary.pieces import Encoded, Fixed, FixedField
from mover_postgres.binary.unfit import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    Encode = Callable[[pa.Array], Encoded]

__all__ = [
    "booleans",
    "decimals",
    "floats",
    "floats_of_integers",
    "integers",
    "small_decimals",
    "whole_numerics",
]

_BASE = 10_000
_POSITIVE, _NEGATIVE = 0x0000, 0x4000
_LIMB_BITS = 32
_LIMB = (1 << _LIMB_BITS) - 1


def booleans(array: pa.Array) -> Encoded:
    """Encode booleans."""
    rows = len(array)
    values = bits(array.buffers()[1], array.offset, rows) if rows else np.empty(0, np.bool_)
    return Encoded(1, (Fixed((("u1", values),)),))


def integers(source: str, target: str, name: str) -> Encode:
    """Return the encoder of integers; ``source`` and ``target`` are numpy's types of both ends."""
    held, wanted = np.iinfo(source), np.iinfo(target)
    fits = wanted.min <= held.min and held.max <= wanted.max

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, source)
        if not fits and len(values):
            _check_range(values, wanted.min, wanted.max, valid_rows(array), name)
        return Encoded(np.dtype(target).itemsize, (Fixed(((target, values),)),))

    return encode


def _check_range(
    values: npt.NDArray[Any], low: int, high: int, valid: npt.NDArray[Any] | None, name: str
) -> None:
    held = np.iinfo(values.dtype)
    if low > held.min and int(values.min()) < low:
        refuse(values < low, valid, f"is too small for {name}", "give the column a wider type")
    if high < held.max and int(values.max()) > high:
        refuse(values > high, valid, f"is too large for {name}", "give the column a wider type")


def floats(source: str, target: str, name: str) -> Encode:
    """Return the encoder of floats; where the target is narrower, values are rounded to it."""
    narrows = np.dtype(target).itemsize < np.dtype(source).itemsize

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, source)
        if narrows:
            with np.errstate(over="ignore", under="ignore"):
                narrowed = values.astype(target)
            lost = np.isinf(narrowed) & ~np.isinf(values) | (narrowed == 0) & (values != 0)
            refuse(lost, valid_rows(array), f"is out of the range of {name}", "widen the column")
            values = narrowed
        return Encoded(np.dtype(target).itemsize, (Fixed(((target, values),)),))

    return encode


def floats_of_integers(source: str, target: str) -> Encode:
    """Return the encoder of integers into a column of floats: the nearest one, as of their text."""

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, source).astype(target)
        return Encoded(np.dtype(target).itemsize, (Fixed(((target, values),)),))

    return encode


def whole_numerics(source: str) -> Encode:
    """Return the encoder of integers into numeric."""
    return small_decimals(np.dtype(source).itemsize * 8, 0, source)


def small_decimals(width: int, scale: int, source: str = "") -> Encode:
    """Return the encoder of decimals, or integers, of at most 64 bits."""
    source = source or f"<i{width // 8}"

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, source)
        valid = valid_rows(array)
        if valid is not None:
            values = np.where(valid, values, 0).astype(source)
        negative = values < 0
        # The least integer has no opposite, but its bits read as unsigned are the right magnitude.
        magnitude = np.abs(values.astype("<i8")) if np.dtype(source).kind == "i" else values
        return _numeric(magnitude.astype("<u8"), negative, scale)

    return encode


def decimals(width: int, scale: int) -> Encode:
    """Return the encoder of decimals of ``width`` bits; the scale is what is shown of them."""
    words = width // 64

    def encode(array: pa.Array) -> Encoded:
        values = fixed(array, np.dtype(("<i8", (words,)))).reshape(-1, words)
        valid = valid_rows(array)
        if valid is not None:
            values = np.where(valid[:, None], values, 0)
        low = values[:, 0]
        negative = values[:, -1] < 0
        if (values[:, 1:] == (low >> 63)[:, None]).all():
            return _numeric(np.abs(low).view("<u8"), negative, scale)
        return _long_numeric(values, negative, scale)

    return encode


def _numeric(magnitude: npt.NDArray[Any], negative: npt.NDArray[Any], scale: int) -> Encoded:
    """Encode values of at most 64 bits, at the width that the largest of them needs."""
    largest = int(magnitude.max()) if len(magnitude) else 0
    factor = 10 ** _padding(scale)
    if largest * factor >= 1 << 64:
        return _from_limbs(_halves(magnitude), negative, scale)
    # Division of 32 bits is several times as quick.
    kind: Any = np.uint32 if largest * factor < 1 << 32 else np.uint64
    rest = magnitude.astype(kind)
    if factor > 1:
        rest *= kind(factor)
    digits = []
    for _ in range(_groups(largest * factor) - 1):
        quotient = rest // kind(_BASE)
        digits.append(rest - quotient * kind(_BASE))
        rest = quotient
    return _tuple([*digits, rest], negative, scale)


def _padding(scale: int) -> int:
    """Return how many decimal places to add, so that the point falls between two digits."""
    return -scale % 4 if scale >= 0 else -scale


def _groups(largest: int) -> int:
    return max(1, (len(str(largest)) + 3) // 4)


def _tuple(digits: Sequence[Any], negative: npt.NDArray[Any], scale: int) -> Encoded:
    """Return the payload; the server drops the zeros that lead and trail."""
    shown = max(scale, 0)
    behind_point = (shown + 3) // 4
    sign: Any = negative.astype(">u2") * _NEGATIVE if negative.any() else _POSITIVE
    head: list[FixedField] = [
        (">u2", len(digits)),
        (">i2", len(digits) - behind_point - 1),
        (">u2", sign),
        (">u2", shown),
    ]
    piece = Fixed((*head, *((">u2", digit) for digit in reversed(digits))))
    return Encoded(piece.width, (piece,))


def _long_numeric(values: npt.NDArray[Any], negative: npt.NDArray[Any], scale: int) -> Encoded:
    """Encode values of more than 64 bits, in limbs of 32 bits, the lowest first."""
    words = np.ascontiguousarray(values).view("<u4")
    flip = np.where(negative, np.uint64(_LIMB), np.uint64(0))
    carry = negative.astype(np.uint64)
    limbs = []
    for index in range(words.shape[1]):
        limb = (words[:, index].astype(np.uint64) ^ flip) + carry
        limbs.append(limb & np.uint64(_LIMB))
        carry = limb >> np.uint64(_LIMB_BITS)
    return _from_limbs(limbs, negative, scale)


def _halves(magnitude: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    return [magnitude & np.uint64(_LIMB), magnitude >> np.uint64(_LIMB_BITS)]


def _from_limbs(limbs: list[npt.NDArray[Any]], negative: npt.NDArray[Any], scale: int) -> Encoded:
    padding = _padding(scale)
    while padding:
        step = min(padding, 8)
        limbs = _times(limbs, 10**step)
        padding -= step
    digits: list[npt.NDArray[Any]] = []
    while limbs:
        limbs, digit = _divided(limbs)
        digits.append(digit)
    return _tuple(digits, negative, scale)


def _times(limbs: list[npt.NDArray[Any]], factor: int) -> list[npt.NDArray[Any]]:
    carry: Any = np.uint64(0)
    product = []
    for limb in limbs:
        limb = limb * np.uint64(factor) + carry  # noqa: PLW2901  the next limb reads the last carry
        product.append(limb & np.uint64(_LIMB))
        carry = limb >> np.uint64(_LIMB_BITS)
    return [*product, carry] if np.any(carry) else product


def _divided(limbs: list[npt.NDArray[Any]]) -> tuple[list[npt.NDArray[Any]], npt.NDArray[Any]]:
    """Return the limbs divided by the base, without those at the top that are zero; the rest."""
    rest: Any = np.zeros(len(limbs[0]), np.uint64)
    quotients: list[npt.NDArray[Any]] = []
    for limb in reversed(limbs):
        limb = (rest << np.uint64(_LIMB_BITS)) | limb  # noqa: PLW2901
        quotient = limb // np.uint64(_BASE)
        rest = limb - quotient * np.uint64(_BASE)
        if quotients or quotient.any():
            quotients.append(quotient)
    return quotients[::-1], rest
