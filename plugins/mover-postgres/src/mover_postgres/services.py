"""The services of ``pg_service.conf``: each is a connection's name, and libpq reads the rest."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from records_mover.errors import CredsError
from records_mover.parts import Creds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["service_creds"]

_HEAD = re.compile(r"^\[(?P<name>[^\]]*)\]", re.MULTILINE)


def service_creds(name: str) -> Creds | None:
    """Answer for a service: the driver finds its host, user and password itself."""
    if any(name in _services(path) for path in _paths()):
        url = f"postgresql:///?service={quote(name, safe='')}"
        return Creds(provider="pg-service", url=url)
    return None


def _paths() -> Iterator[Path]:
    """Yield where libpq looks: https://www.postgresql.org/docs/current/libpq-pgservice.html."""
    own = os.environ.get("PGSERVICEFILE")
    yield Path(own or os.path.expanduser("~/.pg_service.conf"))  # noqa: PTH111 - there may be no home
    if shared := os.environ.get("PGSYSCONFDIR"):
        yield Path(shared) / "pg_service.conf"


def _services(path: Path) -> set[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise CredsError(f"the service file '{path}' cannot be read: {reason}") from None
    return {found["name"] for found in _HEAD.finditer(text)}
