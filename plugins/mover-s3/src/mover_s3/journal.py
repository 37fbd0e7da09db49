"""Notes of uploads under way, so that those of a killed move get aborted.

S3 does not let an upload carry a mark that a list of uploads would show, so the mark is here. A
note that nobody has locked belongs to a dead move. Nobody else's upload is ever touched.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mover_s3.uploads import abort_upload, uploads_of
from records_mover.url.notes import Note, abandoned_notes, noted

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["abort_strays", "note_upload"]

logger = logging.getLogger(__name__)

_KIND = "s3-uploads"
_WINDOW = timedelta(seconds=60)


def note_upload(endpoint: str, address: Address) -> AbstractContextManager[Note]:
    """Note an upload before it begins; its ``upload_id`` is added once S3 has given it one."""
    return noted(_KIND, endpoint=endpoint, bucket=address.bucket, key=address.key, at=time.time())


def abort_strays(clients: Clients, bucket: str) -> None:
    """Abort what killed moves of this user left unfinished in a bucket; never raises."""
    for note in abandoned_notes(_KIND):
        with suppress(OSError, ValueError, KeyError, TypeError):
            _abort_one(clients, bucket, note)


def _abort_one(clients: Clients, bucket: str, note: Note) -> None:
    facts = note.facts
    if (facts["endpoint"], facts["bucket"]) != (clients.endpoint, bucket):
        return
    client = clients.of(bucket)
    where = {"Bucket": bucket, "Key": facts["key"]}
    upload_id = facts.get("upload_id") or _unheard(clients, client, where, facts["at"])
    if upload_id is None or abort_upload(clients, client, {**where, "UploadId": upload_id}):
        logger.info("aborted the upload of %s that a killed move left", facts["key"])
        note.done()


def _unheard(clients: Clients, client: Any, where: dict[str, Any], at: float) -> str | None:
    """Find the upload of a move that died before it heard the upload's name.

    It counts as ours if it is the only one of this key that began in the minute after the note.
    """
    since = datetime.fromtimestamp(at, UTC).replace(microsecond=0)
    found = list(uploads_of(clients, client, where, since, since + _WINDOW))
    return found[0] if len(found) == 1 else None
