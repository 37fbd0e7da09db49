"""Gzip by several processors: one stream, whose blocks are deflated at the same time."""

from __future__ import annotations

import os
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any, BinaryIO

from records_mover.streams import Packer

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["Gzip"]

_WORKERS = min(4, os.cpu_count() or 1)
_BLOCK = 1 << 20
_WINDOW = 1 << 15
# RFC 1952: the magic bytes, deflate, no flags, no time, and an unknown system.
_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_LEVEL = 6  # the default of gzip itself


class Gzip(Packer):
    """Compresses what is written into one member, and ends it when closed.

    Each block may refer to the end of the one before it, as in a stream that is deflated by one
    processor, so that it gets no longer. A few blocks are held at a time. What fits into one needs
    no thread.
    """

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[bytes]] = deque()
        self._begun = False
        self._last = b""
        self._window = b""
        self._checksum = 0
        self._size = 0

    def write(self, data: Any, /) -> int:
        """Compress bytes, and pass on what is ready of those before."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _BLOCK):
            self._put(bytes(view[start : start + _BLOCK]))
        return len(view)

    def close(self) -> None:
        """Write what is left, and the checksum that ends the member."""
        if self.closed:
            return
        try:
            self._begin()
            while self._waiting:
                self._sink.write(self._waiting.popleft().result())
            self._sink.write(_deflated(self._last, self._window, zlib.Z_FINISH))
            self._sink.write(self._checksum.to_bytes(4, "little"))
            self._sink.write((self._size % (1 << 32)).to_bytes(4, "little"))
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
            super().close()

    def __del__(self) -> None:
        """Leave the sink as it is, and let the threads end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._sink.write(_HEADER)

    def _put(self, block: bytes) -> None:
        if self._last:
            self._begin()
            self._waiting.append(self._threads().submit(_deflated, self._last, self._window))
            self._window = (self._window + self._last)[-_WINDOW:]
            if len(self._waiting) > _WORKERS:
                self._sink.write(self._waiting.popleft().result())
        self._checksum = zlib.crc32(block, self._checksum)
        self._size += len(block)
        self._last = block

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="mover-gzip")
        return self._pool


def _deflated(block: bytes, before: bytes, end: int = zlib.Z_SYNC_FLUSH) -> bytes:
    """Return a block so that others can follow it, unless it is the end."""
    args = (_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY)
    encoder = zlib.compressobj(*args, before) if before else zlib.compressobj(*args)
    return encoder.compress(block) + encoder.flush(end)
