"""Scratch space: a folder of one's own below a URL, for as long as a move needs it."""

from __future__ import annotations

import logging
import re
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from records_mover.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ScratchStore",
    "is_scratch_place",
    "scratch_place",
    "scratch_space",
    "strays",
    "sweep_strays",
]

logger = logging.getLogger(__name__)

LONGEST_MOVE = timedelta(days=7)
"""Scratch folders older than this belong to no move that is still running."""

_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"mover-scratch-(\d{8}T\d{6}Z)-[0-9a-f]{32}")
_ANY = "mover-scratch-*/"
"""What stands in plans for a folder that is named when the move begins."""


@runtime_checkable
class ScratchStore(Protocol):
    """What a store has to have, besides a store's own methods, to be used for scratch space."""

    def make_folder(self, url: str) -> None:
        """Make sure that files can be written to the folder ``url``."""
        ...

    def folders(self, url: str) -> Iterator[str]:
        """Yield the URLs of the folders directly below ``url``, each ending in ``/``."""
        ...

    def purge(self, url: str) -> None:
        """Delete everything below the folder ``url``; to have nothing there is no error."""
        ...


def scratch_place(base: str) -> str:
    """Return what stands for a scratch folder below ``base`` until there is one."""
    return f"{_folder(base)}{_ANY}"


def is_scratch_place(place: str) -> bool:
    """Whether a place stands for a scratch folder that is still to be made."""
    return place.endswith(f"/{_ANY}")


def _folder(base: str) -> str:
    return base if base.endswith("/") else f"{base}/"


@contextmanager
def scratch_space(store: object, base: str) -> Iterator[str]:
    """Give the URL of a new folder below ``base``, and empty it at the end, failed or not.

    Its name holds the time and a random word, so that nobody guesses it and what a killed move
    leaves can be told from anything else. Such strays are removed on the way in, once they are
    ``LONGEST_MOVE`` old.
    """
    if not isinstance(store, ScratchStore):
        raise UsageError(f"{base!r} cannot be used as scratch space", "name a folder in a store")
    below = _folder(base)
    stamp = datetime.now(UTC).strftime(_STAMP)
    url = f"{below}mover-scratch-{stamp}-{secrets.token_hex(16)}/"
    sweep_strays(store, below)
    store.make_folder(url)
    try:
        yield url
    finally:
        _empty(store, url)


def strays(store: ScratchStore, base: str, older_than: timedelta = LONGEST_MOVE) -> Iterator[str]:
    """Yield the scratch folders directly below ``base`` that were begun longer ago than that."""
    latest = datetime.now(UTC) - older_than
    for url in store.folders(base):
        match = _NAME.fullmatch(url.rstrip("/").rsplit("/", 1)[-1])
        if match and datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) <= latest:
            yield url


def sweep_strays(store: ScratchStore, base: str, older_than: timedelta = LONGEST_MOVE) -> None:
    """Remove what killed moves left below ``base``; what cannot be removed stays, with a note."""
    try:
        for url in list(strays(store, base, older_than)):
            logger.info("removing the scratch folder %s of a move that was killed", url)
            store.purge(url)
    except StoreError as error:
        logger.info("could not look for old scratch folders: %s", error)


def _empty(store: ScratchStore, url: str) -> None:
    """Empty a folder; when that fails, whatever the move came to stands, and the user is told."""
    try:
        store.purge(url)
    except StoreError as error:
        logger.warning("the scratch folder %s could not be emptied: %s", url, error)
