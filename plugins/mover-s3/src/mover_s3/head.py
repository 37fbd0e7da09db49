"""What S3 says of an object without its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mover_s3.errors import status_of, with_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["Head", "head_object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An object's size and version, and all else that was said (``answer``)."""

    size: int
    etag: str | None
    answer: Mapping[str, Any]


def head_object(clients: Clients, address: Address) -> Head:
    """Ask for an object's headers; raises what the client library raises."""
    from botocore.exceptions import ClientError

    client = clients.of(address.bucket)
    where = {"Bucket": address.bucket, "Key": address.key, **clients.payer}
    try:
        answer = clients.retry(lambda: with_all(client.head_object(**where), "ETag"))
    except ClientError as error:
        if status_of(error) in (400, 403):
            _ask_why(clients, client, where)
        raise
    return Head(size=answer["ContentLength"], etag=answer.get("ETag"), answer=answer)


def _ask_why(clients: Clients, client: Any, where: Mapping[str, Any]) -> None:
    """Raise the reason for a refusal: the answer to HEAD has no body to say it in."""
    answer = clients.retry(lambda: client.get_object(**where, Range="bytes=0-0"))
    answer["Body"].close()
