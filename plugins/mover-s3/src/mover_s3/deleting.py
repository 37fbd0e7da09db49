"""Deleting many objects: a thousand to a request, and one by one where a server wants it so."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from mover_s3.errors import code_of, s3_errors
from records_mover.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["delete_keys", "delete_object"]

BATCH = 1000
# What XML 1.0 cannot say: such a key fits no list of keys.
_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_LISTS = {"MissingContentMD5", "NotImplemented", "InvalidRequest", "MethodNotAllowed"}


def delete_keys(clients: Clients, address: Address, keys: Iterable[str]) -> None:
    """Delete keys of the address's bucket; one that is not there is no error."""
    left = iter(keys)
    while batch := list(islice(left, BATCH)):
        sayable = [key for key in batch if not _UNSAYABLE.search(key)]
        if sayable:
            _delete_batch(clients, address, sayable)
        for key in set(batch) - set(sayable):
            delete_object(clients, address.with_key(key))


def delete_object(clients: Clients, address: Address) -> None:
    """Delete one object; one that is not there is no error."""
    client = clients.of(address.bucket)
    with s3_errors(address, "delete"):
        clients.retry(
            lambda: client.delete_object(Bucket=address.bucket, Key=address.key, **clients.payer)
        )


def _delete_batch(clients: Clients, address: Address, keys: list[str]) -> None:
    from botocore.exceptions import ClientError

    client = clients.of(address.bucket)
    wanted: dict[str, Any] = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
    with s3_errors(address, "delete below"):
        try:
            answer = clients.retry(
                lambda: client.delete_objects(Bucket=address.bucket, Delete=wanted, **clients.payer)
            )
        except ClientError as error:
            if code_of(error) not in _NO_LISTS:
                raise
            answer = None
    if answer is None:
        for key in keys:
            delete_object(clients, address.with_key(key))
    for failed in (answer or {}).get("Errors", ()):
        url = str(address.with_key(failed["Key"]))
        raise StoreError(f"cannot delete {url!r}: {failed.get('Code')}", "check what is allowed")
