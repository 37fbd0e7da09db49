"""The plan of a move: the route that it takes, and what to say of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from records_mover.frozen import frozen
from records_mover.parts import Tier
from records_mover.records.words import describe_form
from records_mover.url.scratch import is_scratch_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.parts import Form, Loader, Unloader
    from records_mover.records.ends.end import SourceEnd, TargetEnd
    from records_mover.records.route.carry import Edge
    from records_mover.records.route.verdict import ColumnFidelity

__all__ = ["Plan", "Route", "plan_data", "plan_lines"]

LARGE_ROWS = 100_000
LARGE_BYTES = 20_000_000
"""From here on, statements row by row are worth a warning: they take minutes."""


@frozen
class Route:
    """Steps from source to target, and what they cost together."""

    steps: tuple[Edge, ...]

    @property
    def cost(self) -> float:
        """The sum of the steps' costs, in units of a server-side copy."""
        return sum(step.cost for step in self.steps)

    @property
    def names(self) -> tuple[str, ...]:
        """The steps' names in order."""
        return tuple(step.name for step in self.steps)


@frozen
class Plan:
    """The route that a move will take, the ones it will not, and every refusal in its own words.

    ``remedies`` are what a user can do about refusals.
    """

    source: SourceEnd
    target: TargetEnd
    route: Route
    others: tuple[Route, ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()
    remedies: tuple[str, ...] = ()
    unloader: Unloader | None = None
    loader: Loader | None = None
    columns: tuple[ColumnFidelity, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know before a move of this size goes this way."""
        slow = [step.name for step in self.route.steps if step.cost >= Tier.ROWS]
        rows, size = self.source.rows or 0, self.source.bytes or 0
        if not slow or (rows <= LARGE_ROWS and size <= LARGE_BYTES):
            return ()
        much = f"about {rows:,} rows" if rows else f"{size / 1e6:,.0f} MB"
        words = f"{much} will travel as statements by {', '.join(slow)}, the slowest way there is"
        return ("; ".join((words, *self.remedies)),)

    @property
    def staged(self) -> bool:
        """Whether files are staged in scratch space."""
        return any(is_scratch_place(step.after.place) for step in self.route.steps)

    def __str__(self) -> str:
        return "\n".join(plan_lines(self))

    def __repr__(self) -> str:
        """Show what ``print`` would: a plan is looked at, in a notebook by its name alone."""
        return str(self)


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that ``explain`` prints."""
    yield from _end_lines(plan)
    yield ""
    yield f"route   cost {plan.route.cost:g}"
    for number, step in enumerate(plan.route.steps, start=1):
        yield f"  {number}. {_step_line(step, plan)}"
    yield from _column_lines(plan.columns)
    others = [f"{' > '.join(route.names)}  (cost {route.cost:g})" for route in plan.others]
    yield from _block("not taken", others)
    yield from _block("refused", [f"{name}: {why}" for name, why in plan.refusals])


def _end_lines(plan: Plan) -> Iterator[str]:
    yield f"from    {plan.source.title}"
    yield f"to      {plan.target.title}"
    yield from (f"        {note}" for note in plan.target.notes)
    yield from (f"note    {note}" for note in plan.source.notes)
    yield from (f"warning {warning}" for warning in plan.warnings)


def _block(heading: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield lines under a heading, and nothing where there are none."""
    if lines:
        yield from ("", heading, *(f"  {line}" for line in lines))


def _column_lines(columns: Sequence[ColumnFidelity]) -> Iterator[str]:
    """Name the exact columns together, and say of each other one what becomes of it."""
    exact = [each.column for each in columns if each.verdict == "exact"]
    lines = [f"exact: {', '.join(exact)}"] if exact else []
    for verdict in ("widened", "checked", "lossy"):
        lines += [f"{verdict}: {each}" for each in columns if each.verdict == verdict]
    yield from _block("columns", lines)


def _end_of(form: Form, plan: Plan) -> str:
    """Say a form; the two ends, whose titles are shown above the route, in one word."""
    ends = {plan.source.form: "source", plan.target.form: "target"}
    return ends.get(form) or describe_form(form)


def _step_line(step: Edge, plan: Plan) -> str:
    where = "through this machine" if step.here else "not through this machine"
    note = f"; {step.note}" if step.note else ""
    what = f"{_end_of(step.before, plan)} -> {_end_of(step.after, plan)}"
    return f"{step.name}: {what}  [cost {step.cost:g}, {where}{note}]"


def plan_data(plan: Plan) -> dict[str, object]:
    """Return the plan as ``mvrec explain --json`` prints it."""
    return {
        "source": plan.source.title,
        "target": plan.target.title,
        "notes": [*plan.target.notes, *plan.source.notes],
        "warnings": list(plan.warnings),
        "cost": plan.route.cost,
        "route": [_step_data(step, plan) for step in plan.route.steps],
        "columns": [asdict(each) for each in plan.columns],
        "not_taken": [_route_data(route) for route in plan.others],
        "refused": [{"part": name, "why": why} for name, why in plan.refusals],
    }


def _route_data(route: Route) -> dict[str, object]:
    return {"route": list(route.names), "cost": route.cost}


def _step_data(step: Edge, plan: Plan) -> dict[str, object]:
    return {
        "step": step.name,
        "from": _end_of(step.before, plan),
        "to": _end_of(step.after, plan),
        "cost": step.cost,
        "through_this_machine": step.here,
        "note": step.note,
    }
