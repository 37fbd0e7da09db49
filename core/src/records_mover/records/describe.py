"""Saying what a plan will do, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.formats import DelimitedRecordsFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Form
    from records_mover.records.carry import Edge
    from records_mover.records.plan import Plan, Route

__all__ = ["describe_form", "describe_format", "plan_data", "plan_lines"]


def describe_format(form: BaseRecordsFormat) -> str:
    """Say a format in a few words: what it is, and what a reader must know."""
    if not isinstance(form, DelimitedRecordsFormat):
        return " ".join([form.format_type, *filter(None, [form.compression])]).lower()
    hints = form.hints
    words = [
        "csv" if hints["quoting"] else "delimited text",
        f"delimiter {hints['field-delimiter']!r}",
        "header" if hints["header-row"] else "no header",
        str(hints["encoding"]),
        *([str(hints["compression"]).lower()] if hints["compression"] else []),
    ]
    return ", ".join(words)


def describe_form(form: Form) -> str:
    """Say a form in a few words."""
    if form.format is None:
        return "record batches" if form.kind == "batches" else form.place
    what = describe_format(form.format)
    return f"{form.place} ({what})" if form.kind == "files" else f"stream ({what})"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the lines that ``explain`` prints."""
    yield f"from    {plan.source.title}"
    yield f"to      {plan.target.title}"
    for note in plan.target.notes:
        yield f"        {note}"
    for note in plan.source.notes:
        yield f"note    {note}"
    for warning in plan.warnings:
        yield f"warning {warning}"
    yield ""
    yield f"route   cost {plan.route.cost:g}"
    for number, step in enumerate(plan.route.steps, start=1):
        yield f"  {number}. {_step_line(step, plan)}"
    if plan.others:
        yield ""
        yield "not taken"
        for route in plan.others:
            yield f"  {' > '.join(route.names)}  (cost {route.cost:g})"
    if plan.refusals:
        yield ""
        yield "refused"
        for name, why in plan.refusals:
            yield f"  {name}: {why}"


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
