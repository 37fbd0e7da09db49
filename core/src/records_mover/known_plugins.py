"""The directory of known plugins: data, so that the code need not name any."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

__all__ = ["alias_of", "ini_scratch_urls", "known_plugin", "session_arguments"]


@cache
def _directory() -> dict[str, dict[str, str]]:
    text = files("records_mover").joinpath("known_plugins.json").read_text(encoding="utf-8")
    directory: dict[str, dict[str, str]] = json.loads(text)
    return directory


def known_plugin(kind: str, name: str) -> str | None:
    """Return the distribution that is known to offer a scheme or dialect, if one is."""
    return _directory()[kind].get(name)


def alias_of(dialect: str) -> str:
    """Return SQLAlchemy's word for a dialect that people and other tools call differently."""
    return _directory()["aliases"].get(dialect, dialect)


def session_arguments() -> dict[str, str]:
    """Return the arguments of 1.x's sessions that are settings of a plugin: ``section.name``."""
    return _directory()["session_arguments"]


def ini_scratch_urls() -> dict[str, str]:
    """Return where 1.x's ``app.ini`` names scratch space: sections by option."""
    return _directory()["ini_scratch_urls"]
