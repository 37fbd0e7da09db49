"""Pipes: waiting for whoever is at the other end, but not for ever, and not once told to stop."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from typing import TYPE_CHECKING, Any

from records_mover.errors import StoreError
from records_mover.url.raw import RawFile, store_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LOOK_EVERY", "PATIENCE", "PipeReader", "PipeWriter", "is_pipe", "own_writer"]

LOOK_EVERY = 200
"""Milliseconds of waiting between two looks at whether to go on."""

PATIENCE = 600.0
"""Seconds to wait for somebody to open the other end of a named pipe."""


def is_pipe(path: Path) -> bool:
    """Whether this is a pipe that is there."""
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except OSError:
        return False


def _nothing() -> None:
    pass


class PipeReader(RawFile):
    """A named pipe to read. To open it does not wait for a writer: to read it does."""

    def __init__(self, path: Path) -> None:
        super().__init__(_opened(path, os.O_RDONLY), "rb", name=str(path))
        self._path = str(path)
        self._met = False

    def meet(self, check: Callable[[], None] = _nothing) -> None:
        """Wait until there is, or was, a writer; ``check`` ends the wait by raising."""
        if self._met:
            return
        poll, deadline = select.poll(), time.monotonic() + PATIENCE
        poll.register(self.fileno(), select.POLLIN)
        check()
        while not poll.poll(LOOK_EVERY):
            check()
            _refuse_after(deadline, self._path, "writes to")
        os.set_blocking(self.fileno(), True)
        self._met = True

    def readinto(self, buffer: Any, /) -> int:
        """Fill ``buffer``."""
        self.meet()
        return super().readinto(buffer)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most ``size`` bytes."""
        self.meet()
        return super().read(size)

    def readall(self) -> bytes:
        """Read to the end."""
        self.meet()
        return super().readall()


class PipeWriter(RawFile):
    """A pipe to write to, which does not hold up whoever is told to stop while it is full."""

    def __init__(self, fd: int, name: str, check: Callable[[], None]) -> None:
        super().__init__(fd, "wb", name=name)
        self._check = check
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    def write(self, data: Any, /) -> int:
        """Write as much as there is room for, once there is some."""
        while True:
            self._check()
            if self._poll.poll(LOOK_EVERY) and (written := super().write(data)):
                return written

    @classmethod
    def to(cls, path: Path, check: Callable[[], None]) -> PipeWriter:
        """Open a named pipe once somebody reads it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            check()
            try:
                return cls(_opened(path, os.O_WRONLY), str(path), check)
            except StoreError as error:
                if not _has_no_reader(error):
                    raise
            _refuse_after(deadline, str(path), "reads")
            time.sleep(LOOK_EVERY / 1000)


def own_writer(fd: int, name: str, check: Callable[[], None]) -> PipeWriter | None:
    """Open the pipe behind ``fd`` anew, so that only our end does not wait; None where none is."""
    if not stat.S_ISFIFO(os.fstat(fd).st_mode):
        return None
    try:
        mine = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    return PipeWriter(mine, name, check)


def _opened(path: Path, mode: int) -> int:
    with store_errors(path):
        return os.open(path, mode | os.O_NONBLOCK | os.O_CLOEXEC)


def _has_no_reader(error: StoreError) -> bool:
    return isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.ENXIO


def _refuse_after(deadline: float, name: str, does: str) -> None:
    if time.monotonic() > deadline:
        raise StoreError(
            f"nobody {does} the pipe {name!r}, for {PATIENCE:g} seconds now",
            "begin at its other end first",
        )
