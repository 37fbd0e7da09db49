"""Reading several live streams at once, where they are to be written one after the other."""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from records_mover.parts import Part

__all__ = ["read_ahead"]

_BLOCK = 1 << 20


@contextmanager
def read_ahead(parts: Sequence[Part], folder: Path | None = None) -> Iterator[tuple[Part, ...]]:
    """Give the same parts, of which all but the first are read from now on.

    What is read ahead waits in files without a name, in ``folder`` where one is given: the place
    that has to hold it all in the end. Streams that can be read again are no hurry, and stay as
    they are: only one that somebody produces gains by being read early.
    """
    with ExitStack() as stack:
        yield tuple(
            part if part.rereadable or not position else _started(part, folder, stack)
            for position, part in enumerate(parts)
        )


def _started(part: Part, folder: Path | None, stack: ExitStack) -> Part:
    ahead = _Ahead(part, folder)
    stack.callback(ahead.stop)
    return replace(part, open=ahead.open)


class _Ahead(threading.Thread):
    def __init__(self, part: Part, folder: Path | None) -> None:
        super().__init__(name="mover-ahead", daemon=True)
        self._part = part
        self._error: BaseException | None = None
        self._stopped = False
        self._spool = cast(BinaryIO, tempfile.TemporaryFile(prefix="mover-", dir=folder))  # noqa: SIM115 - until stop()
        self.start()

    def run(self) -> None:
        try:
            with closing(self._part.open()) as stream:
                while not self._stopped and (block := stream.read(_BLOCK)):
                    self._spool.write(block)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever opens the part
            self._error = error

    def open(self) -> BinaryIO:
        """Wait for the whole, and give it; an error on the way is raised here."""
        self.join()
        if self._error is not None:
            raise self._error
        self._spool.seek(0)
        return self._spool

    def stop(self) -> None:
        """Read no further, and let go of what was read."""
        self._stopped = True
        self.join()
        self._spool.close()
