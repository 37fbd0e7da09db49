"""The bases of streams that are read here through others, or made as they are read; copying."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from _typeshed import WriteableBuffer

__all__ = ["Blocks", "BufferedPacker", "CountedSink", "Packer", "Reader", "copy_bytes"]

_BLOCK = 1 << 20


class _Closable(Protocol):
    def close(self) -> object: ...


class Reader(io.RawIOBase):
    """A stream to read, which closes the one ``below`` it, if there is one.

    A subclass gives ``fill`` where bytes can go straight to where they are wanted, and ``read``
    otherwise: each is made from the other, so that one of them must be given.
    """

    def __init__(self, below: _Closable | None = None) -> None:
        self._below = below

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Fill ``buffer``, which may be of any kind."""
        return self.fill(memoryview(buffer).cast("B"))

    def fill(self, view: memoryview) -> int | None:
        """Put bytes into ``view`` and return how many: none at the end, None if there are none yet.

        This one copies what ``read`` returns.
        """
        block = self.read(len(view))
        if block is None:
            return None
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Close the stream below too, once."""
        if self.closed:
            return
        try:
            if self._below is not None:
                self._below.close()
        finally:
            super().close()


class Blocks(Reader):
    """A stream of blocks that are made one by one, each good until the next one is asked for.

    Who takes the blocks as they are spares a copy of each. An error is raised whenever the stream
    is read, so that a broken one never looks like a whole one.
    """

    def __init__(
        self, blocks: Generator[bytes | memoryview], below: _Closable | None = None
    ) -> None:
        super().__init__(below)
        self._blocks = blocks
        self._rest = memoryview(b"")
        self._error: BaseException | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Return what is left of a block, at most ``size`` bytes of it; or all that is to come."""
        if size < 0:
            return b"".join(bytes(block) for block in self.blocks())
        self._rest = self._rest or self._next() or self._rest
        found, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return found

    def blocks(self) -> Iterator[memoryview]:
        """Yield what is left, as it was made."""
        while block := self._rest or self._next():
            self._rest = memoryview(b"")
            yield block

    def _next(self) -> memoryview | None:
        """Return the next block that is not empty; None at the end."""
        if self.closed:
            raise ValueError("read of a closed stream")
        if self._error is not None:
            raise self._error
        try:
            return next((memoryview(block) for block in self._blocks if block), None)
        except BaseException as error:
            self._error = error
            raise

    def close(self) -> None:
        """Stop making blocks, and close the stream below."""
        self._blocks.close()
        super().close()


class Packer(io.RawIOBase):
    """A stream to write, which ends what it writes to a sink when it is closed.

    One that nobody closed is of a move that failed, and writes no more: Python would close it, and
    since 3.13 say on standard error that the sink is closed already.
    """

    def writable(self) -> bool:
        """Say that this can be written."""
        return True

    def __del__(self) -> None:
        """Leave the sink as it is."""


class BufferedPacker(io.BufferedWriter):
    """A buffer in front of a ``Packer``: nobody wants what is in it if nobody closes it."""

    def __del__(self) -> None:
        """Leave the sink as it is."""


class CountedSink(io.RawIOBase):
    """Counts what is written to a sink that somebody else closes."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self.written = 0

    def writable(self) -> bool:
        """Say that this can be written."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written so far."""
        return self.written

    def write(self, data: Any) -> int:
        """Hand bytes on."""
        self._sink.write(data)
        size = memoryview(data).nbytes
        self.written += size
        return size


def copy_bytes(source: BinaryIO, sink: BinaryIO, check: Callable[[], None]) -> int:
    """Copy what is left of a stream, and return how much; ``check`` stops it by raising."""
    size = 0
    for block in _blocks(source, sink):
        check()
        sink.write(block)
        size += len(block)
    return size


def _blocks(source: BinaryIO, sink: BinaryIO) -> Iterator[bytes | memoryview]:
    # Somebody else's sink may not know that a block is only good until the next one.
    if isinstance(source, Blocks) and isinstance(sink, io.BufferedWriter):
        yield from source.blocks()
    while block := source.read(_BLOCK):
        yield block
