"""The S3 server as a cluster sees it: by the statement's credentials, in the bucket's region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from redshift_server.config import Keys
from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redshift_server.config import ServerConfig
    from redshift_server.grammar.access import Access

__all__ = ["Store", "open_store", "split_url"]

_GONE = {"404", "NoSuchKey", "NotFound"}
_MOVED = (
    "The bucket you are attempting to access must be addressed using the specified endpoint."
    " Please send all future requests to this endpoint."
)


def split_url(url: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key``."""
    parts = urlsplit(url, allow_fragments=False)
    query = f"?{parts.query}" if parts.query or url.endswith("?") else ""
    return parts.netloc, parts.path.lstrip("/") + query


@dataclass(frozen=True, slots=True)
class Store:
    """What one statement may reach."""

    client: Any
    config: ServerConfig
    region: str

    def read(self, url: str) -> bytes:
        """Return an object; a missing one is the server's own 404."""
        bucket, key = self._place(url)
        with _Told():
            return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def size(self, url: str) -> int | None:
        """Return the bytes of an object, or None if there is none."""
        from botocore.exceptions import ClientError

        bucket, key = self._place(url)
        try:
            return int(self.client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise _exception(error) from error

    def listed(self, url: str) -> Iterator[tuple[str, int]]:
        """Yield the url and the size of every object whose key begins so."""
        bucket, prefix = self._place(url)
        with _Told():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    yield f"s3://{bucket}/{item['Key']}", int(item["Size"])

    def missing(self, url: str) -> RedshiftError:
        """Return the error of an object that has to be there."""
        error = _service("The specified key does not exist.", "404", "NoSuchKey")
        error.detail += f" key: {url}"
        return error

    def write(self, url: str, data: bytes, **more: str) -> None:
        """Write an object."""
        bucket, key = self._place(url)
        with _Told():
            self.client.put_object(Bucket=bucket, Key=key, Body=data, **more)

    def delete(self, url: str) -> None:
        """Delete an object."""
        bucket, key = self._place(url)
        with _Told():
            self.client.delete_object(Bucket=bucket, Key=key)

    def _place(self, url: str) -> tuple[str, str]:
        bucket, key = split_url(url)
        there = self.config.bucket_regions.get(bucket, self.config.region)
        if there != self.region:
            raise _service(_MOVED, "301", "PermanentRedirect")
        return bucket, key


def open_store(config: ServerConfig, access: Access, region: str = "") -> Store:
    """Open what these credentials give access to; the region defaults to the cluster's."""
    keys = _keys(config, access)
    if keys.token and keys.token in config.expired_tokens:
        raise _service("The provided token has expired.", "400", "ExpiredToken")
    client = _client(config.s3_endpoint, keys, region or config.region)
    return Store(client, config, region or config.region)


@lru_cache(maxsize=64)
def _client(endpoint: str, keys: Keys, region: str) -> Any:
    """Return a client; making one takes longer than most of what it is asked for in a test."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        aws_access_key_id=keys.key_id,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.token or None,
        region_name=region,
        config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
    )


def _keys(config: ServerConfig, access: Access) -> Keys:
    if not access.role:
        return Keys(key_id=access.key_id, secret=access.secret, token=access.token)
    name = config.default_role if access.role == "default" else access.role
    if not name:
        raise RedshiftError("The default IAM role is not set for the cluster", sqlstate="XX000")
    if name not in config.roles:
        said = f"User arn:aws:redshift:{config.region}:123456789012:dbuser:stand-in/{config.user}"
        raise RedshiftError(f"{said} is not authorized to assume IAM Role {name}")
    return config.roles[name]


class _Told:
    """Turns what the S3 client raises into what Redshift says of it."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            raise _exception(error) from error
        if isinstance(error, BotoCoreError):
            raise _service(str(error), "0", "CURL Error") from error


def _exception(error: Any) -> RedshiftError:
    said = error.response.get("Error", {})
    status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    message = said.get("Message") or "Access Denied"
    return _service(message, status, str(said.get("Code", "")))


def _service(message: str, status: str, code: str) -> RedshiftError:
    whole = f"S3ServiceException:{message},Status {status},Error {code},Rid 0,ExtRid 0,CanRetry 1"
    return RedshiftError(
        whole, detail=f"error: {whole} code: 8001 context: S3 process: query0_1 location: table_s3"
    )
