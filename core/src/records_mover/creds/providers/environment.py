"""Connections in environment variables: ``MOVER_CONN_<NAME>``, and ``DB_*`` for ``default``."""

from __future__ import annotations

import os
import re

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds
from records_mover.secret import Secret, secret_of

MOVER_API = 1

DEFAULT = "default"
PREFIX = "MOVER_CONN_"

_FACTS = {
    "type": "DB_TYPE",
    "host": "DB_HOST",
    "port": "DB_PORT",
    "database": "DB_DATABASE",
    "user": "DB_USERNAME",
    "password": "DB_PASSWORD",
}


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read MOVER_CONN_<NAME>, a URL, and for the name 'default' DB_TYPE, DB_HOST and so on."""
    url = os.environ.get(variable_of(name))
    if url:
        return Creds(provider="environment", url=secret_of(url, of=f"the URL of {name!r}"))
    return _default() if name == DEFAULT else None


def variable_of(name: str) -> str:
    """Return the variable that holds the URL of a connection."""
    return PREFIX + re.sub(r"\W", "_", name, flags=re.ASCII).upper()


def _default() -> Creds | None:
    found = {fact: os.environ[name] for fact, name in _FACTS.items() if os.environ.get(name)}
    if not found:
        return None
    if "type" not in found:
        raise CredsError(
            "of the environment variables DB_* some are set, but not DB_TYPE",
            "set it to the dialect, or unset the others",
        )
    facts: dict[str, str | Secret] = {**found}
    if "password" in found:
        public = " ".join(value for fact, value in found.items() if fact != "password")
        facts["password"] = secret_of(found["password"], of="DB_PASSWORD", public=public)
    return Creds(provider="environment", facts=facts)
