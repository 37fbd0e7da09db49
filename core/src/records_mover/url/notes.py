"""Notes of what is under way, kept on this machine, so that what a killed move left is found.

A note is a small file, locked by its process for as long as that lives: one that nobody has locked
belongs to a dead move. They are for what cannot be marked where it is.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Note", "abandoned_notes", "noted"]

_SUFFIX = ".note"


@dataclass(slots=True)
class Note:
    """What is known of one thing under way; without a file where none could be written."""

    facts: dict[str, Any]
    path: Path | None = field(default=None, kw_only=True)
    file: IO[str] | None = field(default=None, kw_only=True)

    def write(self) -> None:
        """Write the note anew."""
        if self.file is not None:
            with suppress(OSError):
                self.file.seek(0)
                json.dump(self.facts, self.file)
                self.file.truncate()
                self.file.flush()

    def done(self) -> None:
        """Remove the note: what it tells of is no more."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


@contextmanager
def noted(kind: str, **facts: object) -> Iterator[Note]:
    """Note something before it begins; the note stays locked until the block ends."""
    note = Note(dict(facts))
    with suppress(OSError, RuntimeError):
        _open(note, _folder(kind))
    try:
        yield note
    finally:
        if note.file is not None:
            note.file.close()


def _open(note: Note, folder: Path) -> None:
    """Lock before the name is one that others look for: it is never seen unlocked."""
    for made in reversed([folder, *folder.parents]):
        if not made.exists():
            made.mkdir(exist_ok=True, mode=0o700)  # its parents are private too, whatever the umask
    path = folder / f"{os.urandom(8).hex()}{_SUFFIX}"
    unnamed = path.with_suffix(".new")
    file = os.fdopen(os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        note.file = file
        note.write()
        unnamed.rename(path)
    except OSError:
        note.file = None
        file.close()
        unnamed.unlink(missing_ok=True)
        raise
    note.path = path


def abandoned_notes(kind: str) -> Iterator[Note]:
    """Yield the notes of dead moves of this user, each locked for as long as it is looked at."""
    try:
        paths = sorted(_folder(kind).glob(f"*{_SUFFIX}"))
    except (OSError, RuntimeError):
        return
    for path in paths:
        with suppress(OSError, ValueError), path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            facts = json.load(file)
            if isinstance(facts, dict):
                yield Note(facts, path=path)


def _folder(kind: str) -> Path:
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "records-mover" / kind
