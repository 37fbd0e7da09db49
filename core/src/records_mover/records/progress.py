"""Telling a caller how far a move is, while it runs."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.errors import MoveCancelled
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.meter import Cancellation, Meter

__all__ = ["Progress", "reporting"]

logger = logging.getLogger(__name__)

EVERY = 0.25
"""Seconds between two calls."""


@frozen
class Progress:
    """How far a move is.

    ``rows`` and ``bytes`` have passed in ``seconds`` so far; of the totals, that of rows is an
    estimate, and each is None where it is not known. ``done`` is True in the last call of a move
    that went well, and in no other.
    """

    rows: int
    bytes: int
    seconds: float
    total_rows: int | None = None
    total_bytes: int | None = None
    done: bool = False

    @property
    def fraction(self) -> float | None:
        """How much of the move is done, from 0 to 1, where its end is known."""
        if self.done:
            return 1.0
        for passed, total in ((self.bytes, self.total_bytes), (self.rows, self.total_rows)):
            if total:
                return min(passed / total, 1.0)
        return None


@contextmanager
def reporting(
    tell: Callable[[Progress], object], meter: Meter, cancellation: Cancellation
) -> Iterator[None]:
    """Call ``tell`` four times a second while the block runs, and once when it has ended well.

    It is called from another thread. What it raises cancels the move, and is raised in the place
    of the cancellation.
    """
    reporter = _Reporter(tell, meter, cancellation)
    meter.watched = True
    reporter.start()
    try:
        yield
    except MoveCancelled as error:
        reporter.end()
        if reporter.error is not None:
            raise reporter.error from error
        raise
    finally:
        reporter.end()
    reporter.say_done()


class _Reporter(threading.Thread):
    """Looks at a meter now and then, and tells."""

    def __init__(
        self, tell: Callable[[Progress], object], meter: Meter, cancellation: Cancellation
    ) -> None:
        super().__init__(name="mover-progress", daemon=True)
        self._tell, self._meter, self._cancellation = tell, meter, cancellation
        self._since = time.monotonic()
        self._ended = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self._tell(self._progress())
            except BaseException as error:  # noqa: BLE001 - raised again by the move
                self.error = error
                self._cancellation.cancel()
                return

    def end(self) -> None:
        """Tell no more; a call that runs is waited for."""
        self._ended.set()
        self.join()

    def say_done(self) -> None:
        """Tell that the move has ended well, which nothing can change any more."""
        try:
            self._tell(self._progress(done=True))
        except Exception:
            logger.exception("the caller's progress failed; the move had ended well")

    def _progress(self, *, done: bool = False) -> Progress:
        meter = self._meter
        return Progress(
            rows=meter.rows_seen,
            bytes=meter.bytes,
            seconds=time.monotonic() - self._since,
            total_rows=meter.total_rows,
            total_bytes=meter.total_bytes,
            done=done,
        )
