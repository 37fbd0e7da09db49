"""What a user sets for a kind of database: in the query of the URL, or in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import URL

__all__ = ["check_choice", "last", "listed", "said"]


def said(
    names: Iterable[str], url: URL, environment: Mapping[str, str], prefix: str
) -> dict[str, str]:
    """Return the settings that the URL names, else the environment as ``PREFIX_NAME``.

    What is empty counts as not said.
    """
    found = {name: _said(name, url, environment, prefix) for name in names}
    return {name: value for name, value in found.items() if value}


def _said(name: str, url: URL, environment: Mapping[str, str], prefix: str) -> str:
    told = url.query.get(name)
    return (environment.get(f"{prefix}_{name.upper()}", "") if told is None else last(told)).strip()


def last(value: str | tuple[str, ...]) -> str:
    """Return what a URL's query says of a name that may come several times."""
    return value if isinstance(value, str) else value[-1]


def listed(text: str) -> tuple[str, ...]:
    """Return the names that are joined by commas."""
    return tuple(each.strip() for each in text.split(",") if each.strip())


def check_choice(name: str, value: str, choices: Sequence[str], server: str) -> None:
    """Raise where a setting is none of its choices, in any case; without choices any will do."""
    if choices and value.lower() not in choices:
        advice = f"use one of: {', '.join(choices)}"
        raise ConfigError(f"the setting {name} of {server} cannot be {value!r}", advice)
