"""Factories of targets that plugins bring, by entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.known_plugins import known_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["target_factory"]

GROUP = "records_mover.targets"


def target_factory(name: str) -> Callable[..., Any]:
    """Return the factory that an entry point of this name gives, or raise ``AttributeError``."""
    from records_mover.plugins.points import entry_points

    if not name.startswith("_"):
        for point in entry_points(GROUP):
            if point.name == name:
                factory: Callable[..., Any] = point.load()
                return factory
    known = known_plugin("target_factories", name)
    advice = f"; install it: pip install {known}" if known else ""
    raise AttributeError(f"no plugin offers the targets {name!r}{advice}")
