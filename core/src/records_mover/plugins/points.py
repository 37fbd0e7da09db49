"""Entry points of one group, of all that are installed, and whose they are."""

from __future__ import annotations

import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import importlib_metadata

__all__ = ["entry_points", "normal_name", "origin_of"]

logger = logging.getLogger(__name__)


def entry_points(group: str) -> Iterator[importlib_metadata.EntryPoint]:
    """Yield the entry points of a group; a distribution that is installed twice counts once.

    The library parses what every distribution says. Here most are told by a look at their text; and
    a folder of the path that is not there is not taken for an archive, which would load what opens
    archives.
    """
    import importlib_metadata

    path = [place for place in sys.path if not place or Path(place).exists()]
    seen: set[str] = set()
    for distribution in importlib_metadata.distributions(path=path):
        if f"[{group}]" not in (distribution.read_text("entry_points.txt") or ""):
            continue
        points = distribution.entry_points.select(group=group)
        name = normal_name((_told(distribution) or ("", ""))[0])
        if not name or name not in seen:
            seen.add(name)
            yield from points


def normal_name(distribution: str) -> str:
    """Return a distribution's name as it is compared: in small letters, with hyphens."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def origin_of(point: importlib_metadata.EntryPoint) -> tuple[str, str]:
    """Return an entry point's distribution and version; damaged metadata breaks nobody else."""
    try:
        if point.dist is not None:
            return _told(point.dist) or (point.dist.name, point.dist.version)
    except Exception:
        logger.warning("the metadata of plugin %r is damaged", point.name, exc_info=True)
    return "unknown", "unknown"


def _told(distribution: importlib_metadata.Distribution | Any) -> tuple[str, str] | None:
    """Read the two lines that are wanted: the library parses all as mail, and loads what can."""
    text = distribution.read_text("METADATA") or ""
    head = text.partition("\n\n")[0]
    name, version = (re.search(rf"^{key}: (\S+)$", head, re.M) for key in ("Name", "Version"))
    return (name[1], version[1]) if name is not None and version is not None else None
