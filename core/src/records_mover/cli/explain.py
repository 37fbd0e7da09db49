"""``mvrec explain``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.face import coloured
from records_mover.cli.failures import MOVED
from records_mover.cli.options import (
    looking,
    move_options,
    reading,
    rows,
    source_argument,
    target_argument,
    with_schema,
    writing,
)
from records_mover.cli.parameters import Command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from records_mover.cli.face import Face

__all__ = ["explain"]


@click.command(cls=Command, short_help="Say which way a move would go, and why; nothing is moved.")
@source_argument
@target_argument
@reading
@rows
@with_schema
@writing
@looking
def explain(face: Face, source: str, target: str, **given: Any) -> int:
    """Say how a move from SOURCE to TARGET would go, and why so; nothing is moved.

    Shows the route, what each step costs (1 is a copy that a server makes itself), what passes
    through this machine, the routes not taken, and who refused what. The options are those of
    'mvrec move'.

    \b
    Example
      mvrec explain trips.csv warehouse::public.trips --if-exists replace
    """  # noqa: D301 - click's own escape
    from records_mover.records.route.plan import plan_data, plan_lines
    from records_mover.session import Session

    with Session() as session:
        plan = session.explain(source, target, **move_options(given))
        if face.json:
            face.result_data(plan_data(plan))
        else:
            lines = plan_lines(plan)
            face.result("\n".join(_painted(lines) if coloured(sys.stdout) else lines))
    return MOVED


def _painted(lines: Iterable[str]) -> Iterable[str]:
    """Colour headings, and the names of steps and of who refused."""
    for line in lines:
        head, mark, rest = line.partition(": ")
        if line.startswith("  ") and mark and not line.startswith("   "):
            yield f"{click.style(head, fg='cyan')}{mark}{rest}"
        elif line and not line.startswith(" "):
            head, space, rest = line.partition("  ")
            yield f"{click.style(head, bold=True)}{space}{rest}"
        else:
            yield line
