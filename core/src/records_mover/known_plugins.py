"""The directory of known plugins: data, so that the code need not name any."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from records_mover.errors import MissingPluginError

__all__ = [
    "airflow_creds",
    "alias_of",
    "hook_arguments",
    "ini_scratch_urls",
    "known_plugin",
    "missing_plugin",
    "names_of",
    "session_arguments",
]


@cache
def _directory() -> dict[str, dict[str, str]]:
    text = files("records_mover").joinpath("known_plugins.json").read_text(encoding="utf-8")
    directory: dict[str, dict[str, str]] = json.loads(text)
    return directory


def known_plugin(kind: str, name: str) -> str | None:
    """Return the distribution that is known to offer a scheme or dialect, if one is."""
    return _directory()[kind].get(name)


def names_of(kind: str) -> tuple[str, ...]:
    """Return the schemes or dialects that some distribution is known to offer."""
    return tuple(_directory()[kind])


def alias_of(dialect: str) -> str:
    """Return SQLAlchemy's word for a dialect that people and other tools call differently."""
    return _directory()["aliases"].get(dialect, dialect)


def session_arguments() -> dict[str, str]:
    """Return the arguments of 1.x's sessions that are settings of a plugin: ``section.name``."""
    return _directory()["session_arguments"]


def ini_scratch_urls() -> dict[str, str]:
    """Return where 1.x's ``app.ini`` names scratch space: sections by option."""
    return _directory()["ini_scratch_urls"]


def hook_arguments() -> dict[str, str]:
    """Return the arguments of 1.x's hooks of Airflow that are arguments of a session."""
    return _directory()["hook_arguments"]


def airflow_creds() -> dict[str, str]:
    """Return the connections of Airflow that are settings of a plugin: ``section.name``."""
    return _directory()["airflow_creds"]


def missing_plugin(factory: str) -> MissingPluginError:
    """Return the error to raise by a factory of 1.x whose plugin is still to come."""
    name = _directory()["to_come"][factory]
    return MissingPluginError(
        f"no plugin offers {factory!r} yet", f"{name} is to come; until then use a file of it"
    )
