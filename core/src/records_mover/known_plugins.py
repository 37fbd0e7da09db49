"""The directory of known plugins: data, so that the code need not name any."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

__all__ = ["known_plugin"]


@cache
def _directory() -> dict[str, dict[str, str]]:
    text = files("records_mover").joinpath("known_plugins.json").read_text(encoding="utf-8")
    directory: dict[str, dict[str, str]] = json.loads(text)
    return directory


def known_plugin(kind: str, name: str) -> str | None:
    """Return the distribution that is known to offer a scheme or dialect, if one is."""
    return _directory()[kind].get(name)
