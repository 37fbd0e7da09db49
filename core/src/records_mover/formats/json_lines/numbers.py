"""Numbers of JSON as the text that they were written in, in bulk.

Arrow's parser makes 64 bits of them, or refuses; as text they keep every digit and every zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from records_mover.formats.delimited.masking import escapes

if TYPE_CHECKING:
    import numpy.typing as npt

    from records_mover.formats.delimited.records import Chunk

__all__ = ["quoted_numbers"]

_QUOTE = 34
_PART = np.zeros(256, bool)
_PART[np.frombuffer(b"0123456789+-.abcdefghijklmnopqrstuvwxyzINE", np.uint8)] = True
_BEGIN = np.zeros(256, bool)
# NaN and Infinity are no JSON, but many a writer's numbers.
_BEGIN[np.frombuffer(b"0123456789-NI", np.uint8)] = True


def quoted_numbers(chunk: Chunk) -> Chunk:
    """Return the lines with each number in quotes; what is no JSON stays none."""
    text = np.frombuffer(chunk.data, np.uint8)
    outside = _outside(text)
    if outside is None or not len(text):
        return chunk
    part = _PART[text] & outside
    edges = np.flatnonzero(np.diff(np.concatenate(([False], part, [False]))))
    runs = edges.reshape(-1, 2)
    spots = runs[_BEGIN[text[runs[:, 0]]]].ravel()
    return replace(chunk, data=np.insert(text, spots, np.uint8(_QUOTE)).tobytes())


def _outside(text: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_] | None:
    """Return which bytes stand outside of strings; None where a string has no end."""
    marks = text == _QUOTE
    escaped = escapes(text) + 1
    marks[escaped[escaped < len(text)]] = False
    if np.count_nonzero(marks) % 2:
        return None
    outside: npt.NDArray[np.bool_] = np.cumsum(marks, dtype=np.uint8) & 1 == 0
    return outside
