"""Reading what may make one wait, such as a pipe, so that a cancelled move need not wait for it."""

from __future__ import annotations

import io
import os
import select
import stat
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from records_mover.meter import Cancellation

__all__ = ["cancellable"]

LOOK_EVERY = 200
"""Milliseconds of waiting between two looks at the cancellation."""


def cancellable(stream: BinaryIO, cancellation: Cancellation) -> BinaryIO:
    """Return a reader that raises ``MoveCancelled`` instead of waiting on; a plain file stays."""
    if not isinstance(stream, io.FileIO) or stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    return cast(BinaryIO, _Waiting(stream, cancellation))


class _Waiting(io.RawIOBase):
    def __init__(self, raw: io.FileIO, cancellation: Cancellation) -> None:
        self._raw = raw
        self._check = cancellation.check
        self._poll = select.poll()
        self._poll.register(raw.fileno(), select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:  # type: ignore[override]
        self._wait()
        return self._raw.readinto(buffer)

    def read(self, size: int = -1, /) -> bytes | None:
        if size < 0:
            return self.readall()
        self._wait()
        return self._raw.read(size)

    def _wait(self) -> None:
        self._check()
        while not self._poll.poll(LOOK_EVERY):
            self._check()

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
