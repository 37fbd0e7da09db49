"""``mvrec move``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.moving import refuse_two_on_stdout, run_one
from records_mover.cli.options import (
    move_options,
    progressing,
    reading,
    rows,
    source_argument,
    talking,
    target_argument,
    with_schema,
    writing,
)
from records_mover.cli.parameters import Command

if TYPE_CHECKING:
    from records_mover.cli.face import Face
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.result import MoveResult
    from records_mover.session import Session

__all__ = ["move"]


@click.command(cls=Command, short_help="Move every row from SOURCE to TARGET.")
@source_argument
@target_argument
@reading
@rows
@with_schema
@writing
@progressing
@talking
def move(face: Face, source: str, target: str, **given: Any) -> int:
    """Move every row from SOURCE to TARGET, or none.

    A table that is not there is made. Columns go by their names, not by their order. When the
    move fails, or is stopped by Ctrl-C, the target is as it was.

    \b
    Examples
      mvrec move trips.csv postgresql://me@host/db::public.trips
      mvrec move trips.csv warehouse::public.trips --if-exists truncate
      mvrec move trips.tsv.gz warehouse::public.trips --hint header-row=false
      gzip -dc trips.csv.gz | mvrec move - warehouse::public.trips
      mvrec move warehouse::public.trips - | head
      mvrec move warehouse:: trips.parquet --query 'SELECT id, fare FROM trips'
    """  # noqa: D301 - click's own escape
    refuse_two_on_stdout(face, target)
    options = move_options(given)

    def moving(session: Session, meter: Meter, cancellation: Cancellation) -> MoveResult:
        return session.move(source, target, meter=meter, cancellation=cancellation, **options)

    return run_one(face, moving)
