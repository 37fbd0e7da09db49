"""Text on its way to COPY, watched for values that the server would round or cut without a word."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from records_mover.errors import BadRowError
from records_mover.formats.delimited.bitmaps import (
    Ends,
    Ranks,
    before,
    behind,
    count,
    inside,
    marks,
    places_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from mover_postgres.options import CopyOptions
    from mover_postgres.watched.roundings import Watched
    from records_mover.formats.delimited.bitmaps import Places, Words

__all__ = ["Suspects"]

_DOT, _ZERO, _BLANK, _MINUS, _LF, _EXPONENT, _COLON = (np.uint8(byte) for byte in b".0 -\ne:")
_NINE, _SMALL = np.uint8(9), np.uint8(32)
_MOST_PLACES = 60


class Suspects:
    """Looks for suspects in bulk, and closely at the few that there are.

    A number is suspect where more digits follow its point than its column keeps, or where it has a
    negative exponent; a text where blanks come before its end, and it is long enough; a day where
    there is a colon.
    """

    def __init__(
        self,
        columns: Sequence[Watched],
        options: CopyOptions,
        codec: str,
        source: str,
        line: Callable[[int], int],
    ) -> None:
        self._columns = {column.place: column for column in columns}
        self._rounded = {one.place: one.decimals for one in columns if one.decimals is not None}
        self._rounded_to = {
            decimals: {place for place, kept in self._rounded.items() if kept == decimals}
            for decimals in self._rounded.values()
        }
        self._cut = {one.place: one.length for one in columns if one.length is not None}
        self._days = dict.fromkeys((one.place for one in columns if one.day), 0)
        self._delimiter = options.delimiter.encode()[0]
        self._quote = options.quote.encode() if options.quote else b""
        self._escape = (options.escape or "").encode() if options.quote else b"\\"
        self._codec, self._source, self._line = codec, source, line
        self._lines = 0
        self._newline = self._rest = b""

    def look(self, block: bytes) -> None:
        """Look at what comes next of the text: at the records that are whole now."""
        self._rest = self._look(self._rest + block if self._rest else block)

    def finish(self) -> None:
        """Look at the last record, if no line ends it."""
        if self._rest:
            self._look(self._rest + (self._newline or b"\n"))

    def changed(self, piece: bytes) -> Iterator[tuple[int, Watched, str]]:
        """Yield where values of whole records start that would be changed, and the values."""
        newline = self._end_of_lines(piece)
        text = self._read(piece if piece.endswith(newline) else piece + newline)
        yield from self._found(text, text.end_of_records())

    def _look(self, piece: bytes) -> bytes:
        """Look at whole records, and return what comes after the last one."""
        text = self._read(piece)
        end = text.end_of_records()
        if end:
            for start, column, value in self._found(text, end):
                line = self._line(self._lines + piece.count(self._newline, 0, start) + 1)
                raise self._error(line, column, value)
            self._lines += text.newlines - piece.count(self._newline, end)
        return piece[end:]

    def _read(self, piece: bytes) -> _Text:
        newline = self._end_of_lines(piece)
        return _Text(piece, newline[0], self._delimiter, self._quote, self._escape)

    def _found(self, text: _Text, end: int) -> Iterator[tuple[int, Watched, str]]:
        for spot, place in self._suspects(text, end):
            column = self._columns[place]
            start, value = self._value(text, spot)
            if column.changes(value):
                yield start, column, value

    def _end_of_lines(self, piece: bytes) -> bytes:
        """Return how lines end: a lone carriage return where there is nothing else."""
        if not self._newline and (b"\n" in piece or b"\r" in piece):
            self._newline = b"\n" if b"\n" in piece else b"\r"
        return self._newline or b"\n"

    def _suspects(self, text: _Text, end: int) -> Iterator[tuple[int, int]]:
        """Yield where suspects stand in columns that are watched, and the place of the column."""
        for decimals, found in self._numbers(text) if self._rounded else ():
            for spot, place in text.fields(found, end):
                if place in (self._rounded if decimals is None else self._rounded_to[decimals]):
                    yield spot, place
        if self._cut:
            yield from text.fields(text.last_blanks(), end, self._cut)
        if self._days and b":" in text.piece:
            yield from text.fields(text.clocks(), end, self._days)

    def _numbers(self, text: _Text) -> Iterator[tuple[int | None, Words]]:
        """Yield points before too many digits, by the digits that are kept; then exponents."""
        digits, dots = text.digits(), text.marks(_DOT)
        for decimals in self._rounded_to:
            found = dots.copy()
            for place in range(1, min(max(decimals, 0), _MOST_PLACES) + 2):
                found &= behind(digits, place)
            yield decimals, found
        small = behind(text.marks(_MINUS)) & before(digits | dots) & ~digits
        yield None, small & text.exponents() if small.any() else small

    def _value(self, text: _Text, spot: int) -> tuple[int, str]:
        start, end = text.field_at(spot)
        value = text.piece[start:end].rstrip(b"\r")
        if self._quote and value[:1] == self._quote == value[-1:]:
            value = value[1:-1].replace(self._escape + self._quote, self._quote)
        return start, value.decode(self._codec, "replace")

    def _error(self, line: int, column: Watched, value: str) -> BadRowError:
        return BadRowError(
            f"line {line} of {self._source!r}: column {column.name!r} is {column.type}: "
            f"{column.why()} ({value!r})",
            column.advice(),
            source=self._source,
            line=line,
            column=column.name,
            value=value,
        )


class _Text:
    """Some text, and where in it fields and records end."""

    def __init__(
        self, piece: bytes, newline: int, delimiter: int, quote: bytes, escape: bytes
    ) -> None:
        self.piece = piece
        self._text = np.frombuffer(piece, np.uint8)
        self._quotes: Words | None = None
        self._newlines = self.marks(newline)
        self._lines = self._newlines.copy()
        self._other_newline = b"\r" if newline == _LF else b"\n"
        self.newlines = count(self._lines)
        self._cuts = self._lines | self.marks(delimiter)
        if quote and quote in piece:
            quotes = self._quotes = self.marks(quote[0])
            if escape != quote and escape in piece:
                quotes = quotes & ~self._escaped(escape)
            between = inside(quotes)
            self._lines &= ~between
            self._cuts &= ~between
        elif not quote and escape in piece:
            escaped = self._escaped(escape)
            self._lines &= ~escaped
            self._cuts &= ~escaped

    def _escaped(self, escape: bytes) -> Words:
        """Return which bytes come after an escape that is not escaped itself."""
        escapes = self._text == escape[0]
        return before(marks(escapes & ~_escaped(self._text, escape[0]), lambda found: found))

    def marks(self, byte: np.uint8 | int) -> Words:
        """Return which bytes are this one."""
        return marks(self._text, lambda text: text == byte)

    def digits(self) -> Words:
        """Return which bytes are digits."""
        return marks(self._text, lambda text: text - _ZERO <= _NINE)

    def exponents(self) -> Words:
        """Return which bytes begin an exponent."""
        return marks(self._text, lambda text: text | _SMALL == _EXPONENT)

    def clocks(self) -> Words:
        """Return which bytes are colons, but for those of the seconds: one a value is enough."""
        colons = self.marks(_COLON)
        return colons & ~before(before(before(colons)))

    def last_blanks(self) -> Words:
        """Return which blanks end a field, or stand before its quote."""
        ends = self._cuts | self._newlines
        if self._other_newline in self.piece:
            ends |= self.marks(self._other_newline[0])
        if self._quotes is not None:
            ends |= self._quotes
        return self.marks(_BLANK) & behind(ends)

    def end_of_records(self) -> int:
        """Return where the last whole record ends."""
        held = np.flatnonzero(self._lines)
        if not len(held):
            return 0
        return int(held[-1]) * 64 + int(self._lines[held[-1]]).bit_length()

    def fields(
        self, marks: Words, end: int, longer: Mapping[int, int] | None = None
    ) -> Iterator[tuple[int, int]]:
        """Yield where marks stand, and in which field of its record each.

        ``longer`` names the fields that are meant, and how many bytes stand before a mark there.
        """
        spots = places_of(marks)
        spots = spots[spots < end]
        if not len(spots):
            return
        first = Ends(self._lines)(spots)
        rank = self._ranks(spots)
        places = rank - self._ranks(first)
        if longer is not None:
            least = np.full(max(longer) + 2, np.iinfo(np.int64).max, np.int64)
            least[list(longer)] = list(longer.values())
            since = spots - np.minimum(least[np.minimum(places, len(least) - 1)], spots + 1)
            fits = (since >= first) & (self._ranks(np.maximum(since, 0)) == rank)
            spots, places = spots[fits], places[fits]
        yield from zip(spots.tolist(), places.tolist(), strict=True)

    def field_at(self, spot: int) -> tuple[int, int]:
        """Return where the field around a place starts and ends."""
        at = int(np.searchsorted(self._starts, spot, side="right"))
        first = int(self._starts[at - 1]) >> 3
        last = int(self._starts[at]) >> 3 if at < len(self._starts) else len(self.piece) >> 3
        bits = np.unpackbits(self._cuts.view(np.uint8)[first : last + 1], bitorder="little")
        cuts = np.flatnonzero(bits) + first * 8
        after = int(np.searchsorted(cuts, spot))
        start = max(int(cuts[after - 1]) + 1 if after else 0, int(self._starts[at - 1]))
        return start, int(cuts[after])

    @cached_property
    def _starts(self) -> Places:
        """Where records start."""
        return np.concatenate((np.zeros(1, np.int64), places_of(self._lines) + 1))

    @cached_property
    def _ranks(self) -> Ranks:
        return Ranks(self._cuts)


def _escaped(text: npt.NDArray[np.uint8], escape: int) -> npt.NDArray[np.bool_]:
    """Say of each byte whether an odd number of escapes comes before it."""
    places = np.arange(len(text))
    others = np.maximum.accumulate(np.where(text == escape, -1, places))
    run = places - 1 - np.concatenate(([-1], others[:-1]))
    return np.equal(run % 2, 1)
