"""``mvrec move``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED, MOVED_IN_PART
from records_mover.cli.options import move_options, reading, rows, talking, writing

if TYPE_CHECKING:
    from records_mover.cli.face import Face
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.result import MoveResult

__all__ = ["move"]

STDOUT = "-"


@click.command()
@click.argument("source")
@click.argument("target")
@writing
@rows
@reading
@click.option(
    "--progress/--no-progress",
    default=None,
    help="Show rows, bytes, rate and time left on stderr. By default on a terminal.",
)
@talking
def move(face: Face, source: str, target: str, **given: Any) -> int:
    """Move every row from SOURCE to TARGET, or none.

    A table that is not there is made. Columns go by their names, not by their order. When the
    move fails, or is stopped by Ctrl-C, the target is as it was.

    \b
    Examples
      mvrec move trips.csv postgresql://me@host/db::public.trips --if-exists truncate
      mvrec move trips.tsv.gz warehouse::public.trips --hint header-row=false
      gzip -dc trips.csv.gz | mvrec move - warehouse::public.trips
      mvrec move warehouse::public.trips - | head
      mvrec move warehouse:: trips.parquet --query 'SELECT id, fare FROM trips'
    """  # noqa: D301 - click's own escape
    if face.json and target == STDOUT:
        raise click.UsageError("--json and the target '-' both want standard output")
    result = _moved(face, source, target, move_options(given))
    if face.json:
        face.result_data(result.to_data())
    else:
        from records_mover.cli.words import moved

        face.note(moved(result))
    return MOVED_IN_PART if result.rejected else MOVED


def _moved(face: Face, source: str, target: str, options: dict[str, Any]) -> MoveResult:
    from records_mover.cli.progress import showing
    from records_mover.cli.running import run_watched
    from records_mover.session import Session

    def work(meter: Meter, cancellation: Cancellation) -> MoveResult:
        with Session() as session:
            return session.move(source, target, meter=meter, cancellation=cancellation, **options)

    return run_watched(work, showing(face))
