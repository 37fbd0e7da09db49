"""Whole records of delimited text, and what is wrong with some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    Spots = npt.NDArray[np.int64]

__all__ = ["Bad", "Piece"]

_CR = 13


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a record cannot even be sent, and the number of its field where one is at fault."""

    reason: str
    field: int | None = None
    is_text: bool = True

    def error(self, source: str, line: int, columns: Sequence[str]) -> BadRowError:
        """Return the error to raise for a record on this line of the source."""
        known = self.field is not None and self.field < len(columns)
        column = columns[self.field] if known and self.field is not None else None
        where = f"line {line} of {source!r}: " + (f"column {column!r}: " if column else "")
        advice = "name the encoding of the file, or what to do with bad bytes: --bad-bytes strip"
        return BadRowError(
            f"{where}{self.reason}",
            advice,
            source=source,
            line=line,
            column=column,
            reason=self.reason,
        )


@dataclass(kw_only=True)
class Piece:
    """Whole records: ``ends`` is where each ends in ``data``, ``bad`` those that are no rows.

    ``cuts`` is where fields end, ``closing`` which of the cuts ends each record. ``line`` is the
    line of the file on which the first record begins, ``row`` its number.
    """

    data: bytes
    ends: Spots
    cuts: Spots
    closing: Spots
    bad: dict[int, Bad] = field(default_factory=dict)
    codec: str
    line_end: bytes
    line: int
    row: int

    @property
    def good(self) -> Spots:
        """The numbers of the other records."""
        kept = np.ones(len(self.ends), bool)
        kept[list(self.bad)] = False
        return np.flatnonzero(kept)

    def rows(self, records: Spots) -> bytes:
        """Return these records, which come in order, as they stand."""
        if len(records) == len(self.ends):
            return self.data
        kept = np.zeros(len(self.ends), bool)
        kept[records] = True
        raw = np.frombuffer(self.data, np.uint8)
        chosen: bytes = raw[np.repeat(kept, np.diff(self.ends, prepend=0))].tobytes()
        return chosen

    def fields(self, place: int, records: Spots, columns: int) -> tuple[Spots, Spots]:
        """Return where a field of these records starts and ends, which all have so many columns."""
        at = self.closing[records] - (columns - 1 - place)
        ends = self.cuts[at]
        if place:
            starts = self.cuts[at - 1] + 1
        else:
            starts = np.concatenate((np.zeros(1, np.int64), self.ends))[records]
        if place == columns - 1:
            raw = np.frombuffer(self.data, np.uint8)
            ends = ends - ((ends > starts) & (raw[ends - 1] == _CR))
        return starts, ends

    def forget_fields(self) -> None:
        """Let go of where the fields are, when nobody will ask any more."""
        self.cuts = self.closing = np.zeros(0, np.int64)

    def start(self, record: int) -> int:
        """Return where a record begins."""
        return int(self.ends[record - 1]) if record else 0

    def text(self, record: int) -> str:
        """Return a record without its end; bytes that are no text stay what they are."""
        data = self.data[self.start(record) : int(self.ends[record])].rstrip(b"\r\n")
        return data.decode(self.codec, "surrogateescape")

    def lines(self, records: Iterable[int]) -> Iterator[int]:
        """Yield the line on which each of these records begins, which come in order."""
        spot, line = 0, self.line
        for record in records:
            start = self.start(record)
            line += self.data.count(self.line_end, spot, start)
            spot = start
            yield line
