"""One user's moves: configuration, credentials, plugins and progress in one place."""

from __future__ import annotations

import os
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from records_mover.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from records_mover.formats.sniff import Sniffed
    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.plugins import Plugins
    from records_mover.records.context import Context
    from records_mover.records.ends import RecordsSource, RecordsTarget
    from records_mover.records.factories import RecordsSources, RecordsTargets
    from records_mover.records.options import MoveOptions
    from records_mover.records.plan import Plan
    from records_mover.records.result import MoveResult
    from records_mover.schema import RecordsSchema

__all__ = ["Session", "default_session"]


class Session:
    """Finds plugins once, opens databases and stores once, and runs moves.

    ``scratch_s3_url`` is where a move may stage rows; without it, ``SCRATCH_S3_URL`` says.
    ``settings`` go to the stores. Use it as a context manager to close what it opened.
    """

    def __init__(
        self,
        *,
        scratch_s3_url: str | None = None,
        settings: Mapping[str, object] | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self._scratch = scratch_s3_url or os.environ.get("SCRATCH_S3_URL") or None
        self._settings = dict(settings or {})
        self._given_plugins = plugins

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins of this session."""
        if self._given_plugins is not None:
            return self._given_plugins
        from records_mover.plugins import Plugins

        return Plugins()

    @cached_property
    def context(self) -> Context:
        """What this session's moves have in common."""
        from records_mover.creds import resolve_url
        from records_mover.records.context import Context

        return Context(
            plugins=self.plugins,
            scratch=self._scratch,
            settings=self._settings,
            resolve=lambda name: resolve_url(self.plugins, name),
        )

    @cached_property
    def sources(self) -> RecordsSources:
        """The factories of sources."""
        from records_mover.records.factories import RecordsSources

        return RecordsSources()

    @cached_property
    def targets(self) -> RecordsTargets:
        """The factories of targets."""
        from records_mover.records.factories import RecordsTargets

        return RecordsTargets()

    def move(
        self,
        source: RecordsSource | str | Any,
        target: RecordsTarget | str | Any,
        processing_instructions: ProcessingInstructions | None = None,
        *,
        meter: Meter | None = None,
        cancellation: Cancellation | None = None,
        **options: Any,
    ) -> MoveResult:
        """Move every row from source to target, or none.

        Source and target are what ``sources`` and ``targets`` make, endpoint strings, paths, or
        (as a source) anything with the Arrow PyCapsule interface. ``options`` are the fields of
        ``MoveOptions``: ``move("a.csv", "postgresql://host/db::t", if_exists="truncate")``.
        Raises a ``MoverError``; the target is then as it was.
        """
        from records_mover.records.move import run_move

        wanted = self._options(processing_instructions, options)
        return run_move(
            self.source(source),
            self.target(target),
            self.context,
            wanted,
            meter=meter,
            cancellation=cancellation,
        )

    def explain(
        self,
        source: RecordsSource | str | Any,
        target: RecordsTarget | str | Any,
        processing_instructions: ProcessingInstructions | None = None,
        **options: Any,
    ) -> Plan:
        """Return the plan of the move that ``move`` with the same arguments would make."""
        from records_mover.records.move import explain_move

        wanted = self._options(processing_instructions, options)
        return explain_move(self.source(source), self.target(target), self.context, wanted)

    def schema(self, source: RecordsSource | str | Any, **options: Any) -> RecordsSchema:
        """Return the records schema of a source; of a file, every row is read to be sure."""
        wanted = self._options(None, options)
        return self.source(source).inspect(self.context, wanted).schema()

    def sniff(self, file: str, **options: Any) -> Sniffed:
        """Find out how a file is written, with how sure that is and what speaks for it."""
        from records_mover.records.file import FileSource

        source, wanted = self.source(file), self._options(None, options)
        if not isinstance(source, FileSource):
            raise UsageError("only files can be sniffed", "name a file, or '-' for standard input")
        return source.sniff(self.context, wanted)

    def source(self, source: Any) -> RecordsSource:
        """Make a source of an endpoint string, a path or Arrow data; a source stays itself."""
        from records_mover.records.ends_of import source_of

        return source_of(source)

    def target(self, target: Any) -> RecordsTarget:
        """Make a target of an endpoint string or a path; a target stays itself."""
        from records_mover.records.ends_of import target_of

        return target_of(target)

    def close(self) -> None:
        """Close the databases that this session opened."""
        if "context" in self.__dict__:
            self.context.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @staticmethod
    def _options(
        instructions: ProcessingInstructions | None, options: Mapping[str, Any]
    ) -> MoveOptions:
        from records_mover.records.options import MoveOptions

        known = {option.name for option in fields(MoveOptions)}
        unknown = sorted(set(options) - known)
        if unknown:
            raise UsageError(f"unknown option {unknown[0]!r}", f"use {', '.join(sorted(known))}")
        given = dict(options)
        if instructions is not None:
            given["instructions"] = instructions
        return MoveOptions(**given)


_default: list[Session] = []


def default_session() -> Session:
    """Return the session behind ``records_mover.move``, made when it is first needed."""
    if not _default:
        _default.append(Session())
    return _default[0]
