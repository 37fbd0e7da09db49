"""Showing where a running move is: a bar on a terminal, lines where there is none."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.cli.words import figures, fraction
from records_mover.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from rich.progress import Progress

    from records_mover.cli.face import Face

__all__ = ["Together", "nothing", "showing"]

BAR_AFTER = 0.5
"""Seconds before a bar appears: what is over by then needs none, nor the time to make one."""

LINE_EVERY = 2.0
"""Seconds between two lines where there is no terminal."""


def showing(face: Face) -> Callable[[Meter], AbstractContextManager[Callable[[], None]]]:
    """Return how to show a move's progress as the user wants it."""
    wanted = sys.stderr.isatty() if face.progress is None else face.progress
    if not wanted or face.quiet:
        return nothing
    return _bar if sys.stderr.isatty() else lambda meter: _lines(meter, face)


class Together:
    """Several moves whose progress is shown as that of one."""

    def __init__(self, face: Face) -> None:
        self._show = showing(face)
        self._meters: list[Meter] = []

    def meter(self) -> Meter:
        """Return the meter of one more move."""
        meter = Meter()
        self._meters.append(meter)
        return meter

    @contextmanager
    def watching(self, whole: Meter) -> Iterator[Callable[[], None]]:
        """Show the sum; how much there will be is not known before the last one has begun."""
        with self._show(whole) as look:

            def add_up() -> None:
                for meter in self._meters:
                    meter.watched = whole.watched
                whole.bytes = sum(meter.bytes for meter in self._meters)
                whole.rows = sum(meter.rows_seen for meter in self._meters)
                look()

            yield add_up
            add_up()


@contextmanager
def nothing(meter: Meter) -> Iterator[Callable[[], None]]:
    """Show nothing."""
    del meter
    yield lambda: None


@contextmanager
def _lines(meter: Meter, face: Face) -> Iterator[Callable[[], None]]:
    """Say a line every other second, and one at the end."""
    meter.watched = True
    started = said = time.monotonic()

    def say() -> None:
        face.complain(figures(meter, time.monotonic() - started))

    def look() -> None:
        nonlocal said
        if time.monotonic() - said >= LINE_EVERY:
            said = time.monotonic()
            say()

    yield look
    say()


@contextmanager
def _bar(meter: Meter) -> Iterator[Callable[[], None]]:
    """Draw a bar, which vanishes when the move ends."""
    meter.watched = True
    started = time.monotonic()
    progress: Progress | None = None

    def look() -> None:
        nonlocal progress
        seconds = time.monotonic() - started
        if seconds < BAR_AFTER:
            return
        if progress is None:
            progress = _new_bar()
            progress.start()
        done = fraction(meter)
        progress.update(
            progress.task_ids[0],
            completed=done or 0.0,
            total=None if done is None else 1.0,
            figures=figures(meter, seconds),
            refresh=True,
        )

    try:
        yield look
    finally:
        if progress is not None:
            progress.stop()


def _new_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    progress = Progress(
        BarColumn(bar_width=30),
        TaskProgressColumn(show_speed=False),
        TextColumn("{task.fields[figures]}", markup=False),
        console=Console(file=sys.stderr),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
    )
    progress.add_task("", total=None, figures="")
    return progress
