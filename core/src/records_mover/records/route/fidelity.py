"""What a planned move keeps of every column: exact, widened, checked or lossy."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from records_mover.errors import LossError, UsageError
from records_mover.formats import losses
from records_mover.parts import Foreseeing, Keeping, Selection
from records_mover.records.route.carry import needs_types
from records_mover.records.route.verdict import ColumnFidelity
from records_mover.schema import Field
from records_mover.schema.fidelity import EXACT, Kept, kept, type_words, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Form
    from records_mover.records.ends.end import TableSide
    from records_mover.records.route.carry import Edge
    from records_mover.records.route.plan import Plan
    from records_mover.schema import RecordsSchema

__all__ = [
    "ALL",
    "changed_types",
    "column_fidelity",
    "keeping_options",
    "made_fields",
    "refuse_losses",
    "target_fields",
]

ALL = "all"
"""What stands for every column in ``allow_lossy``."""

_MOVES_BYTES = frozenset({"read", "write", "compress", "decompress", "copy"})
"""The steps that leave a format as it is."""

_UNTYPED = "text"
_AS_READ = Kept(verdict="checked", why="text, which is what the target takes it for")
_CHANGED = Kept(verdict="widened", why="the table's column becomes that where a value needs it")


def column_fidelity(plan: Plan, schema: RecordsSchema | None = None) -> tuple[ColumnFidelity, ...]:
    """Return what the plan keeps of each column; ``schema`` is the rows', where it is known.

    Where it is not, the rows are text without types: bytes of a delimited file.
    """
    if schema is None and plan.source.typed:
        schema = plan.source.schema()
    if schema is None:
        return tuple(_untyped(plan))
    return tuple(_typed(plan, schema))


def refuse_losses(
    columns: Iterable[ColumnFidelity],
    allowed: Sequence[str],
    keeping: Callable[[], Mapping[str, str]] = dict,
) -> None:
    """Raise ``LossError`` for what is lossy and was not allowed to be.

    ``keeping`` gives the options with which columns would lose nothing, by column.
    """
    known = list(columns)
    _refuse_unknown(known, allowed)
    if ALL in allowed:
        return
    lossy = [
        each
        for each in known
        if each.verdict == "lossy" and not {each.column, each.target} & set(allowed)
    ]
    if lossy:
        first, *others = lossy
        more = f"; {len(others)} more may, too" if others else ""
        raise LossError(
            f"column {first.column!r} may lose something as {first.types}: {first.why}{more}",
            _advice([each.column for each in lossy], keeping()),
        )


def _advice(lossy: Sequence[str], keeping: Mapping[str, str]) -> str:
    """Say how to lose nothing, by options where they are known for every column, and how to."""
    allow = " ".join(f"--allow-lossy {shlex.quote(name)}" for name in lossy)
    if not all(name in keeping for name in lossy):
        return f"allow that with {allow}, or give the target types that hold every value"
    options = " ".join(dict.fromkeys(keeping[name] for name in lossy))
    return f"keep it with {options}, or allow that with {allow}"


def keeping_options(plan: Plan, schema: RecordsSchema) -> dict[str, str]:
    """Return the option with which a file to write would lose nothing of a column, by column."""
    form = plan.target.form.format
    if plan.target.url is None or form is None:
        return {}
    options: dict[str, str] = {}
    for loss in losses(schema, form):
        if loss.keeps is not None:
            said = shlex.quote("=".join(loss.keeps))
            options[loss.column] = f"--target-hint {said}"
    return options


def _refuse_unknown(known: Sequence[ColumnFidelity], allowed: Sequence[str]) -> None:
    from records_mover.db.columns.matching import suggestion

    names = {name for each in known for name in (each.column, each.target)}
    for name in allowed:
        if known and name != ALL and name not in names:
            advice = suggestion(name, (each.column for each in known))
            raise UsageError(f"no column {name!r} that could be lossy", advice)


def _untyped(plan: Plan) -> Iterator[ColumnFidelity]:
    """Yield the columns of text whose types nobody told."""
    into, changed = target_fields(plan), changed_types(plan)
    names = plan.source.columns or tuple(into)
    recoded = any(_encodes(step) or needs_types(step) for step in plan.route.steps)
    for name, target in zip(names, plan.target.columns or names, strict=False):
        if target in changed:
            verdict = EXACT
            there = (target, changed[target])
        elif target in into:
            verdict = _as_read(plan, into[target])
            there = (target, type_words(into[target]))
        else:
            verdict = EXACT
            if recoded:
                why = "a loss that its values show ends the move before anything is written"
                verdict = Kept(verdict="checked", why=why)
            made = "text" if plan.target.table is None else "by its values"
            there = (name, made)
        yield ColumnFidelity(
            column=name,
            target=there[0],
            source_type=_UNTYPED,
            target_type=there[1],
            verdict=verdict.verdict,
            why=verdict.why,
        )


def _as_read(plan: Plan, target: Field) -> Kept:
    """Say what becomes of text that its target alone reads, and what it may lose there."""
    database, plain = _side(plan).database, Field(target.name, "string")
    found = generic = kept(plain, target)
    if isinstance(database, Keeping):
        found = database.keeps(plain, target, plan.route.steps[-1].before)
    if "lossy" not in (generic.verdict, found.verdict):
        return _AS_READ
    return Kept(verdict="checked", why=f"{_AS_READ.why}: {found.why}")


def _encodes(step: Edge) -> bool:
    return step.name == "encode" or (step.name == "stage" and step.before.kind == "batches")


def _typed(plan: Plan, schema: RecordsSchema) -> Iterator[ColumnFidelity]:
    into, changed = target_fields(plan), changed_types(plan)
    made, written = made_fields(plan, schema), _losses(plan, schema)
    names = plan.target.columns or tuple(schema.names)
    for at, (field, name) in enumerate(zip(schema.fields, names, strict=False)):
        found = written.get(field.name, EXACT)
        target = into.get(name) or (made[at] if made else field)
        if name in changed:
            found = worst(_CHANGED if name in into else EXACT, found)
        elif made or into:
            found = worst(_arriving(plan, field, target), found)
        yield ColumnFidelity(
            column=field.name,
            target=name if into else target.name,
            source_type=type_words(field),
            target_type=changed.get(name) or type_words(target),
            verdict=found.verdict,
            why=found.why,
        )


def changed_types(plan: Plan) -> dict[str, str]:
    """Return the types of columns that a table takes on with the rows, each as its server says."""
    side = plan.target.table
    reshape = side.publish.reshape if side is not None and side.publish is not None else None
    return reshape.types if reshape is not None else {}


def target_fields(plan: Plan) -> dict[str, Field]:
    """Return the columns of a table that is there, by name."""
    side, columns = plan.target.table, plan.target.columns
    if side is None or columns is None:
        return {}
    reshape = side.publish.reshape if side.publish is not None else None
    added = {column.name for column in reshape.added} if reshape is not None else set()
    selection = Selection(
        table=side.selection.table, columns=tuple(name for name in columns if name not in added)
    )
    return {field.name: field for field in side.database.schema_of(selection).fields}


def made_fields(plan: Plan, schema: RecordsSchema) -> tuple[Field, ...]:
    """Return the columns that a new table will have."""
    side = plan.target.table
    if side is None or plan.target.columns is not None or not isinstance(side.database, Keeping):
        return ()
    if isinstance(side.database, Foreseeing) and side.publish is not None:
        return side.database.made_fields(side.publish, schema)
    return tuple(side.database.made_field(field) for field in schema.fields)


def _arriving(plan: Plan, source: Field, target: Field) -> Kept:
    database = _side(plan).database
    if not plan.source.typed and source.field_type == "string" != target.field_type:
        return _AS_READ  # a column without values is text too
    if isinstance(database, Keeping):
        return database.keeps(source, target, plan.route.steps[-1].before)
    return kept(source, target)


def _side(plan: Plan) -> TableSide:
    assert plan.target.table is not None, "there is a column to arrive in"
    return plan.target.table


def _losses(plan: Plan, schema: RecordsSchema) -> dict[str, Kept]:
    """Return what the formats that are written on the way do not keep."""
    found: dict[str, Kept] = {}
    for form in _written(plan):
        for loss in losses(schema, form):
            lost = Kept(verdict="checked" if loss.refused else "lossy", why=loss.why)
            found[loss.column] = worst(found.get(loss.column, EXACT), lost)
    return found


def _written(plan: Plan) -> Iterator[BaseRecordsFormat]:
    for step in plan.route.steps:
        form: Form = step.after
        staged = step.name == "stage" and step.before.kind == "streams"
        if form.format is not None and step.name not in _MOVES_BYTES and not staged:
            yield form.format
