r"""Cutting delimited text into records as the server would, a block at a time in bulk.

The server's own rules, so that a record here is a row there: in csv mode quotes open and close
anywhere in a field; in text mode a backslash takes what follows it; the first record says how
lines end; an empty line is a record of one empty field.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mover_postgres.encodings import codec_of_server
from mover_postgres.salvage.piece import Bad, Piece
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from mover_postgres.options import CopyOptions
    from mover_postgres.salvage.piece import Spots

    Bytes = npt.NDArray[np.uint8]

__all__ = ["Cutter"]

LONGEST = 64 << 20
"""Bytes after which a quote that does not end is taken for one that was never meant."""

_WINDOW = 1 << 16
_LF, _CR = 10, 13
_STRAY_LINES = 3


class Cutter:
    """Cuts one stream; ``header`` drops its first record.

    ``into`` is the database's encoding, where that lacks characters that the stream may hold.
    """

    def __init__(
        self,
        copy: CopyOptions,
        columns: Sequence[str],
        *,
        codec: str,
        header: bool,
        into: str | None = None,
    ) -> None:
        self._text = copy.mode == "text"
        self._columns = columns
        self._codec = codec
        self._into = into
        self._encoding = copy.encoding
        self._header = header
        self._delimiter = ord(copy.delimiter)
        self._quote = None if copy.quote is None else ord(copy.quote)
        self._escape = ord("\\") if self._text or copy.escape != copy.quote else None
        self._marks = np.zeros(256, bool)
        self._marks[[self._delimiter, _LF, _CR]] = True
        self._line_end: bytes | None = None
        self._cautious = False

    def pieces(self, blocks: Iterable[bytes], line: int = 1) -> Iterator[Piece]:
        """Yield the records of the blocks, of which the first begins on this line."""
        row = 1
        for piece in self._uncounted(blocks):
            piece.line, piece.row = line, row
            line += piece.data.count(piece.line_end)
            row += len(piece.ends)
            yield self._without_header(piece) if self._header else piece
            self._header = False

    def _uncounted(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        data = b""
        enough = 0
        for block in blocks:
            data += block
            if len(data) < enough:
                continue
            while (piece := self._cut(data, last=False)) is not None:
                yield piece
                data = data[len(piece.data) :]
            enough = 2 * len(data)
        while data:
            piece = self._cut(data, last=True)
            assert piece is not None, "the last block leaves nothing"
            yield piece
            data = data[len(piece.data) :]

    @staticmethod
    def _without_header(piece: Piece) -> Piece:
        start = int(piece.ends[0])
        return Piece(
            data=piece.data[start:],
            ends=piece.ends[1:] - start,
            cuts=piece.cuts - start,
            closing=piece.closing[1:],
            bad={record - 1: bad for record, bad in piece.bad.items() if record},
            codec=piece.codec,
            line_end=piece.line_end,
            line=piece.line + piece.data.count(piece.line_end, 0, start),
            row=1,
        )

    def _cut(self, data: bytes, *, last: bool) -> Piece | None:
        """Return the whole records at the start of the data, if it can be said where they end."""
        if not data:
            return None
        # After a stray quote the next may be near: what is scanned now is soon scanned again.
        if self._cautious and len(data) > _WINDOW:
            self._cautious = False
            if (piece := self._cut(data[:_WINDOW], last=False)) is not None:
                return piece
        found = self._scan(data)
        if found is None:
            return None
        if len(found.ends):
            return self._piece(data[: int(found.ends[-1])], found)
        if found.open and (last or len(data) > LONGEST):
            return self._first_line(data, "unterminated CSV quoted field")
        if not last:
            return None
        found.close(len(data))
        return self._piece(data, found)

    def _scan(self, data: bytes) -> _Found | None:
        raw = np.frombuffer(data, np.uint8)
        marks = np.flatnonzero(self._marks[raw])
        outside, opened = self._outside(raw, marks)
        marks = marks[outside]
        kinds = raw[marks]
        if self._line_end is None:
            self._line_end = _line_end(raw, marks, kinds)
        line_end = self._line_end or b"\n"
        ending = kinds == line_end[-1]
        delimiting = kinds == self._delimiter
        delimiters = np.cumsum(delimiting)
        meant = delimiting | ending
        wrong = ~meant
        if line_end == b"\r\n":
            before = raw[marks - 1] == _CR
            after = raw[np.minimum(marks + 1, len(raw) - 1)] == _LF
            wrong = np.where(kinds == _CR, ~after, (kinds == _LF) & ~before)
        total = int(delimiters[-1]) if len(delimiters) else 0
        return _Found(
            ends=marks[ending] + 1,
            cuts=marks[meant],
            closing=np.flatnonzero(ending[meant]),
            delimiters=delimiters[ending],
            wrong=marks[wrong],
            open=opened,
            total=total,
        )

    def _outside(self, raw: Bytes, marks: Spots) -> tuple[npt.NDArray[np.bool_], bool]:
        """Return which marks mean something, and whether a quote is open at the end."""
        if self._text:
            return ~_after(raw, _escaping(raw, ord("\\")), marks), False
        quotes = np.flatnonzero(raw == self._quote)
        if self._escape is not None and len(quotes):
            quotes = quotes[~_after(raw, _escaping(raw, self._escape), quotes)]
        inside = np.searchsorted(quotes, marks) & 1
        return inside == 0, len(quotes) % 2 == 1

    def _piece(self, data: bytes, found: _Found) -> Piece:
        bad = self._malformed(found)
        if stray := self._stray(data, found, bad):
            return stray
        bad |= self._unreadable(data, found.ends)
        return self._new(data, found, bad)

    def _new(self, data: bytes, found: _Found, bad: dict[int, Bad]) -> Piece:
        return Piece(
            data=data,
            ends=found.ends,
            cuts=found.cuts,
            closing=found.closing,
            bad=bad,
            codec=self._codec,
            line_end=(self._line_end or b"\n")[-1:],
            line=1,
            row=1,
        )

    def _first_line(self, data: bytes, reason: str) -> Piece:
        end = data.find((self._line_end or b"\n")[-1:]) + 1 or len(data)
        self._cautious = True
        return self._new(data[:end], _Found.of_one(end), {0: Bad(reason)})

    def _malformed(self, found: _Found) -> dict[int, Bad]:
        """Return the records of too few or too many fields, or with another end of line inside."""
        bad: dict[int, Bad] = {}
        fields = np.diff(found.delimiters, prepend=0) + 1
        for record in np.flatnonzero(fields != len(self._columns)).tolist():
            bad[record] = self._ragged(int(fields[record]))
        for spot in found.wrong.tolist():
            record = int(np.searchsorted(found.ends, spot, "right"))
            kind = "carriage return" if self._line_end != b"\r" else "newline"
            if record < len(found.ends):
                quoted = "literal" if self._text else "unquoted"
                bad.setdefault(record, Bad(f"{quoted} {kind} found in data"))
        return bad

    def _ragged(self, fields: int) -> Bad:
        if fields > len(self._columns):
            return Bad(f"extra data after last expected column: {many(fields, 'field')}")
        return Bad(f'missing data for column "{self._columns[fields]}"', fields)

    def _stray(self, data: bytes, found: _Found, bad: dict[int, Bad]) -> Piece | None:
        """Return what stands up to the first record that a stray quote has made of many rows.

        Such a record is malformed, and all lines inside of it are rows of their own.
        """
        if self._quote is None:
            return None
        for record in sorted(bad):
            start = int(found.ends[record - 1]) if record else 0
            text = data[start : int(found.ends[record])]
            if self._quote not in text or not self._holds_rows(text):
                continue
            if record:
                head = {number: why for number, why in bad.items() if number < record}
                before = found.first(record)
                self._cautious = True
                head |= self._unreadable(data[:start], before.ends)
                return self._new(data[:start], before, head)
            return self._first_line(text, "unterminated CSV quoted field")
        return None

    def _holds_rows(self, record: bytes) -> bool:
        lines = record.splitlines(keepends=True)
        if len(lines) < _STRAY_LINES:
            return False
        middle = b"".join(lines[1:-1])
        found = self._scan(middle)
        whole = found is not None and len(found.ends) == len(lines) - 2 and not found.open
        return whole and found is not None and not self._malformed(found)

    def _unreadable(self, data: bytes, ends: Spots) -> dict[int, Bad]:
        """Return the records with bytes that are no text of the encoding."""
        bad: dict[int, Bad] = {}
        spot = 0
        while (wrong := _first_wrong(data, spot, self._codec)) is not None:
            record = int(np.searchsorted(ends, wrong, "right"))
            start = int(ends[record - 1]) if record else 0
            where = self._scan(data[start:wrong])
            words = f'invalid byte sequence for encoding "{self._encoding}": 0x{data[wrong]:02x}'
            bad[record] = Bad(words, where.total if where is not None else None, False)
            spot = int(ends[record])
        return self._unwritable(data, ends) | bad

    def _unwritable(self, data: bytes, ends: Spots) -> dict[int, Bad]:
        """Return the records with characters that the database's encoding lacks."""
        into = codec_of_server(self._into) if self._into else None
        if into is None or data.isascii() or _first_lacking(data, self._codec, into) is None:
            return {}
        bad: dict[int, Bad] = {}
        start = 0
        for record, end in enumerate(ends.tolist()):
            text, start = data[start:end], end
            lacking = None if text.isascii() else _first_lacking(text, self._codec, into)
            if lacking is not None:
                before, character = lacking
                where = self._scan(before) if before else None
                words = f'the character {character!r} has no equivalent in "{self._into}"'
                bad[record] = Bad(words, 0 if where is None else where.total, False)
        return bad


@dataclass(kw_only=True)
class _Found:
    """Where fields and records end, how many delimiters come before each end, what is misplaced."""

    ends: Spots
    cuts: Spots
    closing: Spots
    delimiters: Spots
    wrong: Spots
    open: bool
    total: int

    @classmethod
    def of_one(cls, end: int) -> _Found:
        """Return one record, whose fields are not known."""
        none, first = np.zeros(0, np.int64), np.zeros(1, np.int64)
        return cls(
            ends=first + end,
            cuts=first + end,
            closing=first,
            delimiters=first,
            wrong=none,
            open=False,
            total=0,
        )

    def first(self, records: int) -> _Found:
        """Return the first records."""
        return replace(self, ends=self.ends[:records], closing=self.closing[:records])

    def close(self, size: int) -> None:
        """Let the last record end with the data."""
        self.ends = np.append(self.ends, size)
        self.closing = np.append(self.closing, len(self.cuts))
        self.cuts = np.append(self.cuts, size)
        self.delimiters = np.append(self.delimiters, self.total)


def _line_end(raw: Bytes, marks: Spots, kinds: Bytes) -> bytes | None:
    """Return how the first record ends, which holds for all."""
    ends = np.flatnonzero((kinds == _LF) | (kinds == _CR))
    if not len(ends):
        return None
    first = int(marks[ends[0]])
    if raw[first] == _LF:
        return b"\n"
    return b"\r\n" if first + 1 < len(raw) and raw[first + 1] == _LF else b"\r"


def _escaping(raw: Bytes, escape: int) -> npt.NDArray[np.bool_]:
    """Return which bytes are escapes that are not escaped themselves."""
    spots = np.flatnonzero(raw == escape)
    found = np.zeros(len(raw), bool)
    if len(spots):
        # Of a run of them the first one escapes the second, the third the fourth.
        fresh = np.concatenate(([True], np.diff(spots) != 1))
        first = np.maximum.accumulate(np.where(fresh, spots, 0))
        found[spots[(spots - first) % 2 == 0]] = True
    return found


def _after(raw: Bytes, escaping: npt.NDArray[np.bool_], spots: Spots) -> npt.NDArray[np.bool_]:
    """Return which of the spots come right after an escape."""
    del raw
    if not len(spots):
        return np.zeros(0, bool)
    after: npt.NDArray[np.bool_] = escaping[spots - 1] & (spots > 0)
    return after


def _first_wrong(data: bytes, spot: int, codec: str) -> int | None:
    """Return where the first NUL or malformed character stands from ``spot`` on."""
    nul = data.find(b"\0", spot)
    try:
        data[spot : nul if nul >= 0 else len(data)].decode(codec)
    except UnicodeDecodeError as error:
        return spot + error.start
    return nul if nul >= 0 else None


def _first_lacking(data: bytes, codec: str, into: str) -> tuple[bytes, str] | None:
    """Return the first character that an encoding lacks, and what stands before it."""
    text = data.decode(codec, "ignore")  # bytes that are no text at all are found elsewhere
    try:
        text.encode(into)
    except UnicodeEncodeError as error:
        return text[: error.start].encode(codec), text[error.start]
    return None
