"""Moving: inspect both ends, plan, run the route, and say what came of it."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from records_mover.errors import (
    BadRowError,
    DatabaseError,
    InDoubtError,
    LoadUnloadError,
    LossError,
    MoveCancelled,
    MoverError,
    SchemaError,
    UsageError,
)
from records_mover.meter import Cancellation, Meter
from records_mover.parts import (
    Files,
    Payload,
)
from records_mover.records.ends.table import TableTarget
from records_mover.records.progress import reporting
from records_mover.records.rejects import refuse_own_rejects, rejecting
from records_mover.records.result import MoveResult
from records_mover.records.route.fidelity import column_fidelity, keeping_options, refuse_losses
from records_mover.records.route.planner import make_plan
from records_mover.records.running import Run
from records_mover.records.verify.compare import check_verifiable
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.parts import Loaded, TableName
    from records_mover.records.context import Context
    from records_mover.records.ends.end import RecordsSource, RecordsTarget
    from records_mover.records.options import MoveOptions
    from records_mover.records.progress import Progress
    from records_mover.records.rejects import Rejects
    from records_mover.records.route.plan import Plan

__all__ = ["explain_move", "run_move", "run_untold"]

logger = logging.getLogger(__name__)

BYTES = frozenset({"copy", "read", "write", "compress", "decompress"})
"""Steps to which a row means nothing."""
MISFITS = (BadRowError, LoadUnloadError, LossError, SchemaError)
"""What a table raises that does not take the rows, where a new one might."""


def explain_move(
    source: RecordsSource, target: RecordsTarget, context: Context, options: MoveOptions
) -> Plan:
    """Inspect both ends and return the plan; nothing is moved or changed."""
    return _planned(source, target, replace(context, lent={}), options)


def _planned(
    source: RecordsSource, target: RecordsTarget, context: Context, options: MoveOptions
) -> Plan:
    source_end = source.inspect(context, options)
    target_end = target.inspect(context, options, source_end)
    if options.verify:
        check_verifiable(target_end, context)
    if source_end.table is not None or target_end.table is not None:
        options = replace(options, scratch=context.scratch_for(options))
    plan = make_plan(source_end.without(target_end.leaves_out), target_end, options)
    return replace(plan, columns=column_fidelity(plan))


def run_move(
    source: RecordsSource,
    target: RecordsTarget,
    context: Context,
    options: MoveOptions,
    *,
    meter: Meter | None = None,
    cancellation: Cancellation | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> MoveResult:
    """Move every row, or none: an exception leaves the target as it was."""
    cancellation, meter = cancellation or Cancellation(), meter or Meter()
    _check_callers(progress, cancellation)
    context = replace(context, cancellation=cancellation, lent={})
    told = nullcontext() if progress is None else reporting(progress, meter, cancellation)
    with told, _interruptible(context):
        return _moved_or_recreated(source, target, context, options, meter)


def _check_callers(progress: object, cancellation: object) -> None:
    """Raise ``UsageError`` for what cannot be told, or cannot stop the move."""
    if progress is not None and not callable(progress):
        what = f"{type(progress).__name__!r} cannot be told the progress"
        raise UsageError(what, "give a function that takes a Progress")
    if not isinstance(cancellation, Cancellation):
        what = f"{type(cancellation).__name__!r} is no cancellation"
        raise UsageError(what, "give Cancellation(), and call its cancel()")


def _moved_or_recreated(
    source: RecordsSource,
    target: RecordsTarget,
    context: Context,
    options: MoveOptions,
    meter: Meter,
) -> MoveResult:
    """Move, and where the target's table does not take the rows, into a new one if that is wished.

    The first move has left nothing, so that the second one begins where it began.
    """
    if not isinstance(target, TableTarget) or not target.recreate_on_error:
        return _moved(source, target, context, options, meter)
    try:
        return _moved(source, target, context, options, meter)
    except MISFITS as error:
        context.cancellation.check()
        if not getattr(source, "repeatable", lambda _: False)(context):
            logger.warning("the table is not made anew, as the source can be read once only")
            raise
        logger.warning("the table is made anew, as it does not take the rows: %s", error)
        meter.begin_anew()
        anew = replace(target, if_exists="drop", recreate_on_error=False)
        return _moved(source, anew, context, replace(options, if_exists=None), meter)


def run_untold(plan: Plan, context: Context, options: MoveOptions) -> None:
    """Run a plan of whose end nobody is told: rows go into memory, to be looked at."""
    with rejecting(options) as rejects:
        Run(plan, context, options, Meter(), context.cancellation, rejects=rejects).go()


@contextmanager
def _interruptible(context: Context) -> Iterator[None]:
    """Let whoever cancels end what databases do for this thread, whose errors then say so."""
    cancellation, thread = context.cancellation, threading.get_ident()
    try:
        with cancellation.stopping_by(partial(context.interrupt, thread)):
            yield
    except (InDoubtError, MoveCancelled):
        raise
    except MoverError as error:
        if not cancellation.asked:
            raise
        raise MoveCancelled("the move was cancelled", "the target is as it was") from error
    finally:
        if cancellation.asked:
            context.relent(thread)


def _moved(
    source: RecordsSource,
    target: RecordsTarget,
    context: Context,
    options: MoveOptions,
    meter: Meter,
) -> MoveResult:
    started = time.monotonic()
    plan = _planned(source, target, context, options)
    try:
        return _run(plan, context, options, meter, started)
    except (BadRowError, DatabaseError) as error:
        made = None if isinstance(error, InDoubtError) else _made_meanwhile(plan)
        if made is None:
            raise
        context.cancellation.check()
        if not getattr(source, "repeatable", lambda _: False)(context):
            what = f"table '{made}' was made by somebody else while this move was about to make it"
            raise DatabaseError(what, "move again: the rows can be read once only") from error
    logger.info("table '%s' is there meanwhile: moving again", made)
    meter.begin_anew()
    plan = _planned(source, target, context, options)
    return _run(plan, context, options, meter, started)


def _made_meanwhile(plan: Plan) -> TableName | None:
    """Return the table that the move was to make, where another one has made it by now."""
    side = plan.target.table
    if side is None or side.info is not None or side.selection.table is None:
        return None
    try:
        info = side.database.inspect(side.selection.table)
    except DatabaseError:
        return None
    return None if info is None else info.name


def _run(
    plan: Plan, context: Context, options: MoveOptions, meter: Meter, started: float
) -> MoveResult:
    refuse_losses(
        plan.columns,
        options.allow_lossy,
        lambda: keeping_options(plan, plan.source.schema()) if plan.source.typed else {},
    )
    refuse_own_rejects(plan, options)
    said = (plan.source.title, plan.target.title, " > ".join(plan.route.names))
    logger.info("moving %s to %s by %s", *said)
    for warning in (*plan.warnings, *_guesses(plan)):
        logger.warning("%s", warning)
    with rejecting(options) as rejects:
        run = Run(plan, context, options, meter, context.cancellation, rejects=rejects)
        run.meter.total_bytes = plan.source.bytes
        run.meter.total_rows = plan.source.rows
        loaded, payload = run.go()
    result = MoveResult(
        rows=loaded.rows if loaded is not None else run.rows(),
        count=None if run.counts else run.count_of(payload),
        rejected=_rejected(loaded, rejects),
        bad_bytes=run.mended.count,
        first_bad_bytes=run.mended.first,
        bytes=run.meter.bytes,
        seconds=time.monotonic() - started,
        route=plan.route.names,
        output_urls=_output_urls(payload),
        verified=True if run.verified else None,
        compared=run.verified,
        notes=run.notes,
        columns=run.columns,
    )
    if result.bad_bytes:
        done = "left out" if options.instructions.bad_bytes == "strip" else "replaced"
        count = many(result.bad_bytes, "bad byte was", "bad bytes were")
        logger.warning("%s %s, first on %s", count, done, result.first_bad_bytes)
    logger.info("moved %s", result)
    context.plugins.moved(result)
    return result


def _guesses(plan: Plan) -> tuple[str, ...]:
    """Return what may as well be read another way, unless nobody reads it on the way."""
    return () if BYTES.issuperset(plan.route.names) else plan.source.notes


def _rejected(loaded: Loaded | None, rejects: Rejects | None) -> int:
    """Count the rows left out on the way and by the loader, which may not have told the sink."""
    by_loader = loaded.rejected if loaded is not None else 0
    return max(by_loader, rejects.count if rejects is not None else 0)


def _output_urls(payload: Payload | None) -> dict[str, str]:
    if not isinstance(payload, Files):
        return {}
    return {part.name.rsplit("/", 1)[-1]: part.url or part.name for part in payload.parts}
