"""Arrow columns as JSON values, whole arrays at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import BadRowError
from records_mover.formats.columns import tokens
from records_mover.formats.columns.decimals import plain_decimals
from records_mover.formats.columns.values import null, small, text

__all__ = ["json_text"]


def json_text(array: pa.Array) -> pa.Array:
    """Return each value of a column as JSON, NULL where it is NULL."""
    kind = array.type
    if pat.is_string(kind):
        return _quoted(array)
    if pat.is_floating(kind):
        return _floats(array)
    if pat.is_decimal(kind):
        return plain_decimals(array)
    if pat.is_list(kind):
        return _lists(array)
    if pat.is_binary(kind):
        return _quoted(tokens.hex_from_bytes(array))
    if pat.is_temporal(kind):
        return _quoted(tokens.to_iso(array))
    return pc.cast(array, pa.string())


def _floats(array: pa.Array) -> pa.Array:
    finite = pc.is_finite(array)
    if pc.all(finite).as_py() is False:
        raise BadRowError("JSON has no number for NaN or infinity", "make the column text, or NULL")
    return pc.cast(array, pa.string())


def _quoted(written: pa.Array) -> pa.Array:
    for plain, escaped in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
    ):
        written = pc.replace_substring(written, plain, escaped)
    if pc.any(pc.match_substring_regex(written, r"[\x00-\x1f]")).as_py():
        for code in range(32):
            written = pc.replace_substring(written, chr(code), f"\\u{code:04x}")
    mark = text('"')
    return pc.binary_join_element_wise(mark, written, mark, text(""))


def _lists(array: pa.Array) -> pa.Array:
    items = pc.fill_null(json_text(array.flatten()), text("null"))
    lengths = pc.fill_null(pc.list_value_length(array), small(0, pa.int32()))
    ends = np.cumsum(np.frombuffer(lengths.buffers()[1], np.int32)[: len(lengths)], dtype=np.int32)
    offsets = pa.py_buffer(np.concatenate((np.zeros(1, np.int32), ends)))
    lists = pa.Array.from_buffers(
        pa.list_(pa.string()), len(array), [None, offsets], children=[items]
    )
    joined = pc.binary_join(lists, text(","))
    whole = pc.binary_join_element_wise(text("["), joined, text("]"), text(""))
    return pc.if_else(pc.is_valid(array), whole, null(pa.string()))
