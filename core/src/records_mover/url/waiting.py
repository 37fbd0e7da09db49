"""Reading what may make one wait, such as a pipe, so that a cancelled move need not wait for it."""

from __future__ import annotations

import io
import os
import select
import stat
import threading
import time
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar, cast

from records_mover.streams import Reader
from records_mover.url.pipes import LOOK_EVERY, PipeReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.meter import Cancellation

__all__ = ["cancellable", "patient", "pause"]

T = TypeVar("T")


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


def pause(seconds: float, cancellation: Cancellation) -> None:
    """Let so much time pass, unless the move is cancelled."""
    deadline = time.monotonic() + seconds
    cancellation.check()
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY / 1000))
        cancellation.check()


def patient(call: Callable[[], T], cancellation: Cancellation, drop: Callable[[T], object]) -> T:
    """Return what a call returns, or raise what it raises; who cancels the move is not kept by it.

    It is made on a thread of its own. What it returns when nobody waits for it is to be dropped.
    """
    cancellation.check()
    calling = _Calling(call, drop)
    calling.start()
    try:
        while not calling.ended.wait(LOOK_EVERY / 1000):
            cancellation.check()
    except BaseException:
        calling.abandon()
        raise
    return calling.answer()


class _Calling(threading.Thread, Generic[T]):
    def __init__(self, call: Callable[[], T], drop: Callable[[T], object]) -> None:
        super().__init__(name="mover-waiting", daemon=True)
        self._call, self._drop = call, drop
        self._lock = threading.Lock()
        self._abandoned = False
        self._answers: list[T] = []
        self._error: BaseException | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            self._answers.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again where it was called
            self._error = error
        with self._lock:
            self.ended.set()
            if self._abandoned:
                self._forget()

    def abandon(self) -> None:
        """Wait for the answer no more."""
        with self._lock:
            self._abandoned = True
            if self.ended.is_set():
                self._forget()

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        return self._answers.pop()

    def _forget(self) -> None:
        for answer in self._answers:
            self._drop(answer)
