"""What a user may set for HTTP: how long to wait, and how often to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from records_mover.errors import ConfigError

__all__ = ["Settings", "read_settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The section ``http`` of the settings.

    ``timeout`` is how many seconds a server may stay silent, ``deadline`` for how many a request
    is tried again, ``tries`` how often at most, and ``redirects`` how many are followed.
    """

    timeout: float = 30.0
    deadline: float = 120.0
    tries: int = 5
    redirects: int = 10


def read_settings(section: object) -> Settings:
    """Check a section of settings; values may be text, as an environment has them."""
    if section is None:
        return Settings()
    if not isinstance(section, Mapping):
        raise ConfigError(f"the settings of 'http' are {section!r}", "give names and values")
    known = {one.name: int if one.type == "int" else float for one in fields(Settings)}
    values: dict[str, Any] = {name: _number(name, value, known) for name, value in section.items()}
    return Settings(**values)


def _number(name: str, value: object, known: Mapping[str, type]) -> float:
    if name not in known:
        raise ConfigError(
            f"there is no setting {name!r} of 'http'", f"known are {', '.join(known)}"
        )
    try:
        number: float = known[name](str(value))
    except ValueError:
        number = -1
    least = 0 if name == "redirects" else 1e-9
    if not least <= number < float("inf"):
        wanted = "a whole number" if known[name] is int else "a number of seconds above zero"
        raise ConfigError(
            f"the setting {name!r} of 'http' cannot be {value!r}", f"it must be {wanted}"
        )
    return number
