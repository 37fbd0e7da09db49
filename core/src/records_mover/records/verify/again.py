"""Reading rows a second time, at either end, to compare them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from records_mover.errors import UsageError
from records_mover.formats.cleaning import Mended
from records_mover.meter import Meter
from records_mover.parts import Batches, Files, Form, Rereading, Streams
from records_mover.records.once import keep
from records_mover.records.route.carry import forward_edges
from records_mover.records.route.fidelity import changed_types, made_fields, target_fields
from records_mover.records.steps.run import run_step
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.parts import Payload
    from records_mover.records.route.plan import Plan
    from records_mover.records.steps.work import Work

__all__ = ["as_read", "file_rows", "keep_streams", "source_rows", "spelled_lists", "target_as_read"]


def as_read(plan: Plan, schema: Callable[[], RecordsSchema], *, known: bool) -> RecordsSchema:
    """Return the schema by which the source's rows are read to be compared.

    Text without types is what its target takes it for, else what a step of the move has it for
    (``known``), else text.
    """
    source = plan.source
    if source.typed:
        return schema()
    into, there = target_fields(plan), plan.target.columns or ()
    if into and all(name in into and name not in changed_types(plan) for name in there):
        plain = [replace(into[name], representations={}) for name in there]  # not its own words
        return RecordsSchema(plain).rename(source.columns or there)
    if known or source.columns is None or source.form.kind == "batches":
        return schema()
    return RecordsSchema([Field(name, "string") for name in source.columns])


def spelled_lists(plan: Plan, fields: Sequence[Field]) -> list[Field]:
    """Return the fields with text for lists where an end is text, which has its own way to say."""
    ends = (plan.source.form.format, plan.target.form.format)
    if not any(form is not None and form.format_type == "delimited" for form in ends):
        return list(fields)
    return [Field(field.name, "json") if field.field_type == "array" else field for field in fields]


def target_as_read(plan: Plan, schema: RecordsSchema) -> tuple[Field, ...]:
    """Return what the target's columns are: as its table says, or will, or as the source's."""
    into, changed = target_fields(plan), changed_types(plan)
    if into:
        names = plan.target.columns or ()
        pairs = zip(schema.fields, names, strict=True)
        return tuple(into[name] if name in into.keys() - changed else here for here, name in pairs)
    return made_fields(plan, schema) or tuple(schema.fields)


def keep_streams(payload: Payload) -> None:
    """See to it that files can be read more than once, whatever they are."""
    if isinstance(payload, Files):
        for part in payload.parts:
            keep(part)


@contextmanager
def source_rows(
    plan: Plan, payload: Payload, work: Work, schema: RecordsSchema
) -> Iterator[Batches]:
    """Read the source once more: in the snapshot that it was read in, where there is one."""
    with ExitStack() as stack:
        if isinstance(payload, Streams) and payload.again is not None:
            yield stack.enter_context(payload.again())
        elif plan.source.table is not None:
            side = plan.source.table
            if not isinstance(side.database, Rereading):
                raise UsageError(
                    f"the rows of {plan.source.title} cannot be read twice",
                    "leave the option 'verify' out",
                )
            connection = stack.enter_context(side.database.engine.connect())
            yield stack.enter_context(side.database.reread(connection, side.selection))
        else:
            yield stack.enter_context(file_rows(cast(Files, payload), work, schema))


@contextmanager
def file_rows(files: Files, work: Work, schema: RecordsSchema) -> Iterator[Batches]:
    """Read files, with nothing that it costs shown to the user as progress of the move."""
    quiet = replace(work, meter=Meter(), mended=Mended(), rejects=None, schema=lambda: schema)
    payload: Payload = files
    with ExitStack() as stack:
        for edge in forward_edges(Form(kind="files", format=files.format)):
            payload = stack.enter_context(run_step(edge, payload, quiet))
        yield cast(Batches, payload)
