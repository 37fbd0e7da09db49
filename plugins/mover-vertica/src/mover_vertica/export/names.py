"""How EXPORT begins the names of its files, found out while it runs: few can be told how."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.errors import MoverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from records_mover.parts import FileNames, Part, Stores

__all__ = ["claim", "claiming"]

log = logging.getLogger(__name__)

_HASH = re.compile(r"[0-9a-f]{8,}-")
"""What the names of one export have in common, and those of no other."""
_FIRST, _LAST = 0.5, 8.0
"""Seconds between two looks: they grow, as files of a large export are long in the making."""


@contextmanager
def claiming(stores: Stores, folder: str, names: FileNames) -> Iterator[None]:
    """Look for the first file in the folder, which was empty, for as long as the block runs.

    Where that fails, what it has left is looked for once more.
    """
    ended = threading.Event()
    looking = threading.Thread(
        target=_look, args=(stores, folder, names, ended), name="mover-names", daemon=True
    )
    looking.start()
    try:
        yield
    except BaseException:
        _claimed(stores, folder, names)
        raise
    finally:
        ended.set()
        looking.join()


def _look(stores: Stores, folder: str, names: FileNames, ended: threading.Event) -> None:
    pause = _FIRST
    while not ended.wait(pause):
        pause = min(pause * 2, _LAST)
        if _claimed(stores, folder, names):
            return


def _claimed(stores: Stores, folder: str, names: FileNames) -> bool:
    try:
        return claim(names, stores.parts(folder))
    except MoverError as error:
        log.info("cannot look into %s: %s", folder, error)
        return False


def claim(names: FileNames, parts: Iterable[Part]) -> bool:
    """Note how the names of an export's files begin, and say whether there are any yet."""
    found = (_HASH.match(part.name.rsplit("/", 1)[-1]) for part in parts)
    begun = {match.group() for match in found if match is not None}
    for beginning in begun:
        names.claim(beginning)
    return bool(begun)
