"""Streams that can be read once only: looking at their head, and keeping them to read again."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import weakref
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import StoreError
from records_mover.streams import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.parts import Part

__all__ = ["Headed", "ReadOnce", "keep", "look_at"]

HEAD = 1 << 20
"""Bytes that are looked at before a stream is read."""


def look_at(part: Part) -> Callable[[], BinaryIO]:
    """Return how to look at a part before it is read: the head alone, of what is read once."""
    return part.open.head if isinstance(part.open, ReadOnce) else part.open


def keep(part: Part) -> None:
    """See to it that a part can be read more than once, whatever it is."""
    if isinstance(part.open, ReadOnce):
        part.open.keep()


class ReadOnce:
    """A stream that is read once, unless it is kept; its head can be looked at before.

    What it opened is closed when nobody knows it any more, as an end that was only looked at has
    no other end.
    """

    def __init__(self, part: Part) -> None:
        self._part = part
        self._stream: BinaryIO | None = None
        self._head = b""
        self._given = False
        self._kept: IO[bytes] | None = None
        self._opened = ExitStack()
        weakref.finalize(self, self._opened.close)

    def part(self) -> Part:
        """Return the part with itself as the way to open it."""
        return replace(self._part, open=self, rereadable=False)

    def head(self) -> BinaryIO:
        """Return a copy of the first bytes, cut at the end of a line where there is more."""
        if self._kept is not None:
            return self()
        if self._stream is None:
            self._stream = self._open()
            self._head = _read_fully(self._stream, HEAD)
        cut = self._head.rfind(b"\n") + 1 if len(self._head) == HEAD else 0
        return io.BytesIO(self._head[:cut] if cut else self._head)

    def keep(self) -> None:
        """Copy the stream to a file without a name, so that it can be read again and again."""
        if self._kept is not None:
            return
        with closing(self()) as stream:
            try:
                file = self._opened.enter_context(tempfile.TemporaryFile(prefix="mover-"))  # noqa: SIM115
                shutil.copyfileobj(stream, file, HEAD)
                file.flush()
            except StoreError:
                raise
            except OSError as error:
                raise StoreError(
                    f"cannot keep {self._part.name!r} to read it twice: {error.strerror}",
                    "free some space for temporary files, or name another TMPDIR",
                ) from error
        self._kept = file

    def __call__(self) -> BinaryIO:
        """Open the stream, its head included."""
        if self._kept is not None:
            return cast(BinaryIO, _Again(self._kept, self))
        stream, self._stream = self._stream or self._open(), None
        head, self._head = self._head, b""
        self._given = True
        return cast(BinaryIO, Headed(head, stream)) if head else stream

    def _open(self) -> BinaryIO:
        if self._given:  # it would look like a stream without rows
            raise StoreError(
                f"{self._part.name!r} can be read once only", "write it to a file first"
            )
        stream = self._part.open()
        self._opened.callback(stream.close)
        return stream


class Headed(Reader):
    """Bytes that were read already, then the rest of the stream that they came from."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__(rest)
        self._head = memoryview(head)
        self._rest = rest

    def fill(self, view: memoryview) -> int:
        """Fill ``view`` from the head first."""
        block = self._head[: len(view)] or self._rest.read(len(view))
        self._head = self._head[len(view) :]
        view[: len(block)] = block
        return len(block)


def _read_fully(stream: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes; fewer only at the end."""
    blocks: list[bytes] = []
    while size and (block := stream.read(size)):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


class _Again(Reader):
    """One reading of a file that others read too, each from its own position."""

    def __init__(self, file: IO[bytes], owner: ReadOnce) -> None:
        super().__init__()
        self._file = file
        self._owner = owner  # which closes the file when it is forgotten
        self._position = 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = (0, self._position, os.fstat(self._file.fileno()).st_size)[whence]
        self._position = base + offset
        return self._position

    def fill(self, view: memoryview) -> int:
        got = os.preadv(self._file.fileno(), [view], self._position)
        self._position += got
        return got
