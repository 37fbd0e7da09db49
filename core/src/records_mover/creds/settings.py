"""Settings of stores and databases, section by section: from arguments, over those of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from records_mover.errors import CredsError
from records_mover.known_plugins import airflow_creds, session_arguments
from records_mover.mover_types import PleaseInfer

if TYPE_CHECKING:
    from records_mover.plugins import Plugins

__all__ = ["airflow_settings", "merged", "with_backends"]


def with_backends(
    settings: Mapping[str, object], backends: Mapping[str, object]
) -> dict[str, object]:
    """Put arguments of 1.x under the settings that they are now; None says nothing.

    Raises ``TypeError``, as Python does, for an argument that 1.x did not have either.
    """
    if not backends:
        return dict(settings)
    known = session_arguments()
    given: dict[str, dict[str, object]] = {}
    for name, value in backends.items():
        if name not in known:
            raise TypeError(f"Session() got an unexpected argument {name!r}")
        section, _, setting = known[name].partition(".")
        if value is not None and not isinstance(value, PleaseInfer):
            given.setdefault(section, {})[setting] = value
    return merged(given, settings)


def airflow_settings(plugins: Plugins) -> dict[str, object]:
    """Return the settings that Airflow's own connections are, where it has them, as in 1.x."""
    found: dict[str, dict[str, object]] = {}
    for name, setting in airflow_creds().items():
        if _known_to_airflow(name, plugins):
            section, _, key = setting.partition(".")
            found.setdefault(section, {})[key] = name
    return dict(found)


def _known_to_airflow(name: str, plugins: Plugins) -> bool:
    """Whether Airflow knows a connection; whoever uses it is told what may be wrong with it."""
    asked = [one for one in plugins.providers() if one.name == "airflow"]
    try:
        return any(one.ask(name) is not None for one in asked)
    except CredsError:
        return True


def merged(weak: Mapping[str, object], strong: Mapping[str, object]) -> dict[str, object]:
    """Merge settings section by section; what is no section is taken as it is."""
    found = dict(weak)
    for section, values in strong.items():
        below = found.get(section)
        if isinstance(below, Mapping) and isinstance(values, Mapping):
            found[section] = {**below, **values}
        else:
            found[section] = values
    return found
