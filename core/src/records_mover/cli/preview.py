"""``mvrec preview``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import looking, move_options, reading, rows, source_argument
from records_mover.cli.parameters import AtLeast, Command, Option
from records_mover.cli.values import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.cli.face import Face
    from records_mover.records.preview import Preview

__all__ = ["preview"]

TOLD = ("encoding", "field-delimiter", "header-row")
"""The hints of which is always said what was guessed."""


@click.command(cls=Command, short_help="Show the first rows as they will land, and their types.")
@source_argument
@click.option(
    "--rows",
    "count",
    cls=Option,
    type=AtLeast(0),
    default=5,
    metavar="N",
    show_default=True,
    help="Show so many rows.",
)
@click.option(
    "--whole",
    cls=Option,
    is_flag=True,
    help="Read every row of a file to be sure of the types, not about the first 100,000.",
)
@rows
@reading
@looking
def preview(face: Face, source: str, count: int, whole: bool, **given: Any) -> int:
    """Show the first rows of SOURCE as they will land, their types, and what was guessed.

    A line is a column: its name, its type, and its value in each of the first rows. Nothing is
    moved, and of a database no more rows are asked for.

    \b
    Examples
      mvrec preview trips.csv
      mvrec preview warehouse::public.trips --rows 3
      mvrec preview https://host/trips.csv --hint header-row=false
    """  # noqa: D301 - click's own escape
    from records_mover.session import Session

    with Session() as session:
        seen = session.preview(source, rows=count, whole=whole, **move_options(given))
        if face.json:
            face.result_data(seen.to_data())
        else:
            face.result("\n".join(_lines(seen)))
    return MOVED


def _lines(seen: Preview) -> Iterator[str]:
    from records_mover.cli.table import table

    yield seen.title
    if seen.findings:
        yield f"guessed: {', '.join(_findings(seen))}"
    yield from (f"unsure: {note}" for note in seen.notes)
    yield f"types: {seen.types}"
    yield ""
    yield table(seen.heads, seen.lines, sys.stdout)


def _findings(seen: Preview) -> Iterator[str]:
    """Say what anyone wants to know, and of the rest what is not as in plain CSV."""
    from records_mover.formats.names import PLAIN_CSV

    for one in seen.findings:
        if one.hint in TOLD or one.value != PLAIN_CSV.hints.get(one.hint):
            yield f"{one.hint}={written(one.value)} ({one.sureness:.0%})"
