"""Notes of uploads under way, kept on this machine, so that those of a killed move get aborted.

S3 does not let an upload carry a mark that a list of uploads would show, so the mark is here: one
small file an upload, locked by the process for as long as it lives. A note that nobody has locked
belongs to a dead move. Nobody else's upload is ever touched.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["Note", "abort_strays", "note_upload"]

logger = logging.getLogger(__name__)

_SUFFIX = ".upload"
_WINDOW = timedelta(seconds=60)


@dataclass(slots=True)
class Note:
    """The note of one upload; without a file where none could be written."""

    facts: dict[str, Any]
    path: Path | None = None
    file: IO[str] | None = None

    def began(self, upload_id: str) -> None:
        """Write down the upload's name, once S3 has given it one."""
        self.facts["upload_id"] = upload_id
        self.write()

    def write(self) -> None:
        """Write the note anew."""
        if self.file is not None:
            with suppress(OSError):
                self.file.seek(0)
                self.file.truncate()
                json.dump(self.facts, self.file)
                self.file.flush()

    def done(self) -> None:
        """Remove the note: the upload is no more."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


@contextmanager
def note_upload(endpoint: str, address: Address) -> Iterator[Note]:
    """Note an upload before it begins; the note stays locked until the block ends."""
    note = Note({"endpoint": endpoint, "bucket": address.bucket, "key": address.key})
    note.facts["at"] = time.time()
    with suppress(OSError, RuntimeError):
        _open(note)
    try:
        yield note
    finally:
        if note.file is not None:
            note.file.close()


def _open(note: Note) -> None:
    """Lock before the name is one that others look for: it is never seen unlocked."""
    folder = _folder()
    for made in reversed([folder, *folder.parents]):
        if not made.exists():
            made.mkdir(exist_ok=True, mode=0o700)  # its parents are private too, whatever the umask
    path = folder / f"{secrets.token_hex(8)}{_SUFFIX}"
    unnamed = path.with_suffix(".new")
    file = os.fdopen(os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(path)
    except OSError:
        file.close()
        unnamed.unlink(missing_ok=True)
        raise
    note.path, note.file = path, file
    note.write()


def abort_strays(clients: Clients, bucket: str) -> None:
    """Abort what killed moves of this user left unfinished in a bucket; never raises."""
    try:
        notes = sorted(_folder().glob(f"*{_SUFFIX}"))
    except (OSError, RuntimeError):
        return
    for path in notes:
        with suppress(OSError, ValueError, KeyError, TypeError):
            _abort_one(clients, bucket, path)


def _abort_one(clients: Clients, bucket: str, path: Path) -> None:
    from mover_s3.multipart import abort_upload

    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        facts = json.load(file)
        if (facts["endpoint"], facts["bucket"]) != (clients.endpoint, bucket):
            return
        client = clients.of(bucket)
        where = {"Bucket": bucket, "Key": facts["key"]}
        upload_id = facts.get("upload_id") or _unheard(clients, client, where, facts["at"])
        if upload_id is None or abort_upload(clients, client, {**where, "UploadId": upload_id}):
            logger.info("aborted the upload of %s that a killed move left", facts["key"])
            path.unlink(missing_ok=True)


def _unheard(clients: Clients, client: Any, where: dict[str, Any], at: float) -> str | None:
    """Find the upload of a move that died before it heard the upload's name.

    It counts as ours if it is the only one of this key that began in the minute after the note.
    """
    from mover_s3.multipart import uploads_of

    since = datetime.fromtimestamp(at, UTC).replace(microsecond=0)
    found = list(uploads_of(clients, client, where, since, since + _WINDOW))
    return found[0] if len(found) == 1 else None


def _folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "records-mover" / "s3-uploads"
