"""Connections in LastPass, by its own command ``lpass``: an entry of the connection's name."""

from __future__ import annotations

import json
import os
import re
from shutil import which
from typing import Any

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

MOVER_API = 1

LOG_IN = "log in: lpass login USER"

_SECRETIVE = re.compile(r"_CONN_|PASSW|SECRET|TOKEN|CREDENTIAL|_KEY", re.IGNORECASE)

_NOTE_FACTS = {
    "Type": "type",
    "Hostname": "host",
    "Port": "port",
    "Database": "database",
    "Username": "user",
    "Password": "password",
}
"""The fields of a note of the kind ``Database``, by their names in LastPass."""


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Ask 'lpass show NAME', where that command is installed and logged in."""
    if "://" in name or name.startswith("-") or which("lpass") is None:
        return None
    if _asked("lpass", "status", "--quiet") is None:
        return None
    found = _asked("lpass", "show", "--json", name)
    return None if found is None else _creds(name, found)


def _asked(*command: str) -> str | None:
    from records_mover.creds.commands import output_of

    # Other programs' secrets are none of its business.
    told = {name: value for name, value in os.environ.items() if not _SECRETIVE.search(name)}
    env = {**told, "LPASS_DISABLE_PINENTRY": "1", "LPASS_ASKPASS": "false"}
    return output_of(command, env, advice=LOG_IN)


def _creds(name: str, printed: str) -> Creds:
    from records_mover.creds.facts import facts_of

    entries = _entries(name, printed)
    if len(entries) > 1:
        raise CredsError(
            f"LastPass has {len(entries)} entries called {name!r}", "give one of them another name"
        )
    return Creds(provider="lastpass", facts=facts_of(_told(entries[0]), of=f"{name!r} in LastPass"))


def _entries(name: str, printed: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(printed)
    except ValueError:
        entries = None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise CredsError(f"what 'lpass' told of {name!r} cannot be read", "upgrade lpass")
    if not entries:
        raise CredsError(f"'lpass' told nothing of {name!r}", LOG_IN)
    return entries


def _told(entry: dict[str, Any]) -> dict[str, object]:
    """Read an entry: of a site its fields, of a note of the kind ``Database`` its lines."""
    facts: dict[str, object] = {
        fact: entry[key]
        for key, fact in (("username", "user"), ("password", "password"))
        if entry.get(key)
    }
    for line in str(entry.get("note", "")).splitlines():
        key, colon, value = line.partition(":")
        if colon and key in _NOTE_FACTS and value.strip():
            facts[_NOTE_FACTS[key]] = value.strip()
    return facts
