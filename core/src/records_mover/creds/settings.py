"""Settings of stores and databases, section by section: from arguments, over those of files."""

from __future__ import annotations

from collections.abc import Mapping

from records_mover.known_plugins import session_arguments
from records_mover.mover_types import PleaseInfer

__all__ = ["merged", "with_backends"]


def with_backends(
    settings: Mapping[str, object], backends: Mapping[str, object]
) -> dict[str, object]:
    """Put arguments of 1.x under the settings that they are now; None says nothing."""
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
