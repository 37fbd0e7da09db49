"""Text on its way to COPY, watched for values that the server would round or cut without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from mover_postgres.options import CopyOptions
    from mover_postgres.roundings import Watched

    Places = npt.NDArray[np.int64]

__all__ = ["Suspects"]

_DOT, _ZERO, _BLANK, _MINUS, _LF, _CR, _EXPONENT = (np.uint8(byte) for byte in b".0 -\n\re")
_NINE, _SMALL = np.uint8(9), np.uint8(32)
_PAGES = 100 << 10


class Suspects:
    """Looks for suspects in bulk, and closely at the few that there are.

    A number is suspect where more digits follow its point than the least of the columns keeps, or
    where it has a negative exponent; a text where blanks come before its end.
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
        kept = [column.decimals for column in columns if column.decimals is not None]
        self._least = max(min(kept), 0) if kept else None
        self._blanks = any(column.length is not None for column in columns)
        self._delimiter = options.delimiter.encode()[0]
        self._quote = options.quote.encode() if options.quote else b""
        self._escape = (options.escape or "").encode() if options.quote else b"\\"
        self._codec, self._source, self._line = codec, source, line
        self._lines = 0
        self._newline = b""

    def blocks(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield each block once the records that end in it were looked at."""
        rest = b""
        for block in blocks:
            rest = self._look(rest + block if rest else block)
            yield block
        if rest:
            self._look(rest + (self._newline or b"\n"))

    def _look(self, piece: bytes) -> bytes:
        """Look at whole records, and return what comes after the last one."""
        text = np.frombuffer(piece, np.uint8)
        outside = self._outside(piece, text)
        newline = self._end_of_lines(piece)
        end = piece.rfind(newline) + 1
        if outside is not None:
            while end and not outside[end - 1]:
                end = piece.rfind(newline, 0, end - 1) + 1
        whole = text[:end]
        suspects = self._suspects(whole)
        if len(suspects):
            self._judge(piece[:end], whole, suspects, outside)
        for start in range(0, end, _PAGES):
            self._lines += int(np.count_nonzero(whole[start : start + _PAGES] == newline[0]))
        return piece[end:]

    def _end_of_lines(self, piece: bytes) -> bytes:
        """Return how lines end: a lone carriage return where there is nothing else."""
        if not self._newline and (b"\n" in piece or b"\r" in piece):
            self._newline = b"\n" if b"\n" in piece else b"\r"
        return self._newline or b"\n"

    def _outside(self, piece: bytes, text: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_] | None:
        """Say of each byte whether it stands outside of quotes; None where there are none."""
        if not self._quote or self._quote not in piece:
            return None
        marks = text == self._quote[0]
        if self._escape != self._quote and self._escape in piece:
            marks[1:] &= ~((text[:-1] == self._escape[0]) & ~_escaped(text[:-1], self._escape[0]))
        inside = np.bitwise_xor.accumulate(marks.view(np.uint8))
        return np.equal(inside, 0)

    def _suspects(self, text: npt.NDArray[np.uint8]) -> Places:
        """Return where to look closely, a few pages at a time, which stay in the cache."""
        found = [np.zeros(0, np.int64)]
        more = (self._least or 0) + 2
        for start in range(0, len(text), _PAGES):
            found += [start + places for places in self._near(text[start : start + _PAGES + more])]
        return np.concatenate(found)

    def _near(self, text: npt.NDArray[np.uint8]) -> list[Places]:
        """Compare all bytes, which costs less than picking some."""
        found = []
        if self._least is not None and len(text) > self._least + 2:
            digits = text - _ZERO <= _NINE
            fine = text[: -self._least - 1] == _DOT
            for at in range(1, self._least + 2):
                fine &= digits[at : len(text) - self._least - 1 + at]
            found.append(np.flatnonzero(fine))
            small = (text[2:] == _MINUS) & (text[1:-1] | _SMALL == _EXPONENT)
            small &= digits[:-2] | (text[:-2] == _DOT)
            found.append(np.flatnonzero(small))
        if self._blanks:
            after = text[1:]
            ends = (after == self._delimiter) | (after == _LF) | (after == _CR)
            if self._quote:
                ends |= after == self._quote[0]
            ends &= text[:-1] == _BLANK
            found.append(np.flatnonzero(ends))
        return found

    def _judge(
        self,
        piece: bytes,
        text: npt.NDArray[np.uint8],
        suspects: Places,
        outside: npt.NDArray[np.bool_] | None,
    ) -> None:
        """Look at those suspects that stand in a column that is watched."""
        cuts = (text == self._delimiter) | (text == self._newline[0])
        if outside is not None:
            cuts &= outside[: len(text)]
        if not self._quote and self._escape in piece:
            cuts[1:] &= ~((text[:-1] == self._escape[0]) & ~_escaped(text[:-1], self._escape[0]))
        ends = np.flatnonzero(cuts)
        lines = np.flatnonzero(text[ends] == self._newline[0])
        fields = np.unique(np.searchsorted(ends, suspects))
        row = np.searchsorted(lines, fields)
        first = np.where(row > 0, lines[np.maximum(row - 1, 0)] + 1, 0)
        places = fields - first
        for field, place in zip(
            fields[np.isin(places, list(self._columns))].tolist(),
            places[np.isin(places, list(self._columns))].tolist(),
            strict=True,
        ):
            start = int(ends[field - 1]) + 1 if field else 0
            self._judge_field(piece, start, int(ends[field]), self._columns[place])

    def _judge_field(self, piece: bytes, start: int, end: int, column: Watched) -> None:
        value = piece[start:end].rstrip(b"\r")
        if self._quote and value[:1] == self._quote == value[-1:]:
            value = value[1:-1].replace(self._escape + self._quote, self._quote)
        shown = value.decode(self._codec, "replace")
        if column.changes(shown):
            line = self._line(self._lines + piece.count(self._newline, 0, start) + 1)
            raise BadRowError(
                f"line {line} of {self._source!r}: column {column.name!r} is {column.type}: "
                f"{column.why()} ({shown!r})",
                f"allow that with --allow-lossy {column.name}, or give the column another type",
                source=self._source,
                line=line,
                column=column.name,
                value=shown,
            )


def _escaped(text: npt.NDArray[np.uint8], escape: int) -> npt.NDArray[np.bool_]:
    """Say of each byte whether an odd number of escapes comes before it."""
    places = np.arange(len(text))
    others = np.maximum.accumulate(np.where(text == escape, -1, places))
    run = places - 1 - np.concatenate(([-1], others[:-1]))
    return np.equal(run % 2, 1)
