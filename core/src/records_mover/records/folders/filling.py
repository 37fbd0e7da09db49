"""What a move has written into a folder so far, kept on this machine in case that it is killed."""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from records_mover.frozen import frozen
from records_mover.url.local import absolute_url
from records_mover.url.notes import abandoned_notes, noted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from records_mover.url import Store
    from records_mover.url.notes import Note

__all__ = ["Written", "filling", "left_behind", "sweep"]

log = logging.getLogger(__name__)

_KIND = "folder"
_FILES = "files"
_BEGINNINGS = "beginnings"


@frozen(kw_only=False)
class Written:
    """The note of one folder that is being filled, which was empty before.

    ``beginning`` is how the names of files may begin that cannot be noted one by one.
    """

    note: Note
    beginning: str = field(default_factory=lambda: f"data-{secrets.token_hex(6)}-")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, *names: str) -> None:
        """Note files before they are written."""
        self._tell(dict.fromkeys(names))

    def ended(self, name: str, size: int) -> None:
        """Note how long a file has become, by which it is known again."""
        self._tell({name: size})

    def claim(self, beginning: str) -> None:
        """Note how the names of files begin that a server writes: nobody else's begin so."""
        with self.lock:
            claimed = self.note.facts.setdefault(_BEGINNINGS, [])
            if beginning and beginning not in claimed:
                claimed.append(beginning)
                self.note.write()

    def wrote(self, sizes: Mapping[str, int | None]) -> frozenset[str]:
        """Return which files of the folder are of this move, by its note of them."""
        with self.lock:
            return _own(self.note, sizes)

    def _tell(self, files: Mapping[str, int | None]) -> None:
        with self.lock:
            self.note.facts[_FILES] |= files
            self.note.write()


@contextmanager
def filling(url: str) -> Iterator[Written]:
    """Keep a note of a folder for as long as it is not whole; one that is killed leaves it."""
    with noted(_KIND, url=absolute_url(url), files={}) as note:
        yield Written(note)
        note.done()


def left_behind(url: str, sizes: Mapping[str, int | None]) -> frozenset[str]:
    """Return which files of a folder a move has left that was killed before it was whole.

    ``sizes`` are those of the files that are there: one of another length is somebody else's.
    """
    return frozenset().union(*(_own(note, sizes) for note in _notes(url)))


def sweep(store: Store, url: str, sizes: Mapping[str, int | None]) -> None:
    """Delete what killed moves have left in a folder that is not whole, and nothing else."""
    for note in _notes(url):
        for name in sorted(_own(note, sizes)):
            log.warning("removing %s, which a killed move left behind", url + name)
            store.delete(url + name)
        note.done()


def _notes(url: str) -> Iterable[Note]:
    wanted = absolute_url(url)
    return (note for note in abandoned_notes(_KIND) if note.facts.get("url") == wanted)


def _own(note: Note, sizes: Mapping[str, int | None]) -> frozenset[str]:
    files, beginnings = note.facts.get(_FILES), note.facts.get(_BEGINNINGS, [])
    if not isinstance(files, dict) or not isinstance(beginnings, list):
        return frozenset()
    there = {name: size for name, size in files.items() if name in sizes}
    known = frozenset(name for name, size in there.items() if size in (None, sizes[name]))
    claimed = tuple(one for one in beginnings if isinstance(one, str) and one)
    return known | {name for name in sizes if name.startswith(claimed)}
