"""What a database's server needs to use objects in our name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mover_s3.errors import s3_errors
from records_mover.secret import Secret
from records_mover.url import StoreAccess

if TYPE_CHECKING:
    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["access_to"]

_OWN = ("amazonaws.com", "amazonaws.com.cn")


def access_to(clients: Clients, address: Address) -> StoreAccess:
    """Return the credentials as they are now, renewed where they were about to expire."""
    with s3_errors(address):
        client = clients.of(address.bucket)
        found = clients.credentials()
        frozen = found and found.get_frozen_credentials()
    region, endpoint = client.meta.region_name, _endpoint(client.meta.endpoint_url)
    if frozen is None:
        return StoreAccess(region=region, endpoint=endpoint)
    expires = getattr(found, "_expiry_time", None)  # which no public name of the library tells
    return StoreAccess(
        access_key=Secret(frozen.access_key),
        secret_key=Secret(frozen.secret_key),
        session_token=Secret(frozen.token) if frozen.token else None,
        region=region,
        endpoint=endpoint,
        expires=expires if isinstance(expires, datetime) else None,
    )


def _endpoint(url: str) -> str | None:
    host = str(urlsplit(url).hostname)
    return None if host.endswith(_OWN) else url
