"""Looking at what is known of a connection without seeing what is secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records_mover.creds.base import DEFAULT
from records_mover.creds.facts import is_telling
from records_mover.creds.resolve import parsed_url
from records_mover.errors import CredsError, MoverError
from records_mover.redaction import MASK
from records_mover.secret import Secret, reveal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from records_mover.creds.base import BaseCreds
    from records_mover.parts import Creds

__all__ = ["Look", "look_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who answers for a name, with facts that may be shown; ``others`` would answer as well."""

    name: str
    provider: str
    facts: Mapping[str, str]
    others: tuple[str, ...]


def look_up(creds: BaseCreds, name: str) -> Look:
    """Find who answers for a name, and who else would; ``CredsError`` if nobody does."""
    found = creds.known(name)
    if found is None:
        raise CredsError(
            f"no credentials provider knows {name!r}",
            f'write [connections."{name}"] into config.toml, or a line into ~/.netrc',
        )
    others = tuple(_others(creds, name, found.provider))
    return Look(name=name, provider=found.provider, facts=dict(_shown(found)), others=others)


def _others(creds: BaseCreds, name: str, answered: str) -> Iterator[str]:
    if name == DEFAULT:
        return
    for provider in creds.plugins.providers(creds.first):
        try:
            known = provider.ask(name)
        except MoverError:
            continue  # it is not asked in a move either: the first answer ends the search
        if known is not None and known.provider != answered:
            yield known.provider


def _shown(found: Creds) -> Iterator[tuple[str, str]]:
    """Yield facts and options, with stars for whatever may be secret."""
    given = dict(found.facts)
    options = dict(found.options)
    if found.url is not None:
        url = parsed_url(reveal(found.url))
        if url is None:
            raise CredsError(f"the URL in {found.provider} cannot be understood", "correct it")
        given = {
            "type": url.drivername,
            "host": url.host or "",
            "port": str(url.port or ""),
            "database": url.database or "",
            "user": url.username or "",
            "password": MASK if url.password else "",
        }
        options.update({key: str(value) for key, value in url.query.items()})
    for key, value in (
        *given.items(),
        *((f"option {key}", value) for key, value in options.items()),
    ):
        if value:
            hidden = isinstance(value, Secret) or is_telling(key)
            yield key, MASK if hidden else str(value)
