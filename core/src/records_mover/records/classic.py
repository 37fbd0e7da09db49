"""The sources, targets and moves of a session in one object, as 1.x had them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from records_mover.errors import UsageError
from records_mover.mover_types import PleaseInfer

if TYPE_CHECKING:
    from records_mover.instructions import ProcessingInstructions
    from records_mover.records.ends_of import SourceLike, TargetLike
    from records_mover.records.result import MoveResult
    from records_mover.records.sources import RecordsSources
    from records_mover.records.targets import RecordsTargets

__all__ = ["Records", "move"]


class Records:
    """What a session offers to move: ``sources``, ``targets`` and ``move``.

    Without a session one is made. ``db_driver`` and ``url_resolver`` are those of a session, whose
    sources and targets these then are; others are refused, as plugins open databases and stores.
    """

    def __init__(
        self,
        db_driver: Any = PleaseInfer.token,
        url_resolver: Any = PleaseInfer.token,
        session: Any = PleaseInfer.token,
    ) -> None:
        self._session = _session_of(db_driver, url_resolver, session)

    @property
    def sources(self) -> RecordsSources:
        """The factories of sources."""
        found: RecordsSources = self._session.sources
        return found

    @property
    def targets(self) -> RecordsTargets:
        """The factories of targets."""
        found: RecordsTargets = self._session.targets
        return found

    def move(
        self,
        records_source: SourceLike,
        records_target: TargetLike,
        processing_instructions: ProcessingInstructions | None = None,
        **options: Any,
    ) -> MoveResult:
        """Move every row from source to target, or none, as ``Session.move`` does."""
        result: MoveResult = self._session.move(
            records_source, records_target, processing_instructions, **options
        )
        return result


def move(
    records_source: SourceLike,
    records_target: TargetLike,
    processing_instructions: ProcessingInstructions | None = None,
    **options: Any,
) -> MoveResult:
    """Move every row from source to target, or none, in the default session."""
    session = _sessions().default_session()
    result: MoveResult = session.move(
        records_source, records_target, processing_instructions, **options
    )
    return result


def _session_of(db_driver: Any, url_resolver: Any, session: Any) -> Any:
    if not isinstance(session, PleaseInfer):
        return session
    given = [one for one in (db_driver, url_resolver) if not isinstance(one, PleaseInfer)]
    owners = [getattr(one, "__self__", getattr(one, "session", None)) for one in given]
    if not owners:
        return _sessions().Session()
    if any(not hasattr(owner, "move") for owner in owners):
        raise UsageError(
            "a db_driver or url_resolver of one's own opens nothing any more",
            "give session=Session(...), and a plugin for what it does not know",
        )
    return owners[0]


def _sessions() -> Any:
    # By its name: sessions are in a room above this one, and 1.x had these words here.
    return import_module("records_mover.session")
