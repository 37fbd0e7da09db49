"""Running one move for a command: watched, stoppable, and told of at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from records_mover.cli.failures import MOVED, MOVED_IN_PART
from records_mover.cli.streams import abandon_stdout
from records_mover.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.cli.face import Face
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.result import MoveResult
    from records_mover.session import Session

    Moving = Callable[[Session, Meter, Cancellation], MoveResult]

__all__ = ["STDOUT", "refuse_two_on_stdout", "run_one", "tell_of_the_past"]

STDOUT = "-"


def refuse_two_on_stdout(face: Face, target: str) -> None:
    """Refuse to print rows and a result to the same place."""
    if face.json and target == STDOUT:
        raise click.UsageError("--json and the target '-' both want standard output")


def run_one(face: Face, moving: Moving) -> int:
    """Run a move in a session of its own, say what it did, and return the exit code."""
    from records_mover.cli.progress import showing
    from records_mover.cli.running import run_watched
    from records_mover.session import Session

    def work(meter: Meter, cancellation: Cancellation) -> MoveResult:
        with Session() as session:
            return moving(session, meter, cancellation)

    result = run_watched(work, showing(face))
    _tell(face, result)
    return MOVED_IN_PART if result.rejected else MOVED


def _tell(face: Face, result: MoveResult) -> None:
    """Say what a move did."""
    from records_mover.cli.words import moved

    if face.json:
        tell_of_the_past(face, lambda: face.result_data(result.to_data()), moved(result))
    else:
        face.note(moved(result))


def tell_of_the_past(face: Face, say: Callable[[], None], past: str) -> None:
    """Print what was done; that it cannot be printed does not undo it, and so is no failure."""
    try:
        say()
    except (BrokenPipeError, StoreError) as error:
        reason = error.what if isinstance(error, StoreError) else "nobody reads standard output"
        face.complain(f"{past}; but {reason}")
        abandon_stdout()
