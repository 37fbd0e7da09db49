"""What one user's moves have in common: plugins, stores, databases and settings."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar

from records_mover.creds import parsed_url
from records_mover.errors import ConfigError, MissingPluginError
from records_mover.known_plugins import known_plugin
from records_mover.meter import Cancellation
from records_mover.url import HasStreams, Heeds, StoreContext, scheme_of
from records_mover.url.scratch import USER, personal
from records_mover.url.waiting import cancellable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Engine

    from records_mover.parts import Creds, Database
    from records_mover.plugins import Plugins
    from records_mover.records.options import MoveOptions
    from records_mover.url import Scheme, Store

__all__ = ["Context"]

T = TypeVar("T")


class _Once(Generic[T]):
    """Values that are made once each; who asks for one that is being made waits for that alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}
        self._made: dict[object, T] = {}

    def get(self, key: object, make: Callable[[], T]) -> T:
        """Return the value under a key, made by whoever is the first to ask."""
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]

    def values(self) -> list[T]:
        """Return what was made so far."""
        return list(self._made.values())

    def clear(self) -> None:
        """Forget every value."""
        self._made.clear()


@dataclass(slots=True, kw_only=True)
class Context:
    """Opens stores and databases once, and hands them out again; several moves may share it.

    ``lent`` are places of one move alone, by URL: streams that the caller has opened.
    """

    plugins: Plugins
    scratch: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict, repr=False)
    resolve: Callable[[str], URL | str] = str
    """Turns a connection name into an SQLAlchemy URL."""
    find: Callable[[str], Creds | None] | None = None
    """Finds what is known under a connection name."""
    cancellation: Cancellation = field(default_factory=Cancellation)
    """Asked whether to go on by whatever waits for a stream."""
    lent: dict[str, Scheme] = field(default_factory=dict, repr=False)
    _stores: _Once[Store] = field(default_factory=_Once, repr=False)
    _personal: _Once[str | None] = field(default_factory=_Once, repr=False)
    _databases: _Once[tuple[str | Engine, Database]] = field(default_factory=_Once, repr=False)
    _opened: list[Engine] = field(default_factory=list, repr=False)

    def scheme(self, url: str) -> Scheme:
        """Return the scheme that owns ``url``; ``MissingPluginError`` says what to install."""
        return self.lent.get(url) or self.plugins.scheme(scheme_of(url))

    def scratch_for(self, options: MoveOptions) -> str | None:
        """Return the URL of the scratch space that a move may use."""
        base = options.scratch or self.scratch
        if not base or USER not in base:
            return base or None
        return self._personal.get(base, lambda: personal(self.store(base), base))

    def store(self, url: str) -> Store:
        """Return the store that owns ``url``."""
        scheme = self.scheme(url)
        context = StoreContext(creds=self._creds, settings=self.settings)
        if url in self.lent:
            return scheme.store(context)
        store = self._stores.get(scheme.name, lambda: scheme.store(context))
        return store.heeding(self.cancellation) if isinstance(store, Heeds) else store

    def open(self, url: str) -> BinaryIO:
        """Open a file for reading; who waits for a stream waits no longer than the move goes on."""
        return cancellable(self.store(url).open(url), self.cancellation)

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Open a file to write; who waits for its reader waits no longer than the move goes on."""
        store = self.store(url)
        if isinstance(store, HasStreams):
            return store.write_while(url, self.cancellation.check)
        return store.write(url)

    def rereadable(self, url: str) -> bool:
        """Whether what is written to ``url`` can be read again: no pipe, and no device."""
        scheme = self.scheme(url)
        if not (scheme.readable and scheme.rereadable):
            return False
        store = self.store(url)
        return not (isinstance(store, HasStreams) and store.is_stream(url))

    def database(self, database: str | Engine) -> Database:
        """Open the database behind an engine, an SQLAlchemy URL or a connection name, once."""
        key = database if isinstance(database, str) else id(database)
        # The caller's engine is kept with it, so that no other one gets the same id.
        return self._databases.get(key, lambda: (database, self._open(database)))[1]

    def _open(self, database: str | Engine) -> Database:
        from records_mover.db import open_database

        engine = database
        if isinstance(engine, str):
            engine = self._direct(engine) or self._engine(self.url(engine))
            self._opened.append(engine)
        return open_database(engine, self.plugins.databases)

    def url(self, database: str) -> URL | str:
        """Return the URL that is meant by one, or by a connection name; do not print it.

        It is text only where it cannot be understood, and whoever opens it will say so.
        """
        found = database if "://" in database else self.resolve(database)
        return (parsed_url(found) or found) if isinstance(found, str) else found

    def _creds(self, name: str) -> Creds | None:
        """Return what is known under a name, or of a web address; a store may do without."""
        return self.plugins.creds(name) if self.find is None else self.find(name)

    def _direct(self, database: str) -> Engine | None:
        """Open a URL that is plain to read without SQLAlchemy, where a plugin can do without."""
        from records_mover.db.engine import open_direct

        return open_direct(database, self.plugins.databases) if "://" in database else None

    def _engine(self, url: URL | str) -> Engine:
        """Open an engine; where no plugin owns its dialect, say which one would."""
        from records_mover.db import open_engine

        try:
            return open_engine(url, kinds=self.plugins.databases)
        except ConfigError as error:
            dialect = str(url).partition(":")[0].partition("+")[0]
            owned = any(dialect in kind.dialects for kind in self.plugins.databases)
            if owned or known_plugin("dialects", dialect) is None:
                raise
            raise MissingPluginError(
                error.what, self.plugins.remedy("dialects", dialect)
            ) from error

    def interrupt(self, thread: int) -> None:
        """Have the databases end what they do for a thread."""
        from records_mover.parts import Interruptible

        for _, database in self._databases.values():
            if isinstance(database, Interruptible):
                database.interrupt(thread)

    def relent(self, thread: int) -> None:
        """Have the databases end no more what they do for a thread."""
        from records_mover.parts import Relenting

        for _, database in self._databases.values():
            if isinstance(database, Relenting):
                database.relent(thread)

    def close(self) -> None:
        """Close the engines that were opened here; a caller's own engine stays open."""
        for engine in self._opened:
            engine.dispose()
        self._opened.clear()
        self._databases.clear()
