"""Decimals as plain text."""

from __future__ import annotations

import pyarrow as pa

from records_mover.formats.columns import compute as pc
from records_mover.formats.columns import values

__all__ = ["PLAIN_SCALE", "plain_decimals"]

PLAIN_SCALE = 6
"""Past it Arrow writes decimals near zero with an exponent."""

_SHIFTABLE = 74  # past it no decimal has room for a digit before the point


def plain_decimals(array: pa.Array) -> pa.Array:
    """Return decimals without an exponent, which Arrow writes for those near zero."""
    text = pc.cast(array, pa.string())
    scale = array.type.scale
    if scale <= PLAIN_SCALE:
        return text
    small = pc.match_substring(text, "E")
    if not pc.any(small).as_py():
        return text
    part = pc.filter(array, small)
    if scale > _SHIFTABLE:
        plain = values.texts([f"{value:f}" for value in part.to_pylist()])
    else:
        plain = _shifted(part)
    return pc.replace_with_mask(text, pc.fill_null(small, values.flags([False])[0]), plain)


def _shifted(part: pa.Array) -> pa.Array:
    """Return decimals near zero in full, by the digits of one more: 1.00000001 for 0.00000001."""
    kind = pa.decimal256(76, part.type.scale)
    wide = pc.cast(part, kind)
    minus = pc.less(wide, values.small(0, kind))
    one = values.small(1, kind)
    more = pc.cast(pc.add(pc.abs(wide).cast(_shorter(kind)), one.cast(_shorter(kind))), pa.string())
    sign = pc.if_else(minus, values.text("-0"), values.text("0"))
    return pc.binary_join_element_wise(sign, pc.utf8_slice_codeunits(more, 1), values.text(""))


def _shorter(kind: pa.DataType) -> pa.DataType:
    return pa.decimal256(75, kind.scale)
