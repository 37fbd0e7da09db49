"""What one user's moves have in common: plugins, stores, databases and settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from records_mover.url import StoreContext, scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records_mover.parts import Database
    from records_mover.plugins import Plugins
    from records_mover.url import Scheme, Store

__all__ = ["Context"]


@dataclass(slots=True, kw_only=True)
class Context:
    """Opens stores and databases once, and hands them out again."""

    plugins: Plugins
    scratch: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    resolve: Callable[[str], str] = str
    """Turns a connection name into an SQLAlchemy URL."""
    _stores: dict[str, Store] = field(default_factory=dict)
    _databases: dict[str, Database] = field(default_factory=dict, repr=False)

    def scheme(self, url: str) -> Scheme:
        """Return the scheme that owns ``url``; ``PluginError`` says what to install."""
        return self.plugins.scheme(scheme_of(url))

    def store(self, url: str) -> Store:
        """Return the store that owns ``url``."""
        scheme = self.scheme(url)
        if scheme.name not in self._stores:
            context = StoreContext(creds=self.plugins.creds, settings=self.settings)
            self._stores[scheme.name] = scheme.store(context)
        return self._stores[scheme.name]

    def database(self, name_or_url: str) -> Database:
        """Open the database behind an SQLAlchemy URL or a connection name."""
        if name_or_url not in self._databases:
            from records_mover.db import open_database, open_engine

            url = name_or_url if "://" in name_or_url else self.resolve(name_or_url)
            engine = open_engine(url, self.plugins)
            self._databases[name_or_url] = open_database(engine, self.plugins.databases)
        return self._databases[name_or_url]

    def close(self) -> None:
        """Close what was opened here."""
        for database in self._databases.values():
            database.engine.dispose()
        self._databases.clear()
