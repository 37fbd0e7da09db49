"""Turns a function that writes a stream into a stream that can be read, through a pipe."""

from __future__ import annotations

import contextlib
import fcntl
import io
import logging
import os
import threading
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.streams import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pulled"]

logger = logging.getLogger(__name__)

_BLOCK = 1 << 20
_GRACE = 10.0
"""Seconds for which ``push`` may go on when nobody reads it and nothing can stop it."""


def pulled(push: Callable[[BinaryIO], None], *, stop: Callable[[], None] | None = None) -> BinaryIO:
    """Return a reader of what ``push`` writes, run on a thread of its own with a bounded buffer.

    An exception in ``push`` is raised by the reader where the bytes end, so that a broken stream
    never looks like a whole one. Closing the reader early calls ``stop`` and ends ``push`` by a
    broken pipe; one that waits for a source that is silent is waited for some seconds.
    """
    return cast(BinaryIO, _Pulled(push, stop))


class _Push(threading.Thread):
    """Runs ``push``; it does not know the reader, so that one that is forgotten can be closed."""

    def __init__(self, push: Callable[[BinaryIO], None], writing: int) -> None:
        super().__init__(name="mover-pull", daemon=True)
        self._push = push
        self._writing = writing
        self.error: BaseException | None = None
        self.abandoned = False

    def run(self) -> None:
        try:
            with os.fdopen(self._writing, "wb", buffering=_BLOCK) as sink:
                self._push(sink)
        except BrokenPipeError as error:
            self.error = None if self.abandoned else error
        except BaseException as error:  # noqa: BLE001 - raised again by the reader
            self.error = error


class _Pulled(Reader):
    def __init__(self, push: Callable[[BinaryIO], None], stop: Callable[[], None] | None) -> None:
        super().__init__()
        self._stop = stop
        self._fd, writing = os.pipe()
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _BLOCK)
        self._push = _Push(push, writing)
        self._push.start()

    def fileno(self) -> int:
        raise io.UnsupportedOperation("the end of the pipe is not the end of the story")

    def fill(self, view: memoryview) -> int:
        if self.closed:
            raise ValueError("read of a closed stream")
        got = os.readv(self._fd, [view])
        if not got and len(view):
            self._push.join()
            if self._push.error is not None:
                raise self._push.error
        return got

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        self._push.abandoned = True
        if self._push.is_alive() and self._stop is not None:
            self._stop()
        os.close(self._fd)
        self._push.join(_GRACE if self._stop is None else None)
        if self._push.is_alive():  # it waits for its own source, and ends when that goes on
            logger.debug("left behind a thread that waits for its source")
