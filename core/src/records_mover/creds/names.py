"""The names of connections that are written where all of them can be seen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from records_mover.creds.config import load_config
from records_mover.creds.providers import airflow, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["known_names"]


def known_names() -> Mapping[str, tuple[str, ...]]:
    """Return the names that the environment and the configuration files hold, by provider.

    Other providers answer when they are asked for a name, and cannot list what they know.
    ``ConfigError`` where a configuration file is wrong.
    """
    return {
        "environment": _variables(environment.PREFIX),
        "config": tuple(load_config().connections),
        "airflow": _variables(airflow.PREFIX),
    }


def _variables(prefix: str) -> tuple[str, ...]:
    """Return names in small letters: to whom a variable belongs, they are all the same."""
    cut = len(prefix)
    return tuple(sorted(name[cut:].lower() for name in os.environ if name.startswith(prefix)))
