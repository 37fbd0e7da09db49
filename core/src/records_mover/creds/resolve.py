"""Turning what a credentials provider answered into an SQLAlchemy URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import CredsError

if TYPE_CHECKING:
    from records_mover.plugins import Plugins

__all__ = ["resolve_url"]


def resolve_url(plugins: Plugins, name: str) -> str:
    """Return the SQLAlchemy URL of a connection name, password included; do not print it.

    A provider answers with a URL, or with facts: ``type`` (the dialect), ``host``, ``port``,
    ``database``, ``user`` and ``password``. Raises ``CredsError`` if none knows the name.
    """
    creds = plugins.creds(name)
    if creds is None:
        raise CredsError(
            f"no credentials provider knows {name!r}",
            "write an SQLAlchemy URL before '::', or install and set up a provider",
        )
    if creds.url is not None:
        return creds.url
    from sqlalchemy import URL

    facts = creds.facts
    if "type" not in facts:
        raise CredsError(f"what {creds.provider} knows of {name!r} has no 'type'", "add it")
    url = URL.create(
        facts["type"],
        username=facts.get("user"),
        password=facts.get("password"),
        host=facts.get("host"),
        port=int(facts["port"]) if facts.get("port") else None,
        database=facts.get("database"),
    )
    return url.render_as_string(hide_password=False)
