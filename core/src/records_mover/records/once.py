"""Streams that can be read once only: looking at their head, and keeping them to read again."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from contextlib import closing
from dataclasses import replace
from typing import IO, TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.parts import Part

__all__ = ["ReadOnce", "look_at", "spooled"]

HEAD = 1 << 20
"""Bytes that are looked at before a stream is read."""


def look_at(part: Part) -> Callable[[], BinaryIO]:
    """Return how to look at a part before it is read: the head alone, of what is read once."""
    head = getattr(part.open, "head", None)
    return head if head is not None else part.open


class ReadOnce:
    """A stream that is read once, and of which the head can be looked at before."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._stream: BinaryIO | None = None
        self._head = b""

    def part(self) -> Part:
        """Return the part with itself as the way to open it."""
        return replace(self._part, open=self, rereadable=False)

    def head(self) -> BinaryIO:
        """Return a copy of the first bytes, cut at the end of a line where there is more."""
        if self._stream is None:
            self._stream = self._part.open()
            self._head = _read_fully(self._stream, HEAD)
        cut = self._head.rfind(b"\n") + 1 if len(self._head) == HEAD else 0
        return io.BytesIO(self._head[:cut] if cut else self._head)

    def __call__(self) -> BinaryIO:
        """Open the stream, its head included."""
        stream, self._stream = self._stream or self._part.open(), None
        head, self._head = self._head, b""
        return cast(BinaryIO, _Headed(head, stream)) if head else stream


class _Headed(io.RawIOBase):
    """Bytes that were read already, then the rest of the stream that they came from."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._head.read(size) or self._rest.read(size)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._rest.close()
        super().close()


def _read_fully(stream: BinaryIO, size: int) -> bytes:
    blocks = []
    while size > 0 and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


def spooled(part: Part) -> Part:
    """Copy a stream to a file without a name, so that it can be read twice."""
    spool = tempfile.TemporaryFile(prefix="mover-")  # noqa: SIM115 - lives as long as the part
    with closing(part.open()) as stream:
        shutil.copyfileobj(stream, spool, HEAD)
    spool.flush()
    return replace(
        part, open=lambda: cast(BinaryIO, _Again(spool)), size=spool.tell(), rereadable=True
    )


class _Again(io.RawIOBase):
    """One reading of a file that others read too, each from its own position."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = (0, self._position, os.fstat(self._file.fileno()).st_size)[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        block = os.pread(self._file.fileno(), len(buffer), self._position)
        buffer[: len(block)] = block
        self._position += len(block)
        return len(block)
