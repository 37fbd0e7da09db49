r"""CSV in chunks of whole records, and whether Arrow's parser would cut them as COPY does.

Both agree on a field that is quoted as a whole or not at all. They do not on anything else, and
where that is found, ``Differs`` is raised:

- a quote inside of an unquoted field, or text after a closing quote (COPY takes both);
- a quote that is never closed (Arrow takes it);
- a carriage return outside of quotes, but for one in each line end of a file whose lines all end
  in CR LF (COPY refuses a mixture, Arrow takes any);
- an empty line (to COPY a row that lacks columns, to Arrow one of NULLs);
- the mark ``\\.``, at which servers before 18 stop reading, wherever it stands;
- a byte order mark anywhere but at the start of the file (Arrow drops it at the start of a chunk);
- a record longer than a chunk may become.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

__all__ = ["Chunk", "Differs", "check_structure", "chunks"]

_CHUNK = 1 << 20
_LONGEST = 16 << 20
_QUOTE, _LF, _CR = b'"\n\r'
_END_OF_DATA = b"\\."


class Differs(Exception):
    """Arrow's parser may read this otherwise than the server: it has to go as text."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole records; ``header`` says that the first is one, ``crlf`` how all lines have to end."""

    data: bytes
    crlf: bool
    header: bool

    @property
    def rows(self) -> bytes:
        """The records without the header."""
        return self.data[end_of_first(self.data) or len(self.data) :] if self.header else self.data


def chunks(stream: BinaryIO, *, header: bool) -> Iterator[Chunk]:
    """Cut a file into chunks that end where a record does; the first record says how lines end."""
    crlf: bool | None = None
    for data in _cut(stream):
        first = crlf is None
        if crlf is None:
            crlf = data[: end_of_first(data)].endswith(b"\r\n")
        yield Chunk(data, crlf, header=header and first)


def _cut(stream: BinaryIO) -> Iterator[bytes]:
    carry = _without_mark(stream)
    while block := stream.read(_CHUNK):
        data = carry + block
        end = _end_of_last(data)
        if end:
            yield data[:end]
        carry = data[end:]
        if len(carry) > _LONGEST:
            raise Differs(f"a record is longer than {_LONGEST} bytes, or a quote is never closed")
    if carry:
        yield carry


def _without_mark(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < len(codecs.BOM_UTF8) and (more := stream.read(_CHUNK)):
        head += more
    return head.removeprefix(codecs.BOM_UTF8)


def end_of_first(data: bytes) -> int:
    """Return where the first record ends; 0 where it does not."""
    end = data.find(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.find(b"\n", end) + 1
    return end


def _end_of_last(data: bytes) -> int:
    """Return where the last whole record ends; 0 where none does."""
    end = data.rfind(b"\n") + 1
    # Where there are many, numpy counts ten times as quickly as bytes do.
    quotes = np.count_nonzero(np.frombuffer(data, np.uint8, end) == _QUOTE) if end else 0
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


def check_structure(piece: Chunk, delimiter: bytes) -> None:
    """Raise ``Differs`` unless both parsers cut the chunk into the same fields."""
    chunk = piece.data
    if piece.header:
        _check_text(chunk[: end_of_first(chunk)])
    # One sign is looked for much more quickly than two.
    if b"\\" in chunk and _END_OF_DATA in chunk:
        raise Differs("it holds the mark '\\.'")
    if chunk.startswith(codecs.BOM_UTF8):
        raise Differs("it holds a byte order mark")
    text = np.frombuffer(chunk, np.uint8)
    marks = None
    if b'"' in chunk:
        marks = np.flatnonzero(text == _QUOTE)
        _check_quotes(text, marks, delimiter)
    if piece.crlf or b"\r" in chunk:
        _check_line_ends(text, marks, crlf=piece.crlf)
    if _may_hold_empty_line(chunk, text):
        _check_empty_lines(text, marks)


def _may_hold_empty_line(chunk: bytes, text: npt.NDArray[Any]) -> bool:
    ends = text == _LF
    after_end = chunk.startswith((b"\n", b"\r")) or bool((ends[1:] & ends[:-1]).any())
    return after_end or (b"\r" in chunk and b"\n\r" in chunk)


def _check_text(header: bytes) -> None:
    """Check the header's bytes, which the server looks at although it does not use them."""
    if b"\0" in header:
        raise Differs("the header holds a NUL")
    try:
        header.decode()
    except UnicodeDecodeError as error:
        raise Differs("the header is not in UTF-8") from error


def _check_quotes(text: npt.NDArray[Any], marks: npt.NDArray[Any], delimiter: bytes) -> None:
    if len(marks) % 2:
        raise Differs("a quote is not closed")
    opening, closing = marks[0::2], marks[1::2]
    before = text[np.maximum(opening - 1, 0)]
    after = text[np.minimum(closing + 1, len(text) - 1)]
    opens = (opening == 0) | (before == delimiter[0]) | (before == _LF)
    closes = (closing == len(text) - 1) | (after == delimiter[0]) | (after == _LF) | (after == _CR)
    # A doubled quote is one that closes and one that opens again right behind it.
    again = opening[1:] == closing[:-1] + 1
    opens[1:] |= again
    closes[:-1] |= again
    if not (opens.all() and closes.all()):
        raise Differs("a field is quoted in part")


def _outside(spots: npt.NDArray[Any], marks: npt.NDArray[Any] | None) -> npt.NDArray[Any]:
    """Return those of the spots that are not between quotes."""
    if marks is None:
        return spots
    outside: npt.NDArray[Any] = spots[np.searchsorted(marks, spots) % 2 == 0]
    return outside


def _check_line_ends(text: npt.NDArray[Any], marks: npt.NDArray[Any] | None, *, crlf: bool) -> None:
    returns = _outside(np.flatnonzero(text == _CR), marks)
    if not crlf:
        if len(returns):
            raise Differs("a carriage return stands outside of quotes")
        return
    ends = _outside(np.flatnonzero(text == _LF), marks)
    if len(returns) != len(ends) or (returns + 1 != ends).any():
        raise Differs("the lines end in more than one way")


def _check_empty_lines(text: npt.NDArray[Any], marks: npt.NDArray[Any] | None) -> None:
    ends = _outside(np.flatnonzero(text == _LF), marks)
    lengths = np.diff(ends, prepend=-1)
    returns = text[np.maximum(ends - 1, 0)] == _CR
    if (lengths - returns <= 1).any():
        raise Differs("a line is empty")
