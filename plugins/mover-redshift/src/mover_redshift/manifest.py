"""The manifest that UNLOAD writes last, read with some caution.

The sample of it in the manual is no JSON: a type's length stands there without a name.
"""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.errors import LoadUnloadError
from records_mover.url.patience import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.parts import Part, Stores

__all__ = ["Unloaded", "await_manifest", "parse_manifest", "read_manifest"]

_ENTRY = re.compile(
    r'"url"\s*:\s*"(?P<url>[^"]+)"[^}]*?"content_length"\s*:\s*(?P<size>\d+)'
    r'(?:[^}]*?"record_count"\s*:\s*(?P<rows>\d+))?',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unloaded:
    """The files of an UNLOAD: URLs, sizes and, where it says so, how many lines are in each."""

    files: tuple[tuple[str, int | None], ...]
    records: int | None = None

    def parts(self, stores: Stores) -> tuple[Part, ...]:
        """Return the files, in the order of their names."""
        return tuple(stores.part(url, size) for url, size in sorted(self.files))


def parse_manifest(text: str, url: str) -> Unloaded:
    """Read a manifest; raise where not even its entries can be read."""
    try:
        data = json.loads(text)
    except ValueError:
        return _by_its_entries(text, url)
    entries = data.get("entries") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise LoadUnloadError(f"the manifest {url!r} has no list 'entries'", "unload again")
    files = tuple(
        (str(entry["url"]), _number(entry.get("meta"), "content_length")) for entry in entries
    )
    return Unloaded(files=files, records=_number(data.get("meta"), "record_count"))


def _number(meta: Any, name: str) -> int | None:
    value = meta.get(name) if isinstance(meta, dict) else None
    return int(value) if isinstance(value, int | float) else None


def _by_its_entries(text: str, url: str) -> Unloaded:
    found = list(_ENTRY.finditer(text.partition('"schema"')[0]))
    if not found:
        raise LoadUnloadError(f"the manifest {url!r} cannot be read", "unload again")
    counts = [int(entry["rows"]) if entry["rows"] else None for entry in found]
    known = [count for count in counts if count is not None]
    return Unloaded(
        files=tuple((entry["url"], int(entry["size"])) for entry in found),
        records=sum(known) if len(known) == len(counts) else None,
    )


def read_manifest(stores: Stores, url: str) -> Unloaded:
    """Read the manifest that is at ``url``."""
    with closing(stores.open(url)) as stream:
        return parse_manifest(stream.read().decode("utf-8", "replace"), url)


def await_manifest(
    stores: Stores, url: str, *, seconds: float, check: Callable[[], None]
) -> Unloaded | None:
    """Look for a manifest until it is there, or for so long; it is the sign of a whole UNLOAD."""
    return wait_for(lambda: read_manifest(stores, url), seconds=seconds, check=check)
