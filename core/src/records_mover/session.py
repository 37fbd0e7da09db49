"""One user's moves: configuration, credentials, plugins and progress in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.creds.base import check_session_type
from records_mover.creds.settings import airflow_settings, merged, with_backends
from records_mover.errors import UsageError
from records_mover.logging import set_stream_logging
from records_mover.mover_types import PleaseInfer, inferred
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from types import TracebackType
    from typing import Unpack

    from sqlalchemy import Connection, Engine

    from records_mover.creds import BaseCreds
    from records_mover.creds.config import Config
    from records_mover.db.driver import DBDriver
    from records_mover.formats.sniff import Sniffed
    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.plugins import Plugins
    from records_mover.records.context import Context
    from records_mover.records.ends.end import RecordsSource, RecordsTarget
    from records_mover.records.ends.ends_of import SourceLike, TargetLike
    from records_mover.records.options import MoveKeywords, MoveOptions
    from records_mover.records.preview import Preview
    from records_mover.records.progress import Progress
    from records_mover.records.result import MoveResult
    from records_mover.records.route.plan import Plan
    from records_mover.records.sources import RecordsSources
    from records_mover.records.targets import RecordsTargets
    from records_mover.schema import RecordsSchema
    from records_mover.url import BaseDirectoryUrl, BaseFileUrl, UrlResolver

__all__ = ["Records", "Session"]


class Session:
    """Finds plugins once, opens databases and stores once, and runs moves.

    ``default_db_creds_name`` or ``default_db_facts`` is what the connection ``default`` means.
    ``session_type`` is one of 1.x's (``env``, ``cli``, ``itest``, ``lpass``, ``airflow``) and says
    which provider of credentials is asked first; ``creds`` is asked instead of all of them.
    ``scratch_s3_url`` is where a move may stage rows, and None that none may; where it is not
    given, ``SCRATCH_S3_URL`` and the configuration file say. ``settings`` go to the stores, over
    those of the configuration file; ``backends`` are those arguments of 1.x that are settings of a
    plugin now. ``PleaseInfer.token`` is the same as to leave an argument out.

    A session may be used by several threads at the same time. Use it as a context manager to close
    what it opened.
    """

    def __init__(
        self,
        default_db_creds_name: str | None = None,
        *,
        session_type: str | PleaseInfer | None = PleaseInfer.token,
        scratch_s3_url: str | PleaseInfer | None = PleaseInfer.token,
        creds: BaseCreds | PleaseInfer | None = PleaseInfer.token,
        default_db_facts: Mapping[str, Any] | PleaseInfer | None = PleaseInfer.token,
        settings: Mapping[str, object] | None = None,
        plugins: Plugins | None = None,
        **backends: object,
    ) -> None:
        self._default_name = default_db_creds_name
        self._default_facts = inferred(default_db_facts)
        self._type = inferred(session_type)
        if self._type is not None:
            check_session_type(self._type)
        self._scratch = scratch_s3_url
        self._given_creds = inferred(creds)
        self._settings = with_backends(settings or {}, backends)
        self._given_plugins = plugins

    @lazyprop
    def plugins(self) -> Plugins:
        """The plugins of this session."""
        if self._given_plugins is not None:
            return self._given_plugins
        from records_mover.plugins import Plugins

        return Plugins()

    @lazyprop
    def config(self) -> Config:
        """What the configuration files say."""
        from records_mover.creds.config import load_config

        return load_config()

    @lazyprop
    def session_type(self) -> str:
        """The type of this session: as given, or as the surroundings say."""
        from records_mover.creds import session_type_of

        return session_type_of(self._type, self.config)

    @lazyprop
    def creds(self) -> BaseCreds:
        """Who answers for names."""
        if self._given_creds is not None:
            return self._given_creds
        from records_mover.creds import SESSION_TYPES

        return SESSION_TYPES[self.session_type](
            self._default_name,
            default_db_facts=self._default_facts,
            scratch_s3_url=inferred(self._scratch),
            plugins=self.plugins,
        )

    @lazyprop
    def context(self) -> Context:
        """What this session's moves have in common."""
        from records_mover.records.context import Context

        return Context(
            plugins=self.plugins,
            scratch=self._scratch_url(),
            settings=merged(self._surroundings(), merged(self.config.settings, self._settings)),
            resolve=self.creds.url,
            find=self.creds.known,
        )

    def _scratch_url(self) -> str | None:
        if self._scratch is None:
            return None
        return inferred(self._scratch) or self.creds.default_scratch_s3_url()

    def _surroundings(self) -> dict[str, object]:
        return airflow_settings(self.plugins) if self.session_type == "airflow" else {}

    @property
    def records(self) -> Records:
        """The sources, the targets and ``move`` in one object, as in 1.x."""
        return Records(session=self)

    @property
    def url_resolver(self) -> UrlResolver:
        """What makes objects of URLs, as in 1.x."""
        from records_mover.url import UrlResolver

        return UrlResolver(self.context.store, session=self)

    def file_url(self, url: str) -> BaseFileUrl:
        """Return the file that a URL names, which need not be there."""
        return self.url_resolver.file_url(url)

    def directory_url(self, url: str) -> BaseDirectoryUrl:
        """Return the folder that a URL names (``/`` at the end)."""
        return self.url_resolver.directory_url(url)

    def db_driver(
        self,
        db: Engine | Connection | None = None,
        db_conn: Connection | None = None,
        db_engine: Engine | None = None,
    ) -> DBDriver:
        """Return what is known of the database behind an engine, as 1.x's driver of it."""
        from records_mover.db.driver import DBDriver

        return DBDriver(db, db_conn, db_engine, database_of=self.context.database)

    def get_db_engine(self, db_creds_name: str, creds_provider: BaseCreds | None = None) -> Engine:
        """Return an engine for a connection name, as in 1.x; who asks closes it."""
        from records_mover.db import open_engine

        url = (creds_provider or self.creds).url(db_creds_name)
        return open_engine(url, kinds=self.plugins.databases)

    def get_default_db_engine(self) -> Engine:
        """Return an engine for the connection that is meant where none is named, as in 1.x."""
        return self.get_db_engine("default")

    @lazyprop
    def sources(self) -> RecordsSources:
        """The factories of sources."""
        from records_mover.records.sources import RecordsSources

        return RecordsSources()

    @lazyprop
    def targets(self) -> RecordsTargets:
        """The factories of targets."""
        from records_mover.records.targets import RecordsTargets

        return RecordsTargets()

    def move(
        self,
        records_source: SourceLike,
        records_target: TargetLike,
        processing_instructions: ProcessingInstructions | None = None,
        *,
        progress: Callable[[Progress], object] | None = None,
        meter: Meter | None = None,
        cancellation: Cancellation | None = None,
        **options: Unpack[MoveKeywords],
    ) -> MoveResult:
        """Move every row from source to target, or none.

        Source and target are what ``sources`` and ``targets`` make, endpoint strings, paths, or
        (as a source) anything with the Arrow PyCapsule interface. ``options`` are the fields of
        ``MoveOptions``: ``move("a.csv", "postgresql://host/db::t", if_exists="truncate")``.

        ``progress`` is called with a ``Progress`` four times a second, from another thread; what
        it raises ends the move and is raised here. ``cancellation.cancel()``, called from any
        thread, ends the move by ``MoveCancelled``. ``meter`` has the figures that ``progress`` is
        told, for whoever would rather look himself.

        Raises a ``MoverError``; the target is then as it was.
        """
        from records_mover.records.moving import run_move

        wanted = self._options(processing_instructions, options)
        return run_move(
            self.source(records_source),
            self.target(records_target),
            self.context,
            wanted,
            meter=meter,
            cancellation=cancellation,
            progress=progress,
        )

    def explain(
        self,
        records_source: SourceLike,
        records_target: TargetLike,
        processing_instructions: ProcessingInstructions | None = None,
        **options: Unpack[MoveKeywords],
    ) -> Plan:
        """Return the plan of the move that ``move`` with the same arguments would make.

        Print it to read it. Raises ``NoRouteError`` where there is no way, and what the ends raise
        when they are looked at.
        """
        from records_mover.records.moving import explain_move

        wanted = self._options(processing_instructions, options)
        source, target = self.source(records_source), self.target(records_target)
        return explain_move(source, target, self.context, wanted)

    def schema(self, source: SourceLike, **options: Unpack[MoveKeywords]) -> RecordsSchema:
        """Return the records schema of a source; of a file, every row is read to be sure."""
        wanted = self._options(None, options)
        return self.source(source).inspect(self.context, wanted).schema()

    def sniff(self, file: str | PathLike[str], **options: Unpack[MoveKeywords]) -> Sniffed:
        """Find out how a file is written, with how sure that is and what speaks for it."""
        from records_mover.records.ends.file import FileSource

        source, wanted = self.source(file), self._options(None, options)
        if not isinstance(source, FileSource):
            raise UsageError("only files can be sniffed", "name a file, or '-' for standard input")
        return source.sniff(self.context, wanted)

    def preview(
        self,
        source: SourceLike,
        *,
        rows: int = 5,
        whole: bool = False,
        **options: Unpack[MoveKeywords],
    ) -> Preview:
        """Return the first rows of a source as they will land, their types and what was guessed."""
        from records_mover.records.preview import preview

        wanted = self._options(None, options)
        return preview(self.source(source), self.context, wanted, rows=rows, whole=whole)

    set_stream_logging = staticmethod(set_stream_logging)

    def source(self, source: SourceLike) -> RecordsSource:
        """Make a source of an endpoint string, a path or Arrow data; a source stays itself."""
        from records_mover.records.ends.ends_of import source_of

        return source_of(source)

    def target(self, target: TargetLike) -> RecordsTarget:
        """Make a target of an endpoint string or a path; a target stays itself."""
        from records_mover.records.ends.ends_of import target_of

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
        from records_mover.records.options import options_of

        return options_of(instructions, options)


class Records:
    """What a session offers to move: ``sources``, ``targets`` and ``move``, as in 1.x.

    Without a session one is made. ``db_driver`` and ``url_resolver`` may be those of a session,
    which is then used; others are refused, as plugins open databases and stores.
    """

    def __init__(
        self,
        db_driver: object = PleaseInfer.token,
        url_resolver: object = PleaseInfer.token,
        session: Session | PleaseInfer = PleaseInfer.token,
    ) -> None:
        given = session if isinstance(session, Session) else _owner(db_driver, url_resolver)
        self._session = given or Session()
        self.move = self._session.move

    @property
    def sources(self) -> RecordsSources:
        """The factories of sources."""
        return self._session.sources

    @property
    def targets(self) -> RecordsTargets:
        """The factories of targets."""
        return self._session.targets


def _owner(*given: object) -> Session | None:
    """Return the session that a db_driver or a url_resolver belongs to."""
    for one in given:
        owner = getattr(one, "__self__", getattr(one, "session", None))
        if isinstance(owner, Session):
            return owner
        if not isinstance(one, PleaseInfer):
            raise UsageError(
                "a db_driver or url_resolver of one's own opens nothing any more",
                "give session=Session(...), and a plugin for what it does not know",
            )
    return None
