"""Files that are there and not shown yet, and what killed moves have left of them."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from records_mover.errors import StoreError
from records_mover.url.local import absolute_url
from records_mover.url.notes import abandoned_notes, noted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.url import Store

__all__ = ["unproved"]

log = logging.getLogger(__name__)

_KIND = "unproved"


@contextmanager
def unproved(store: Store, url: str) -> Iterator[str]:
    """Give the URL of a file beside ``url`` that no listing of data shows; it is gone at the end.

    What moves of this user on this machine left beside it when they were killed goes, too.
    """
    folder, slash, name = absolute_url(url).rpartition("/")
    for note in abandoned_notes(_KIND):
        left = str(note.facts.get("url"))
        if left.rpartition("/")[0] == folder:
            log.warning("removing %s, which a killed move left behind", left)
            with suppress(StoreError):
                store.delete(left)
            note.done()
    place = f"{folder}{slash}.{name}.{os.urandom(4).hex()}.mover"
    with noted(_KIND, url=place) as note:
        try:
            yield place
        finally:
            with suppress(StoreError):
                store.delete(place)
            note.done()
