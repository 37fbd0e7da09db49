"""Uploads that were begun and not completed: how to find them, and how to end them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_s3.errors import status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from mover_s3.clients import Clients

__all__ = ["abort_upload", "uploads_of"]

_ABORT_DEADLINE = 10.0
_ABORT_TRIES = 3


def abort_upload(clients: Clients, client: Any, where: Mapping[str, Any]) -> bool:
    """Abort until S3 no longer knows the upload; say whether it came to that."""
    from botocore.exceptions import BotoCoreError, ClientError

    retry = clients.retry.brief(_ABORT_DEADLINE)
    for _ in range(_ABORT_TRIES):
        try:
            retry(lambda: client.abort_multipart_upload(**where, **clients.payer))
            retry(lambda: client.list_parts(**where, **clients.payer))
        except ClientError as error:
            # Whoever may abort need not be allowed to look.
            unseen = error.operation_name == "ListParts" and status_of(error) == 403
            return unseen or status_of(error) == 404
        except BotoCoreError:
            return False
    return False


def uploads_of(
    clients: Clients,
    client: Any,
    where: Mapping[str, Any],
    since: datetime,
    until: datetime | None = None,
) -> Iterator[str]:
    """Yield the names of the uploads of a key that began in that time, where S3 tells."""
    from botocore.exceptions import BotoCoreError, ClientError

    retry = clients.retry.brief(_ABORT_DEADLINE)
    try:
        answer = retry(
            lambda: client.list_multipart_uploads(Bucket=where["Bucket"], Prefix=where["Key"])
        )
    except (ClientError, BotoCoreError):
        return
    for upload in answer.get("Uploads", ()):
        began = upload["Initiated"]
        if upload["Key"] == where["Key"] and since <= began and (until is None or began <= until):
            yield str(upload["UploadId"])
