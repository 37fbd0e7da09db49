"""Reading what may make one wait, such as a pipe, so that a cancelled move need not wait for it."""

from __future__ import annotations

import io
import os
import select
import stat
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.streams import Reader
from records_mover.url.pipes import LOOK_EVERY, PipeReader

if TYPE_CHECKING:
    from records_mover.meter import Cancellation

__all__ = ["cancellable"]


def cancellable(stream: BinaryIO, cancellation: Cancellation) -> BinaryIO:
    """Return a reader that raises ``MoveCancelled`` instead of waiting on; a plain file stays."""
    if not isinstance(stream, io.FileIO) or stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        return stream
    return cast(BinaryIO, _Waiting(stream, cancellation))


class _Waiting(Reader):
    def __init__(self, raw: io.FileIO, cancellation: Cancellation) -> None:
        super().__init__(raw)
        self._raw = raw
        self._check = cancellation.check
        self._poll = select.poll()
        self._poll.register(raw.fileno(), select.POLLIN)

    def fill(self, view: memoryview) -> int | None:
        self._wait()
        return self._raw.readinto(view)

    def read(self, size: int = -1, /) -> bytes | None:
        if size < 0:
            return self.readall()
        self._wait()
        return self._raw.read(size)

    def _wait(self) -> None:
        if isinstance(self._raw, PipeReader):
            self._raw.meet(self._check)
        self._check()
        while not self._poll.poll(LOOK_EVERY):
            self._check()
