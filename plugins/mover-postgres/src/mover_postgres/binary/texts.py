"""Text, bytes, JSON and UUIDs: bytes that pass as they are, or are read from hexadecimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.arrays import binary_run, fixed, from_parts, valid_rows
from mover_postgres.binary.pieces import Encoded, Fixed
from mover_postgres.binary.unfit import refuse

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["UUID_BYTES", "bytea_of_hex", "json_binary", "raw", "uuids", "uuids_of_text"]

_JSONB_VERSION = 1
UUID_BYTES = 16
_UUID_TEXT = 36
_DASHES = [8, 13, 18, 23]
_NO_DIGIT = 0xFF


def raw(array: pa.Array) -> Encoded:
    """Encode text or bytes as they are."""
    if pat.is_fixed_size_binary(array.type) and array.type.byte_width:
        return _same_width(fixed(array, f"V{array.type.byte_width}"))
    lengths, run = binary_run(array)
    if not array.null_count and len(lengths) and lengths[0] and (lengths == lengths[0]).all():
        # Codes of one width are common, and what has a fixed width needs no joining.
        return _same_width(np.frombuffer(run.buffers()[2], f"V{lengths[0]}", len(lengths)))
    return Encoded(lengths, (run,))


def _same_width(values: npt.NDArray[Any]) -> Encoded:
    return Encoded(values.itemsize, (Fixed(((values.dtype.str, values),)),))


def json_binary(array: pa.Array) -> Encoded:
    """Encode JSON for jsonb: a version, then the text, which the server parses."""
    lengths, run = binary_run(array)
    return Encoded(lengths + 1, (Fixed((("u1", _JSONB_VERSION),)), run))


def uuids(array: pa.Array) -> Encoded:
    """Encode UUIDs that come as their sixteen bytes."""
    return _same_width(fixed(array, f"V{UUID_BYTES}"))


def uuids_of_text(array: pa.Array) -> Encoded:
    """Encode UUIDs that come as text with dashes in the usual places."""
    lengths, run = binary_run(array)
    valid = valid_rows(array)
    why, advice = "is no UUID with dashes", "write it as 8-4-4-4-12 hexadecimal digits"
    refuse(lengths != _UUID_TEXT, valid, why, advice)
    signs = np.frombuffer(run.buffers()[2], np.uint8).reshape(-1, _UUID_TEXT)
    wrong = (signs[:, _DASHES] != ord("-")).any(axis=1)
    nibbles = _NIBBLES[np.delete(signs, _DASHES, axis=1)]
    wrong |= (nibbles == _NO_DIGIT).any(axis=1)
    refuse(_spread(wrong, valid), valid, why, advice)
    values = (nibbles[:, 0::2] << 4 | nibbles[:, 1::2]).reshape(-1).view(f"V{UUID_BYTES}")
    return _same_width(_spread(values, valid))


def _spread(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> npt.NDArray[Any]:
    """Return the values that are there at their rows, anything in those of the NULLs."""
    if valid is None:
        return values
    spread = np.zeros(len(valid), values.dtype)
    spread[valid] = values
    return spread


def _nibbles() -> npt.NDArray[np.uint8]:
    table = np.full(256, _NO_DIGIT, np.uint8)
    for digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
        table[np.frombuffer(digits, np.uint8)] = np.arange(16, dtype=np.uint8)
    return table


_NIBBLES = _nibbles()


def bytea_of_hex(array: pa.Array) -> Encoded:
    """Encode bytes that come as text: a backslash, an x, then pairs of hexadecimal digits."""
    lengths, run = binary_run(array)
    valid = valid_rows(array)
    why, advice = "is not written as \\x and hexadecimal digits", "write the bytes so"
    refuse((lengths < 2) | (lengths % 2 == 1), valid, why, advice)
    signs = np.frombuffer(run.buffers()[2], np.uint8)
    starts = np.cumsum(lengths) - lengths
    there = slice(None) if valid is None else valid
    prefixes = starts[there]
    nibbles = _NIBBLES[signs]
    bad_prefix = (signs[prefixes] != ord("\\")) | (signs[prefixes + 1] != ord("x"))
    nibbles[prefixes] = nibbles[prefixes + 1] = 0
    wrong = np.add.reduceat(nibbles == _NO_DIGIT, prefixes) if len(prefixes) else bad_prefix
    refuse(_spread(bad_prefix | (wrong > 0), valid), valid, why, advice)
    pairs = nibbles[0::2] << 4 | nibbles[1::2]
    kept = np.ones(len(pairs), np.bool_)
    kept[prefixes // 2] = False
    sizes = np.maximum(lengths // 2 - 1, 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    return Encoded(sizes, (from_parts(offsets, pairs[kept]),))
