"""What an S3 URL names: a bucket and a key, taken as they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from records_mover.errors import EndpointError

__all__ = ["Address", "parse_address", "parse_object"]

_URL = re.compile(r"(?P<scheme>s3a?)://(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_ACCESS_POINT = re.compile(r"(arn:[^/]*:accesspoint[:/][^/]+)/?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A bucket (or access point) and a key or prefix; ``scheme`` is the one that the user wrote."""

    bucket: str
    key: str
    scheme: str = "s3"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"

    @property
    def is_folder(self) -> bool:
        """Whether it names what is below a prefix and not one object."""
        return not self.key or self.key.endswith("/")

    def with_key(self, key: str) -> Address:
        """Return another address in the same bucket."""
        return Address(bucket=self.bucket, key=key, scheme=self.scheme)


def parse_address(url: str) -> Address:
    """Split an S3 URL. Nothing in it is an escape: ``%``, ``+``, ``?``, ``#`` are themselves."""
    match = _URL.fullmatch(url)
    if match is None:
        raise EndpointError(f"{url!r} is no S3 URL", "write s3://bucket/key")
    rest = match["rest"]
    point = _ACCESS_POINT.fullmatch(rest)
    bucket, _, key = (point[1], "", point[2]) if point else rest.partition("/")
    if not bucket:
        raise EndpointError(f"{url!r} names no bucket", "write s3://bucket/key")
    return Address(bucket=bucket, key=key, scheme=match["scheme"])


def parse_object(url: str) -> Address:
    """Split the URL of one object; a bucket alone or a folder is refused."""
    address = parse_address(url)
    if address.is_folder:
        raise EndpointError(f"{url!r} names a folder, not an object", "write s3://bucket/key")
    return address
