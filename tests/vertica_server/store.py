"""The S3 server as a node sees it: by the session's parameters."""

from __future__ import annotations

import fnmatch
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vertica_server.session import Session

__all__ = ["Access", "Store", "from_library", "from_session", "is_object_url", "split_url"]

_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How S3 is reached, as it was set."""

    key_id: str
    secret: str
    token: str = ""
    region: str = "us-east-1"
    endpoint: str = ""
    https: bool = True


def is_object_url(path: str) -> bool:
    """Whether a path lies in S3."""
    return path.lower().startswith("s3://")


def split_url(url: str) -> tuple[str, str]:
    """Return bucket and key of ``s3://bucket/key``."""
    bucket, _, key = url[5:].partition("/")
    if not bucket:
        raise VerticaError(f'Invalid S3 URL "{url}"', sqlstate="22023", code=7121)
    return bucket, key


def from_session(session: Session, bucket: str = "") -> Store:
    """Open S3 by AWSAuth and its like, or by what was said of this bucket."""
    said = session.settings.parameters
    own = _of_bucket(said, bucket)
    auth = own.get("auth") or said.get("awsauth", "")
    if ":" not in auth:
        raise VerticaError(
            f"Failed to access s3://{bucket}: no AWS credentials were set for the session",
            sqlstate="42501", code=7127, hint="Set AWSAuth, or use an IAM role of the node",
        )  # fmt: skip
    key_id, secret = auth.split(":", 1)
    token = own.get("sessionToken", "") if own.get("auth") else said.get("awssessiontoken", "")
    access = Access(
        key_id=key_id,
        secret=secret,
        token=token,
        region=own.get("region") or said.get("awsregion", "us-east-1"),
        endpoint=own.get("endpoint") or said.get("awsendpoint", ""),
        https=(
            own.get("protocol") or ("https" if said.get("awsenablehttps", "1") != "0" else "http")
        )
        == "https",
    )
    return _open(access, session)


def from_library(session: Session) -> Store:
    """Open S3 as the AWS library does: by UDPARAMETERs, which AWSAuth and its like also set."""
    said, own = session.settings.parameters, session.settings.library
    key_id, _, secret = said.get("awsauth", "").partition(":")
    endpoint = own.get("aws_endpoint") or said.get("awsendpoint", "")
    access = Access(
        key_id=own.get("aws_id", key_id),
        secret=own.get("aws_secret", secret),
        token=own.get("aws_session_token", said.get("awssessiontoken", "")),
        region=own.get("aws_region", said.get("awsregion", "us-east-1")),
        endpoint=endpoint.removeprefix("http://").removeprefix("https://"),
        https=said.get("awsenablehttps", "1") != "0" and not endpoint.startswith("http://"),
    )
    if not access.key_id or not access.secret:
        raise VerticaError(
            "Error calling setup() in User Function S3EXPORT: Credentials must be set",
            sqlstate="42501", code=3399,
        )  # fmt: skip
    return _open(access, session)


def _of_bucket(said: Mapping[str, str], bucket: str) -> dict[str, str]:
    found = dict[str, str]()
    for name in ("s3bucketconfig", "s3bucketcredentials"):
        if name not in said:
            continue
        try:
            listed = json.loads(said[name])
        except json.JSONDecodeError as error:
            raise VerticaError(f"Invalid JSON in {name}", sqlstate="22023", code=7105) from error
        for one in listed:
            if one.get("bucket") == bucket:
                found |= {key: str(value) for key, value in one.items()}
    if found.get("accessKey"):
        found["auth"] = f"{found['accessKey']}:{found.get('secretAccessKey', '')}"
    return found


def _open(access: Access, session: Session) -> Store:
    import boto3
    from botocore.config import Config

    if access.token and access.token in session.config.expired_tokens:
        raise _failed("ExpiredToken", "The provided token has expired.", 400)
    scheme = "https" if access.https else "http"
    client = boto3.client(
        "s3",
        endpoint_url=f"{scheme}://{access.endpoint}" if access.endpoint else None,
        aws_access_key_id=access.key_id,
        aws_secret_access_key=access.secret,
        aws_session_token=access.token or None,
        region_name=access.region,
        config=Config(
            retries={"max_attempts": 1},
            s3={"addressing_style": "path"},
            connect_timeout=10,
            read_timeout=30,
        ),
    )
    return Store(client)


@dataclass(frozen=True, slots=True)
class Store:
    """What one statement may reach."""

    client: Any

    def chunks(self, url: str) -> Iterator[bytes]:
        """Yield an object's octets."""
        bucket, key = split_url(url)
        with _Told():
            body = self.client.get_object(Bucket=bucket, Key=key)["Body"]
            yield from body.iter_chunks(1 << 20)

    def matching(self, url: str) -> list[str]:
        """Return what a pattern stands for, in the order of names."""
        if not _GLOB & set(url):
            return [url]
        bucket, pattern = split_url(url)
        begin = pattern[: min(pattern.index(c) for c in _GLOB if c in pattern)]
        depth = pattern.count("/")
        names = [name for name, _ in self.listed(f"s3://{bucket}/{begin}")]
        fits = [n for n in names if n.count("/") == depth and fnmatch.fnmatchcase(n, pattern)]
        return [f"s3://{bucket}/{name}" for name in sorted(fits)]

    def listed(self, url: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every object whose key begins so."""
        bucket, prefix = split_url(url)
        with _Told():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", []):
                    yield str(item["Key"]), int(item["Size"])

    def write(self, url: str, data: bytes) -> None:
        """Write an object."""
        bucket, key = split_url(url)
        with _Told():
            self.client.put_object(Bucket=bucket, Key=key, Body=data)

    def delete(self, url: str) -> None:
        """Delete an object."""
        bucket, key = split_url(url)
        with _Told():
            self.client.delete_object(Bucket=bucket, Key=key)


class _Told:
    """Turns what the S3 client raises into what Vertica says of it."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            said = error.response.get("Error", {})
            status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            message = str(said.get("Message") or "Access Denied")
            raise _failed(str(said.get("Code", "")), message, status) from error
        if isinstance(error, BotoCoreError):
            raise _failed("CURL", str(error), 0) from error


def _failed(code: str, message: str, status: int) -> VerticaError:
    said = f"S3 request failed: HTTP response {status}, error code {code}: {message}"
    return VerticaError(said, sqlstate="58030", code=7127)
