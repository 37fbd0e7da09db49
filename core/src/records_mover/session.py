"""One user's moves: configuration, credentials, plugins and progress in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from records_mover.errors import UsageError
from records_mover.known_plugins import session_arguments

if TYPE_CHECKING:
    from types import TracebackType

    from sqlalchemy import Engine

    from records_mover.creds import BaseCreds
    from records_mover.creds.config import Config
    from records_mover.formats.sniff import Sniffed
    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.plugins import Plugins
    from records_mover.records.context import Context
    from records_mover.records.ends import RecordsSource, RecordsTarget
    from records_mover.records.factories import RecordsSources, RecordsTargets
    from records_mover.records.options import MoveOptions
    from records_mover.records.plan import Plan
    from records_mover.records.preview import Preview
    from records_mover.records.result import MoveResult
    from records_mover.schema import RecordsSchema

__all__ = ["Session", "default_session"]


class Session:
    """Finds plugins once, opens databases and stores once, and runs moves.

    ``default_db_creds_name`` or ``default_db_facts`` is what the connection ``default`` means.
    ``session_type`` is one of 1.x's (``env``, ``cli``, ``itest``, ``lpass``, ``airflow``) and says
    which provider of credentials is asked first; ``creds`` is asked instead of all of them.
    ``scratch_s3_url`` is where a move may stage rows; without it, ``SCRATCH_S3_URL`` and the
    configuration file say. ``settings`` go to the stores, over those of the configuration file;
    ``backends`` are those arguments of 1.x that are settings of a plugin now. Use it as a context
    manager to close what it opened.
    """

    def __init__(
        self,
        default_db_creds_name: str | None = None,
        *,
        default_db_facts: Mapping[str, Any] | None = None,
        session_type: str | None = None,
        scratch_s3_url: str | None = None,
        creds: BaseCreds | None = None,
        settings: Mapping[str, object] | None = None,
        plugins: Plugins | None = None,
        **backends: object,
    ) -> None:
        self._default_name = default_db_creds_name
        self._default_facts = default_db_facts
        self._type = session_type
        self._scratch = scratch_s3_url
        self._given_creds = creds
        self._settings = _with_backends(settings or {}, backends)
        self._given_plugins = plugins

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins of this session."""
        if self._given_plugins is not None:
            return self._given_plugins
        from records_mover.plugins import Plugins

        return Plugins()

    @cached_property
    def config(self) -> Config:
        """What the configuration files say."""
        from records_mover.creds.config import load_config

        return load_config()

    @cached_property
    def session_type(self) -> str:
        """The type of this session: as given, or as the surroundings say."""
        from records_mover.creds import session_type_of

        return session_type_of(self._type, self.config)

    @cached_property
    def creds(self) -> BaseCreds:
        """Who answers for names."""
        if self._given_creds is not None:
            return self._given_creds
        from records_mover.creds import SESSION_TYPES

        return SESSION_TYPES[self.session_type](
            self._default_name,
            default_db_facts=self._default_facts,
            scratch_s3_url=self._scratch,
            plugins=self.plugins,
        )

    @cached_property
    def context(self) -> Context:
        """What this session's moves have in common."""
        from records_mover.records.context import Context

        return Context(
            plugins=self.plugins,
            scratch=self._scratch or self.creds.default_scratch_s3_url(),
            settings=_merged(self.config.settings, self._settings),
            resolve=self.creds.url,
            find=self.creds.known,
        )

    def get_db_engine(self, db_creds_name: str, creds_provider: BaseCreds | None = None) -> Engine:
        """Return an engine for a connection name, as in 1.x; who asks closes it."""
        from records_mover.db import open_engine

        url = (creds_provider or self.creds).url(db_creds_name)
        return open_engine(url, kinds=self.plugins.databases)

    def get_default_db_engine(self) -> Engine:
        """Return an engine for the connection that is meant where none is named, as in 1.x."""
        return self.get_db_engine("default")

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

    def preview(
        self,
        source: RecordsSource | str | Any,
        *,
        rows: int = 5,
        whole: bool = False,
        **options: Any,
    ) -> Preview:
        """Return the first rows of a source as they will land, their types and what was guessed."""
        from records_mover.records.preview import preview

        wanted = self._options(None, options)
        return preview(self.source(source), self.context, wanted, rows=rows, whole=whole)

    @staticmethod
    def set_stream_logging(*args: Any, **options: Any) -> None:
        """Show log records, as ``records_mover.logging.set_stream_logging`` does."""
        from records_mover.logging import set_stream_logging

        set_stream_logging(*args, **options)

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


def _with_backends(
    settings: Mapping[str, object], backends: Mapping[str, object]
) -> dict[str, object]:
    """Put arguments of 1.x under the settings that they are now; None says nothing."""
    if not backends:
        return dict(settings)
    known = session_arguments()
    given: dict[str, dict[str, object]] = {}
    for name, value in backends.items():
        if name not in known:
            raise TypeError(f"Session() got an unexpected argument {name!r}")
        section, _, setting = known[name].partition(".")
        if value is not None:
            given.setdefault(section, {})[setting] = value
    return _merged(given, settings)


def _merged(weak: Mapping[str, object], strong: Mapping[str, object]) -> dict[str, object]:
    """Merge settings section by section; what is no section is taken as it is."""
    merged = dict(weak)
    for section, values in strong.items():
        below = merged.get(section)
        if isinstance(below, Mapping) and isinstance(values, Mapping):
            merged[section] = {**below, **values}
        else:
            merged[section] = values
    return merged


_default: list[Session] = []


def default_session() -> Session:
    """Return the session behind ``records_mover.move``, made when it is first needed."""
    if not _default:
        _default.append(Session())
    return _default[0]
