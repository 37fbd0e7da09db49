"""Running work on a thread of its own, so that this one can show progress and hear Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from records_mover.errors import InDoubtError, MoveCancelled
from records_mover.meter import Cancellation, Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType

__all__ = ["run_stoppable", "run_watched"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

INTERVAL = 0.1
"""Seconds between two looks at the meter."""

LONG = 3600.0
"""Seconds: a wait with an end hears signals on every system."""

PATIENCE = 1.0
"""Seconds after which someone who has asked to stop is told what is waited for."""

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_watched(
    work: Callable[[Meter, Cancellation], T],
    watching: Callable[[Meter], AbstractContextManager[Callable[[], None]]],
) -> T:
    """Run ``work`` to its end and return what it returned, or raise what it raised.

    ``watching`` gives what is called every ``INTERVAL`` seconds meanwhile. A signal cancels the
    work, which is then waited for; a second one leaves the process at once. Work that ends by an
    exception after it was cancelled raises ``MoveCancelled``.
    """
    meter, cancellation = Meter(), Cancellation()
    worker = _Worker(lambda: work(meter, cancellation))
    try:
        with _cancelled_by_signals(cancellation):
            worker.start()
            with watching(meter) as look:
                hint = _Hint(cancellation)
                while not worker.ended.wait(INTERVAL):
                    look()
                    hint.look()
    except _SecondSignal:
        _leave()
    if worker.error is not None and cancellation.asked and not _in_doubt(worker.error):
        raise MoveCancelled("cancelled", "the target is as it was") from worker.error
    return worker.answer()


def run_stoppable(work: Callable[[], T]) -> T:
    """Run work that changes nothing to its end, or to Ctrl-C, which leaves it where it is.

    It may wait for a server that does not answer, and would not hear of it.
    """
    worker = _Worker(work)
    worker.start()
    while not worker.ended.wait(LONG):
        pass
    return worker.answer()


def _in_doubt(error: BaseException) -> bool:
    """Whether nobody knows what became of the work, so that nobody may say that it was undone."""
    return isinstance(error, InDoubtError)


class _Worker(threading.Thread, Generic[T]):
    """A thread that keeps what its work returned or raised."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(name="mover-work", daemon=True)
        self._work = work
        self._answers: list[T] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            self._answers.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self.error = error
        finally:
            self.ended.set()

    def answer(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self.error is not None:
            raise self.error
        return self._answers[0]


class _SecondSignal(BaseException):
    """The user asked again to stop, and does not want to wait."""


class _Hint:
    """Says on a terminal, once, that what was stopped is waited for."""

    def __init__(self, cancellation: Cancellation) -> None:
        self._cancellation = cancellation
        self._since: float | None = None
        self._said = not sys.stderr.isatty()

    def look(self) -> None:
        """Say it when it is time."""
        if self._said or not self._cancellation.asked:
            return
        now = time.monotonic()
        self._since = self._since or now
        if now - self._since >= PATIENCE:
            self._said = True
            sys.stderr.write("\nmvrec: stopping; Ctrl-C once more leaves at once\n")


@contextmanager
def _cancelled_by_signals(cancellation: Cancellation) -> Iterator[None]:
    """Cancel when a signal asks to stop; one that is ignored, as under nohup, stays ignored."""
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        if asked:
            raise _SecondSignal
        asked = True
        # Not here: a stop may wait for a server, and the second Ctrl-C must be heard meanwhile.
        threading.Thread(
            target=_cancel, args=(cancellation,), name="mover-stop", daemon=True
        ).start()

    heard = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cancel(cancellation: Cancellation) -> None:
    try:
        cancellation.cancel()
    except Exception as error:  # noqa: BLE001 - the work ends all the same, only not at once
        logger.warning("cannot stop at once: %s: %s", type(error).__name__, error)


def _leave() -> None:
    """Leave without waiting for the work; what it opened is rolled back by its server."""
    sys.stderr.write("mvrec: stopped at once; the next move removes what was left half done\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
