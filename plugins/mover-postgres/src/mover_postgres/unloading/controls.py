"""Puts the character itself after a backslash where COPY writes a letter for it."""

from __future__ import annotations

import re
from typing import BinaryIO, cast

from records_mover.streams import Reader

__all__ = ["raw_controls", "respelled"]

_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_BLOCK = 1 << 20
_SPELLED = re.compile(rb"\\[bfnrtv]")


def raw_controls(stream: BinaryIO) -> BinaryIO:
    """Return a reader of COPY's text mode in which a backslash only ever means "as it is".

    COPY writes a newline in a value as a backslash and the letter n; a reader for whom the
    character after a backslash is taken as it is would see that letter. A backslash and the
    newline itself say the same to both, in as many bytes.
    """
    return cast(BinaryIO, _RawControls(stream))


def respelled(block: bytes) -> bytes:
    """Respell a block that ends in no half of an escape."""
    if _SPELLED.search(block) is None:
        return block
    # The server never sends a NUL, so that two of them can stand in for an escaped backslash.
    block = block.replace(rb"\\", b"\0\0")
    for letter, control in _LETTERS.items():
        block = block.replace(b"\\" + letter, b"\\" + control)
    return block.replace(b"\0\0", rb"\\")


class _RawControls(Reader):
    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._stream = stream
        self._held = b""
        self._ready = b""

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        if not self._ready:
            # An escape is two bytes long, so that one byte alone cannot be judged.
            self._ready = self._next(max(size, 2))
        block, self._ready = self._ready[:size], self._ready[size:]
        return block

    def _next(self, size: int) -> bytes:
        """Return at most ``size`` bytes that end in no half of an escape."""
        read = self._stream.read(size - len(self._held))
        block, self._held = self._held + read, b""
        if read and (len(block) - len(block.rstrip(b"\\"))) % 2:
            block, self._held = block[:-1], b"\\"
        return respelled(block) if block or not read else self._next(size)
