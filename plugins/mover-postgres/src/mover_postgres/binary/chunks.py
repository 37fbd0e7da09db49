"""CSV in chunks of whole records, cut before anything is imported that could parse them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    # How many quotes are in the first bytes, so many, of a block.
    Quotes = Callable[[bytes, int], int]

__all__ = ["Chunk", "Cutter", "Differs", "end_of_first"]

_CHUNK = 1 << 20
_LONGEST = 16 << 20


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


def _counted(block: bytes, end: int) -> int:
    return block.count(b'"', 0, end)


class Cutter:
    """Cuts a file where records end.

    ``quotes`` counts them: Python's own way is there at once, and slow where there are many.
    """

    def __init__(self, stream: BinaryIO, *, header: bool) -> None:
        self._stream = stream
        self._header = header
        self.quotes: Quotes = _counted

    def chunks(self) -> Iterator[Chunk]:
        """Yield chunks that end where a record does; the first record says how lines end."""
        crlf: bool | None = None
        for data in self._cut():
            first = crlf is None
            if crlf is None:
                crlf = data[: end_of_first(data)].endswith(b"\r\n")
            yield Chunk(data, crlf, header=self._header and first)

    def _cut(self) -> Iterator[bytes]:
        carry = self._without_mark()
        while block := self._stream.read(_CHUNK):
            end = self._end_of_last(block, carry.count(b'"'))
            if end:
                yield b"".join((carry, memoryview(block)[:end]))
                carry = block[end:]
            else:
                carry += block
            if len(carry) > _LONGEST:
                what = f"a record is longer than {_LONGEST} bytes, or a quote is never closed"
                raise Differs(what)
        if carry:
            yield carry

    def _without_mark(self) -> bytes:
        head = b""
        while len(head) < len(codecs.BOM_UTF8) and (more := self._stream.read(_CHUNK)):
            head += more
        return head.removeprefix(codecs.BOM_UTF8)

    def _end_of_last(self, block: bytes, before: int) -> int:
        """Return where the last whole record ends; 0 where none does. Quotes came ``before``."""
        end = block.rfind(b"\n") + 1
        quotes = before + self.quotes(block, end) if end else 0
        while end and quotes % 2:
            earlier = block.rfind(b"\n", 0, end - 1) + 1
            quotes -= block.count(b'"', earlier, end)
            end = earlier
        return end


def end_of_first(data: bytes) -> int:
    """Return where the first record ends; 0 where it does not."""
    end = data.find(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.find(b"\n", end) + 1
    return end
