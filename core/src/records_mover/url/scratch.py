"""Scratch space: a folder of one's own below a URL, for as long as a move needs it."""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from records_mover.errors import StoreError, UsageError
from records_mover.url.notes import abandoned_notes, noted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "NamesUser",
    "ScratchStore",
    "is_scratch_place",
    "personal",
    "scratch_place",
    "scratch_space",
    "strays",
    "sweep_strays",
]

logger = logging.getLogger(__name__)

LONGEST_MOVE = timedelta(days=7)
"""Scratch folders older than this belong to no move that is still running."""

USER = "{user}"
"""What stands in the URL of scratch space for the name of whoever moves."""

_KIND = "scratch"
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


@runtime_checkable
class NamesUser(Protocol):
    """What a store has that knows whose credentials it uses."""

    def user(self, url: str) -> str | None:
        """Return the user's name, or None where the credentials are nobody's own."""
        ...


def personal(store: object, base: str) -> str | None:
    """Return ``base`` with the user's name in the place of ``{user}``; None where there is none."""
    if USER not in base:
        return base
    if not isinstance(store, NamesUser):
        raise UsageError(
            f"the store of {base!r} does not know its users", f"write a name instead of {USER}"
        )
    try:
        name, why = store.user(base.partition(USER)[0]), "the credentials are no user's own"
    except StoreError as error:
        name, why = None, str(error)
    if name is None:
        logger.warning("there is no scratch space at %s: %s", base, why)
    return name and base.replace(USER, name)


@contextmanager
def scratch_space(store: object, base: str) -> Iterator[str]:
    """Give the URL of a new folder below ``base``, and empty it at the end, failed or not.

    Its name holds the time and a random word, so that nobody guesses it and what a killed move
    leaves can be told from anything else. Such strays are removed on the way in: those of this user
    on this machine at once, all others once they are ``LONGEST_MOVE`` old.
    """
    if not isinstance(store, ScratchStore):
        raise UsageError(f"{base!r} cannot be used as scratch space", "name a folder in a store")
    below = _folder(base)
    stamp = datetime.now(UTC).strftime(_STAMP)
    url = f"{below}mover-scratch-{stamp}-{os.urandom(16).hex()}/"
    _sweep_own(store, below)
    sweep_strays(store, below)
    with noted(_KIND, url=url) as note:
        store.make_folder(url)
        try:
            yield url
        finally:
            if _empty(store, url):
                note.done()


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


def _sweep_own(store: ScratchStore, base: str) -> None:
    """Empty the folders below ``base`` of this user's moves that were killed on this machine."""
    for note in abandoned_notes(_KIND):
        url = str(note.facts.get("url"))
        name = url.removeprefix(base).removesuffix("/")
        if url == f"{base}{name}/" and _NAME.fullmatch(name) and _empty(store, url):
            logger.info("emptied the scratch folder %s of a move that was killed", url)
            note.done()


def _empty(store: ScratchStore, url: str) -> bool:
    """Empty a folder; when that fails, whatever the move came to stands, and the user is told."""
    try:
        store.purge(url)
    except StoreError as error:
        logger.warning("the scratch folder %s could not be emptied: %s", url, error)
        return False
    return True
