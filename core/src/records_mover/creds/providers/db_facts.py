"""Connections in db-facts files, as 1.x took them; what needs the program is asked of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

if TYPE_CHECKING:
    from collections.abc import Mapping

MOVER_API = 1


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read ~/.dbfacts.yml and what DB_FACTS_PATH names, where PyYAML is installed."""
    if "://" in name:
        return None
    paths = [path for path in _paths() if path.is_file()]
    entry = _entry(name, paths) if paths else None
    if entry is None:
        return None
    from records_mover.creds.facts import facts_of

    facts = _asked(name) if _is_made(entry) else entry.get("exports", {})
    return Creds(provider="db-facts", facts=facts_of(facts, of=f"{name!r} in db-facts"))


def _paths() -> list[Path]:
    """Return the files from the weakest to the strongest."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path raises where there is no home
    found: list[Path] = []
    for folder, dot in (
        (Path("/etc"), ""),
        (Path("/usr/local/etc"), ""),
        (home, "."),
        (Path(), "."),
    ):
        found.append(folder / f"{dot}dbfacts.yml")
        found.extend(sorted((folder / f"{dot}dbfacts.d").glob("*")))
    named = os.environ.get("DB_FACTS_PATH", "").split(":")
    return [*found, *(Path(os.path.expanduser(one)) for one in reversed(named) if one)]  # noqa: PTH111


def _entry(name: str, paths: list[Path]) -> Mapping[str, Any] | None:
    """Find the entry of a name, or that of its beginning: ``a-b`` stands for ``a-b-c`` too."""
    known: dict[str, Any] = {}
    for path in paths:
        known.update(_databases(path))
    while name and name not in known:
        name = name.rpartition("-")[0]
    entry = known.get(name)
    return entry if isinstance(entry, dict) else None


def _databases(path: Path) -> dict[str, Any]:
    try:
        import yaml
    except ImportError:
        raise CredsError(
            f"'{path}' cannot be read: PyYAML is not installed",
            "pip install 'records-mover[db-facts]'",
        ) from None
    try:
        with path.open("rb") as file:
            found = yaml.safe_load(file)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise CredsError(f"'{path}' is no YAML{line}", "correct it") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CredsError(f"'{path}' cannot be read: {type(error).__name__}", "check it") from None
    databases = found.get("dbs") if isinstance(found, dict) else None
    return databases if isinstance(databases, dict) else {}


def _is_made(entry: Mapping[str, Any]) -> bool:
    """Whether facts come from elsewhere, or are templates: then only the program can tell."""
    exports = entry.get("exports") or {}
    templates = any("{{" in str(value) or "{%" in str(value) for value in exports.values())
    return "exports_from" in entry or templates


def _asked(name: str) -> Mapping[str, Any]:
    from records_mover.creds.commands import output_of

    if which("db-facts") is None:
        raise CredsError(
            f"the db-facts of {name!r} have templates or come from another program",
            "install the command db-facts, or write the facts as they are",
        )
    printed = output_of(("db-facts", "json", name), os.environ, advice="run: db-facts json NAME")
    try:
        facts = json.loads(printed or "")
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise CredsError(f"'db-facts json {name}' failed", "run it to see why")
    return facts
