"""Turns a function that writes a stream into a stream that can be read, through a pipe."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import threading
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pulled"]

_BLOCK = 1 << 20


def pulled(push: Callable[[BinaryIO], None], *, stop: Callable[[], None] | None = None) -> BinaryIO:
    """Return a reader of what ``push`` writes, run on a thread of its own with a bounded buffer.

    An exception in ``push`` is raised by the reader where the bytes end, so that a broken stream
    never looks like a whole one. Closing the reader early calls ``stop`` and ends ``push`` by a
    broken pipe.
    """
    return cast(BinaryIO, _Pulled(push, stop))


class _Pulled(io.RawIOBase):
    def __init__(self, push: Callable[[BinaryIO], None], stop: Callable[[], None] | None) -> None:
        self._stop = stop
        self._error: BaseException | None = None
        self._fd, writing = os.pipe()
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _BLOCK)
        self._thread = threading.Thread(
            target=self._run, args=(push, writing), name="mover-pull", daemon=True
        )
        self._thread.start()

    def _run(self, push: Callable[[BinaryIO], None], writing: int) -> None:
        try:
            with os.fdopen(writing, "wb", buffering=_BLOCK) as sink:
                push(sink)
        except BrokenPipeError as error:
            self._error = None if self.closed else error
        except BaseException as error:  # noqa: BLE001 - raised again by the reader
            self._error = error

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        raise io.UnsupportedOperation("the end of the pipe is not the end of the story")

    def read(self, size: int = -1, /) -> bytes:
        block = os.read(self._fd, _BLOCK if size < 0 else size) if size else b""
        if not block and size:
            self._thread.join()
            if self._error is not None:
                raise self._error
        return block if size >= 0 or not block else block + self.read()

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        if self._thread.is_alive() and self._stop is not None:
            self._stop()
        os.close(self._fd)
        self._thread.join()
