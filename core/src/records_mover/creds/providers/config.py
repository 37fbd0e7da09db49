"""Connections in the configuration file: ``[connections.NAME]`` of ``config.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

if TYPE_CHECKING:
    from collections.abc import Mapping

MOVER_API = 1


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read [connections.NAME] of config.toml."""
    from records_mover.creds.config import load_config

    found = load_config().connections.get(name)
    return None if found is None else _creds(name, found)


def _creds(name: str, found: Mapping[str, Any]) -> Creds:
    from records_mover.creds.facts import KNOWN_FACTS, facts_of
    from records_mover.secret import secret_of

    _check(name, found, {*KNOWN_FACTS, "username", "url", "options"})
    facts = {key: value for key, value in found.items() if key not in ("url", "options")}
    return Creds(
        provider="config",
        facts=facts_of(facts, of=f"[connections.{name}]"),
        url=secret_of(found["url"], of=f"the URL of {name!r}") if "url" in found else None,
        options=facts_of(found.get("options", {}), of=f"[connections.{name}.options]"),
    )


def _check(name: str, found: Mapping[str, Any], known: set[str]) -> None:
    where = f"[connections.{name}] of the configuration file"
    for key, value in found.items():
        if key not in known:
            raise CredsError(
                f"{where} has an unknown {key!r}",
                f"known are {', '.join(sorted(known))}; what is for the driver goes under options",
            )
        if isinstance(value, dict | list) != (key == "options"):
            raise CredsError(f"{key!r} in {where} has the wrong kind of value", "see the manual")
    others = sorted(set(found) - {"url", "options"})
    if "url" in found and others:
        raise CredsError(f"{where} has a url and {others[0]!r}", "write one or the other")
