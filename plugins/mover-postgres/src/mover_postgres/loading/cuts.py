"""Cuts a large file into ranges that begin where a record does, for several COPYs at a time."""

from __future__ import annotations

import codecs
import re
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.url.bounded import BoundedReader

if TYPE_CHECKING:
    import io

    from mover_postgres.options import LoadOptions
    from records_mover.parts import Part

__all__ = ["Range", "ranges_of_file"]

_BLOCK = 1 << 20
_SMALLEST = 1 << 20
# A field with more line ends than this is not looked through; the file then goes in one piece.
_FARTHEST = 4 << 20
_END_OF_TEXT = re.compile(rb"[^\\\n](?:\\\\)*\n")


@dataclass(frozen=True, slots=True)
class Range:
    """Whole records of a file: the first of them and its length; None is up to the end."""

    whole: Part
    start: int
    length: int | None

    @property
    def part(self) -> Part:
        """The records as a part of their own."""
        return replace(self.whole, open=partial(self._open, self.start), size=self.length)

    def lines_before(self) -> int:
        """Count the lines of the file before the first record, as an error wants to tell."""
        lines = 0
        with closing(Range(self.whole, 0, self.start).part.open()) as before:
            while block := before.read(_BLOCK):
                lines += block.count(b"\n")
        return lines

    def _open(self, start: int) -> BinaryIO:
        stream = self.whole.open()
        try:
            stream.seek(start)
        except BaseException:
            stream.close()
            raise
        if self.length is None:
            return stream
        return cast(BinaryIO, BoundedReader(cast("io.RawIOBase", stream), self.length))


def ranges_of_file(part: Part, pieces: int, options: LoadOptions) -> list[Range]:
    """Return ranges of about the same size; one where the file cannot be cut for sure.

    A line end is the end of a record where the quotes before it are even in number, which they
    are outside of quotes alone as long as a quote is escaped by another; where there are no
    quotes, where no odd number of backslashes stands before it.
    """
    pieces = min(pieces, (part.size or 0) // _SMALLEST)
    starts = [0]
    if part.rereadable and pieces > 1 and _is_sure(options):
        with closing(part.open()) as stream:
            if stream.seekable():
                starts += _starts(stream, part.size or 0, pieces, options.copy.quote)
    ends = [*starts[1:], None]
    return [
        Range(part, start, None if end is None else end - start)
        for start, end in zip(starts, ends, strict=True)
    ]


def _is_sure(options: LoadOptions) -> bool:
    copy = options.copy
    same = copy.mode == "text" or copy.quote == copy.escape
    return same and copy.encoding == "UTF8" and not options.skip_lines and options.guard is None


def _starts(stream: BinaryIO, size: int, pieces: int, quote: str | None) -> list[int]:
    """Return where the second piece and those after it begin."""
    starts: list[int] = []
    position, quotes = 0, 0
    sign = (quote or "").encode()
    for number in range(1, pieces):
        wanted = size * number // pieces
        while position < wanted and (block := stream.read(min(_BLOCK, wanted - position))):
            quotes += block.count(sign) if sign else 0
            position += len(block)
        ahead = b""
        end = 0
        while not end and len(ahead) < _FARTHEST and (block := stream.read(_BLOCK)):
            ahead += block
            end = _end_of_record(ahead, sign, quotes)
        if not end or position + end >= size:
            return starts
        starts.append(position + end)
        quotes += ahead.count(sign) if sign else 0
        position += len(ahead)
    return starts


def _end_of_record(text: bytes, sign: bytes, quotes: int) -> int:
    """Return where the first record that surely ends here ends; 0 where none does."""
    if not sign:
        found = _END_OF_TEXT.search(text)
        return _unmarked(text, found.end()) if found else 0
    at, inside = 0, bool(quotes % 2)
    while True:
        end = text.find(b"\n", at)
        mark = text.find(sign, at) if inside or end < 0 else text.find(sign, at, end)
        if mark < 0:
            return 0 if inside else _unmarked(text, end + 1)
        at, inside = mark + 1, not inside


def _unmarked(text: bytes, end: int) -> int:
    """Cut nowhere that the rest would seem to begin with a byte order mark."""
    return 0 if text[end : end + len(codecs.BOM_UTF8)] == codecs.BOM_UTF8 else end
