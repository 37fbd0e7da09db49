"""A bit for each byte of a text, 64 to a word: what neighbours say of each other costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Words = npt.NDArray[np.uint64]
    Places = npt.NDArray[np.int64]

__all__ = [
    "Ends",
    "Ranks",
    "before",
    "behind",
    "count",
    "inside",
    "last",
    "marks",
    "of_byte",
    "places_of",
]

_BITS, _TOP = 64, np.uint64(63)
_PAGES = 96 << 10
_SOME = 8 << 10
_ONE = np.uint64(1)
_COUNTS = np.array([value.bit_count() for value in range(256)], np.uint8)


def marks(text: npt.NDArray[np.uint8], test: Callable[[Any], Any]) -> Words:
    """Return for which bytes a test holds, those of a first byte lowest.

    It is asked of a few pages at a time, which stay in the cache and cost no new memory.
    """
    words = np.zeros(-(-len(text) // _BITS), "<u8")
    held = words.view(np.uint8)
    for start in range(0, len(text), _PAGES):
        bits = np.packbits(test(text[start : start + _PAGES]), bitorder="little")
        held[start >> 3 : (start >> 3) + len(bits)] = bits
    return words


def of_byte(text: npt.NDArray[np.uint8], byte: int) -> Words:
    """Return where a text has this byte, all at once: threads that share a text wait the least."""
    words = np.zeros(-(-len(text) // _BITS), "<u8")
    bits = np.packbits(text == byte, bitorder="little")
    words.view(np.uint8)[: len(bits)] = bits
    return words


def behind(words: Words, places: int = 1) -> Words:
    """Return, for each byte, the bit of the one so many places behind it, fewer than 64."""
    moved = words >> np.uint64(places)
    moved[:-1] |= words[1:] << np.uint64(_BITS - places)
    return moved


def before(words: Words) -> Words:
    """Return, for each byte, the bit of the one before it."""
    moved = words << _ONE
    moved[1:] |= words[:-1] >> _TOP
    return moved


def inside(quotes: Words) -> Words:
    """Return which bytes have an odd number of quotes up to there, themselves included."""
    words = quotes.copy()
    for places in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(places)
    odd = np.bitwise_xor.accumulate(words >> _TOP)
    words[1:] ^= np.uint64(0) - odd[:-1]
    return words


def places_of(words: Words) -> Places:
    """Return where bits are set."""
    held = np.flatnonzero(words != 0)
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(held), _SOME):
        some = held[start : start + _SOME]
        bits = np.unpackbits(words[some].view(np.uint8), bitorder="little")
        spots = np.flatnonzero(bits.view(np.bool_))
        found.append((some[spots >> 6] << 6) + (spots & (_BITS - 1)))
    return np.concatenate(found)


def last(words: Words) -> int | None:
    """Return where the last bit is set; None where none is."""
    held = np.flatnonzero(words)
    if not len(held):
        return None
    return int(held[-1]) * _BITS + int(words[held[-1]]).bit_length() - 1


def _looked_up(words: Words) -> Places:
    counts = _COUNTS[words.view(np.uint8)].reshape(-1, 8)
    found: Places = counts.sum(axis=1, dtype=np.int64)
    return found


_counted: Callable[[Words], Places] = getattr(np, "bitwise_count", _looked_up)  # since numpy 2


def count(words: Words) -> int:
    """Return how many bits are set."""
    return int(_counted(words).sum(dtype=np.int64))


class Ends:
    """Finds the last bit before any place."""

    def __init__(self, words: Words) -> None:
        self._words = words
        held = np.where(words != 0, np.arange(1, len(words) + 1), 0)
        self._last = np.concatenate((np.zeros(1, np.int64), np.maximum.accumulate(held)))

    def __call__(self, places: Places) -> Places:
        """Return where the byte after that bit is; 0 where there is none before the place."""
        at = places >> 6
        here = self._words[at] & _lower(places)
        at = np.where(here != 0, at, self._last[at] - 1)
        there = np.where(here != 0, here, self._words[at])
        # The bit below the highest goes, so that no rounding can carry into another power of two.
        _, size = np.frexp((there & ~(there >> _ONE)).astype(np.float64))
        after: Places = np.where(at < 0, 0, (at << 6) + size)
        return after


class Ranks:
    """Counts the bits before any place."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._before = np.zeros(len(words) + 1, np.int64)
        np.cumsum(_counted(words), out=self._before[1:])

    def __call__(self, places: Places) -> Places:
        """Return how many bits are set before each of these places, which are in the text."""
        at = places >> 6
        ranks: Places = self._before[at] + _counted(self._words[at] & _lower(places))
        return ranks


def _lower(places: Places) -> Words:
    """Return, for each place, which bits of its word come before its own."""
    lower: Words = (_ONE << (places & (_BITS - 1)).astype("<u8")) - _ONE
    return lower
