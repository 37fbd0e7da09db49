"""The credentials of one user: who is asked for a name, under the names that 1.x has for it."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.creds.resolve import find_creds, url_of
from records_mover.errors import UsageError
from records_mover.secret import reveal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

    from records_mover.creds.config import Config
    from records_mover.parts import Creds
    from records_mover.plugins import Plugins

__all__ = [
    "SESSION_TYPES",
    "BaseCreds",
    "CredsViaAirflow",
    "CredsViaEnv",
    "CredsViaLastPass",
    "DBFacts",
    "check_session_type",
    "session_type_of",
]

DEFAULT = "default"
"""The name of the connection that is meant where none is named."""


class DBFacts(dict[str, Any]):
    """Facts of a connection as 1.x gave them, the password in plain; its ``repr`` shows names."""

    def __repr__(self) -> str:
        return f"DBFacts({', '.join(self)})"

    __str__ = __repr__


class BaseCreds:
    """Answers for names by asking the providers, those of ``first`` before the others.

    A subclass that overrides ``db_facts`` is asked instead of any provider, as in 1.x.
    """

    first: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        default_db_creds_name: str | None = None,
        *,
        default_db_facts: Mapping[str, Any] | None = None,
        scratch_s3_url: str | None = None,
        plugins: Plugins | None = None,
    ) -> None:
        self._default_name = default_db_creds_name
        self._default_facts = default_db_facts
        self._scratch = scratch_s3_url
        self._plugins = plugins

    @cached_property
    def plugins(self) -> Plugins:
        """The plugins whose providers are asked."""
        if self._plugins is not None:
            return self._plugins
        from records_mover.plugins import Plugins

        return Plugins()

    @cached_property
    def config(self) -> Config:
        """What the configuration files say."""
        from records_mover.creds.config import load_config

        return load_config()

    def db_facts(self, name: str) -> Mapping[str, Any]:
        """Return the facts of a connection; ``CredsError`` if nobody knows it."""
        return _plain(self.find(name), name)

    def default_db_facts(self) -> Mapping[str, Any]:
        """Return the facts of the connection that is meant where none is named."""
        return _plain(self.find(DEFAULT), DEFAULT)

    def default_scratch_s3_url(self) -> str | None:
        """Return where moves may stage rows: as given, ``SCRATCH_S3_URL``, or as configured."""
        from_environment = os.environ.get("SCRATCH_S3_URL")
        found = self._scratch or from_environment or self.config.session.get("scratch_s3_url")
        return found or None

    def find(self, name: str) -> Creds:
        """Return who knows a name and what; ``default`` is the name, or the facts, set for it."""
        if name == DEFAULT:
            if self._default_facts is not None:
                return self._told(self._default_facts)
            name = self._default_name or self.config.session.get("default_db") or ""
            if not name:  # of which no subclass can know; in 1.x, too, the environment says it
                return find_creds(self.plugins, DEFAULT, first=self.first)
        if type(self).db_facts is not BaseCreds.db_facts:
            return self._told(self.db_facts(name))
        return find_creds(self.plugins, name, first=self.first)

    def known(self, name: str) -> Creds | None:
        """Return who knows a name and what, or None; web addresses are names too."""
        if "://" in name:
            return self.plugins.creds(name, first=self.first)
        return self.find(name)

    def url(self, name: str) -> URL:
        """Return the SQLAlchemy URL of a connection name."""
        return url_of(self.find(name), name)

    def _told(self, facts: Mapping[str, Any]) -> Creds:
        from records_mover.creds.facts import facts_of
        from records_mover.parts import Creds

        name = type(self).__name__
        return Creds(provider=name, facts=facts_of(facts, of=f"the facts of {name}"))


class CredsViaEnv(BaseCreds):
    """Asks the environment first: what a session does where nothing else is said."""


class CredsViaLastPass(BaseCreds):
    """Asks LastPass first."""

    first = ("lastpass",)


class CredsViaAirflow(BaseCreds):
    """Asks for Airflow's connections first."""

    first = ("airflow",)


SESSION_TYPES: Mapping[str, type[BaseCreds]] = {
    "airflow": CredsViaAirflow,
    "cli": CredsViaEnv,
    "env": CredsViaEnv,
    "itest": CredsViaEnv,
    "lpass": CredsViaLastPass,
}


def session_type_of(given: str | None, config: Config) -> str:
    """Return the type of a session: as given, else as the surroundings say, as in 1.x.

    Raises ``UsageError`` for a type that there is not.
    """
    told = given or os.environ.get("RECORDS_MOVER_SESSION_TYPE")
    found = told or config.session.get("session_type")
    if not found:
        return "airflow" if "AIRFLOW__CORE__EXECUTOR" in os.environ else "env"
    check_session_type(found)
    return found


def check_session_type(found: str) -> None:
    """Raise ``UsageError``, a ``ValueError`` as in 1.x, for a type that there is not."""
    if found not in SESSION_TYPES:
        raise UsageError(
            f"{found!r} is no type of session", f"use one of {', '.join(sorted(SESSION_TYPES))}"
        )


def _plain(creds: Creds, name: str) -> DBFacts:
    """Return facts as 1.x had them; an answer that is a URL is taken apart."""
    facts: dict[str, Any] = {key: reveal(value) for key, value in creds.facts.items()}
    if creds.url is not None:
        url = url_of(creds, name)
        facts = {
            "type": url.get_backend_name(),
            "host": url.host,
            "port": url.port,
            "database": url.database,
            "user": url.username,
            "password": url.password,
        }
    return DBFacts({key: value for key, value in facts.items() if value is not None})
