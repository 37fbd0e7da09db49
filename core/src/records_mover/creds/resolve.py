"""From a connection's name to an SQLAlchemy URL: who knows it, and what the answer means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import CredsError
from records_mover.known_plugins import alias_of
from records_mover.redaction import register_url
from records_mover.secret import reveal, secret_of
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL

    from records_mover.parts import Creds
    from records_mover.plugins import Plugins

__all__ = ["find_creds", "parsed_url", "resolve_url", "url_of"]


def resolve_url(plugins: Plugins, name: str, *, first: Sequence[str] = ()) -> URL:
    """Return the SQLAlchemy URL of a connection name; its ``repr`` shows no password.

    ``first`` names providers to be asked before the others. Raises ``CredsError`` if none knows
    the name, or what one answered makes no URL.
    """
    return url_of(find_creds(plugins, name, first=first), name)


def find_creds(plugins: Plugins, name: str, *, first: Sequence[str] = ()) -> Creds:
    """Return the answer of the first provider that knows a name, or raise ``CredsError``."""
    from records_mover.creds.names import known_names
    from records_mover.creds.providers.environment import variable_of

    creds = plugins.creds(name, first=first)
    if creds is None:
        asked = [provider.name for provider in plugins.providers(first)]
        known = known_names()
        near = meant(name, (each for one in asked for each in known.get(one, ())))
        told = ", ".join(asked) or "none"
        raise CredsError(
            f"no credentials provider knows {name!r}{near}; asked were {told}",
            f"set {variable_of(name)} to an SQLAlchemy URL, or write the URL before '::'",
        )
    return creds


def url_of(creds: Creds, name: str) -> URL:
    """Return the SQLAlchemy URL that a provider's answer means.

    Raises ``CredsError`` where the answer names no kind of database, or a port that is no number.
    """
    from sqlalchemy import URL

    if creds.url is not None:
        return _with_options(_url(reveal(creds.url), name), creds)
    facts = {key: reveal(value) for key, value in creds.facts.items()}
    if not facts.get("type"):
        raise CredsError(f"what {creds.provider} knows of {name!r} has no 'type'", "add it")
    port = facts.get("port") or None
    if port is not None and not port.isdecimal():
        raise CredsError(f"the port of {name!r} in {creds.provider} is no number", "correct it")
    url = URL.create(
        alias_of(facts["type"]),
        username=facts.get("user") or None,
        password=facts.get("password") or None,
        host=facts.get("host") or None,
        port=int(port) if port else None,
        database=facts.get("database") or None,
    )
    return _with_options(url, creds)


def parsed_url(text: str) -> URL | None:
    """Return a URL whose password has been looked up where it says, as in ``me:env:NAME@host``.

    None where it cannot be understood: its words may hold a piece of the password.
    """
    from contextlib import suppress

    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    register_url(text)
    url = None
    with suppress(ArgumentError, ValueError, TypeError):
        url = make_url(text)
    if url is None or not url.password:
        return url
    public = f"{url.drivername} {url.username} {url.host} {url.database}"
    return url.set(
        password=secret_of(url.password, of="the URL's password", public=public).reveal()
    )


def _url(text: str, name: str) -> URL:
    url = parsed_url(text)
    if url is None:
        raise CredsError(
            f"the URL of {name!r} cannot be understood",
            "write it as dialect://user:password@host:port/database, "
            "with special characters of the password percent-encoded",
        )
    backend, plus, driver = url.drivername.partition("+")
    return url.set(drivername=f"{alias_of(backend)}{plus}{driver}")


def _with_options(url: URL, creds: Creds) -> URL:
    if not creds.options:
        return url
    return url.update_query_dict({key: reveal(value) for key, value in creds.options.items()})
