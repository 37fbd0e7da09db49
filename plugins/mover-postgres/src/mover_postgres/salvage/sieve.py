"""Which rows a column's type is sure to take, told from their text in bulk.

A mistake here costs time and nothing else: the server has the last word on every row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy.typing as npt

    from mover_postgres.options import CopyOptions
    from mover_postgres.salvage.piece import Piece, Spots
    from mover_postgres.salvage.tables import Target, TargetColumn

    Flags = npt.NDArray[np.bool_]

__all__ = ["Sieve"]

_DAY = (
    r"[1-9]\d{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_OFFSET = r"(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?"
_HEX = "[0-9a-fA-F]"
# Of whole numbers and floats those that are clear of the limits, of moments those in ISO form.
_SURE = {
    "smallint": r"-?(?:\d{1,4}|[12]\d{4}|3[01]\d{3})",
    "integer": r"-?(?:\d{1,9}|1\d{9}|20\d{8}|21[0-3]\d{7})",
    "bigint": r"-?(?:\d{1,18}|[1-8]\d{18}|9[01]\d{17})",
    "real": r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?[01]?\d)?",
    "double precision": r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?[01]?\d?\d)?",
    "numeric": r"-?\d+(?:\.\d+)?",
    "boolean": r"(?:t|f|true|false|True|False|TRUE|FALSE|yes|no|on|off|y|n|1|0)",
    "uuid": f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "date": _DAY,
    "time without time zone": _HOUR,
    "time with time zone": _HOUR + _OFFSET,
    "timestamp without time zone": f"{_DAY}(?:[ T]{_HOUR})?",
    "timestamp with time zone": f"{_DAY}(?:[ T]{_HOUR}{_OFFSET})?",
}
_LONGEST = 400
_PLACES = re.compile(r"\((\d+)(?:,(\d+))?\)")


class Sieve:
    """Tells rows that are sure to fit from others, by the columns that were seen to be bad."""

    def __init__(self, copy: CopyOptions, target: Target, force_null: Collection[str]) -> None:
        self._copy = copy
        self._target = target
        self._force_null = force_null
        self._tests: dict[str, _Test] = {}

    @property
    def columns(self) -> Collection[str]:
        """The columns that are looked at."""
        return self._tests

    def look_at(self, name: str | None) -> bool:
        """Look at one more column from now on; False where that is nothing new, or no help."""
        column = next((each for each in self._target.columns if each.name == name), None)
        if column is None or column.name in self._tests:
            return False
        pattern = _pattern(column)
        if pattern is None and column.size is None and not column.is_text:
            return False
        self._tests[column.name] = _Test(
            column=column,
            copy=self._copy,
            pattern=pattern,
            columns=len(self._target.columns),
            force_null=column.name in self._force_null,
        )
        return True

    def sure(self, piece: Piece) -> Spots:
        """Return the numbers of the records that are sure to fit where it is looked."""
        records = piece.good
        for test in self._tests.values():
            records = records[test.passed(piece, records)]
        return records


def _pattern(column: TargetColumn) -> str | None:
    """Return what all values of a type look like that are plainly written; None for some types."""
    if not column.cast_checks:
        return None
    places = _PLACES.search(column.type)
    name = _PLACES.sub("", column.type)
    if name != "numeric" or places is None:
        return _SURE.get(name)
    scale = int(places[2] or 0)
    whole = int(places[1]) - scale
    if whole < 0 or int(places[1]) > _LONGEST:
        return None
    before = rf"\d{{1,{whole}}}" if whole else "0?"
    return rf"-?{before}(?:\.\d{{1,{scale}}})?" if scale else f"-?{before}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """A column and what its values look like where they are sure to be some."""

    column: TargetColumn
    copy: CopyOptions
    pattern: str | None
    columns: int
    force_null: bool

    def passed(self, piece: Piece, records: Spots) -> Flags:
        """Say of these records whether this column of theirs is sure to fit."""
        raw = np.frombuffer(piece.data, np.uint8)
        starts, ends = piece.fields(self.column.place, records, self.columns)
        quoted = self._quoted(raw, starts, ends)
        values = _gathered(raw, starts + quoted, ends - quoted)
        lengths = ends - starts - 2 * quoted
        null = self._null(values, lengths, quoted)
        return np.where(null, not self.column.required, self._fits(values, lengths))

    def _quoted(self, raw: npt.NDArray[np.uint8], starts: Spots, ends: Spots) -> Flags:
        if self.copy.quote is None or not len(raw):
            return np.zeros(len(starts), bool)
        first, last = raw[np.minimum(starts, len(raw) - 1)], raw[ends - 1]
        quote = ord(self.copy.quote)
        both: Flags = (first == quote) & (last == quote) & (ends - starts > 1)
        return both

    def _null(self, values: pa.Array, lengths: Spots, quoted: Flags) -> Flags:
        if self.copy.null is None:
            return np.zeros(len(values), bool)
        marker = self.copy.null.encode()
        null: Flags = lengths == len(marker)
        if marker:
            null &= _matched(values, re.escape(self.copy.null))
        return null if self.force_null else null & ~quoted

    def _fits(self, values: pa.Array, lengths: Spots) -> Flags:
        if self.pattern is not None:
            return _matched(values, self.pattern) & (lengths < _LONGEST)
        size = self.column.size
        if size is None:
            return np.ones(len(values), bool)
        short: Flags = lengths <= size
        if not short.all() and self.copy.encoding == "UTF8":
            characters = pc.utf8_length(values.cast(pa.string()))
            short |= np.frombuffer(characters.buffers()[1], np.int32)[: len(values)] <= size
        return short


def _gathered(raw: npt.NDArray[np.uint8], starts: Spots, ends: Spots) -> pa.Array:
    """Return the bytes between these places as one column."""
    lengths = ends - starts
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    spots = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    buffers: list[Any] = [None, pa.py_buffer(offsets), pa.py_buffer(raw[spots])]
    return pa.Array.from_buffers(pa.binary(), len(lengths), buffers)


def _matched(values: pa.Array, pattern: str) -> Flags:
    found = pc.match_substring_regex(values, f"^(?:{pattern})$")
    bits = np.frombuffer(found.buffers()[1], np.uint8)
    return np.unpackbits(bits, bitorder="little")[: len(values)].view(np.bool_)
