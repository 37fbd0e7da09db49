"""The session behind ``records_mover.move``, for whoever needs no other."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from records_mover.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.ends.ends_of import SourceLike, TargetLike
    from records_mover.records.options import MoveKeywords
    from records_mover.records.progress import Progress
    from records_mover.records.result import MoveResult
    from records_mover.records.route.plan import Plan

__all__ = ["default_session", "explain", "move"]

_default: list[Session] = []
_default_lock = Lock()


def default_session() -> Session:
    """Return the session behind ``records_mover.move``, made when it is first needed."""
    with _default_lock:
        if not _default:
            _default.append(Session())
        return _default[0]


def move(
    records_source: SourceLike,
    records_target: TargetLike,
    processing_instructions: ProcessingInstructions | None = None,
    *,
    progress: Callable[[Progress], object] | None = None,
    meter: Meter | None = None,
    cancellation: Cancellation | None = None,
    **options: Unpack[MoveKeywords],
) -> MoveResult:
    """Move every row from source to target, or none, in the default session.

    ``Session.move`` says what the arguments may be.
    """
    return default_session().move(
        records_source,
        records_target,
        processing_instructions,
        progress=progress,
        meter=meter,
        cancellation=cancellation,
        **options,
    )


def explain(
    records_source: SourceLike,
    records_target: TargetLike,
    processing_instructions: ProcessingInstructions | None = None,
    **options: Unpack[MoveKeywords],
) -> Plan:
    """Return the plan of a move, in the default session; print it to read it."""
    return default_session().explain(
        records_source, records_target, processing_instructions, **options
    )
