"""The client library's session and clients: one client to a region, the region found by bucket."""

from __future__ import annotations

import io
import logging
import os
import threading
from typing import TYPE_CHECKING, Any

from mover_s3.errors import s3_errors, status_of
from mover_s3.retry import Retry
from records_mover.logging import guard_logger
from records_mover.redaction import register_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mover_s3.settings import Settings

__all__ = ["CONNECTIONS", "Clients"]

CONNECTIONS = 24
"""Connections that a client keeps: above the number of threads that may use it at once."""

_ANYWHERE = "us-east-1"


class Clients:
    """Makes clients when they are first needed and hands them out again; safe between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.retry = Retry(settings.deadline)
        self._lock = threading.RLock()
        self._session: Any = settings.session
        self._clients: dict[str, Any] = {}
        self._regions: dict[str, str] = {}

    def of(self, bucket: str) -> Any:
        """Return the client for the region that a bucket is in."""
        with self._lock:
            if bucket not in self._regions:
                self._regions[bucket] = self._region_of(bucket)
            return self._client(self._regions[bucket])

    def credentials(self) -> Any:
        """Return the client library's credentials; None where requests are not signed."""
        if self.settings.anonymous:
            return None
        with self._lock:
            return self._the_session().get_credentials()

    def identity(self) -> Any:
        """Return a client of the service that knows whose credentials these are."""
        with self._lock:
            config = _config(self.settings)
            return self._the_session().client("sts", region_name=self._home, config=config)

    @property
    def endpoint(self) -> str:
        """The address of the server that the home region's client talks to."""
        with self._lock:
            return str(self._client(self._home).meta.endpoint_url)

    @property
    def payer(self) -> Mapping[str, str]:
        """What every request for an object says of who pays."""
        return {"RequestPayer": "requester"} if self.settings.requester_pays else {}

    @property
    def encryption(self) -> Mapping[str, str]:
        """What every request that makes an object says of its encryption."""
        sse, key = self.settings.sse, self.settings.kms_key_id
        if not sse and not key:
            return {}
        chosen = {"ServerSideEncryption": sse or "aws:kms"}
        return chosen | {"SSEKMSKeyId": key} if key else chosen

    def sums(self, bucket: str) -> bool:
        """Whether uploads carry a checksum: unless the user asked for the required ones only."""
        mode = self.of(bucket).meta.config.request_checksum_calculation
        return str(mode).lower() != "when_required"

    @property
    def _home(self) -> str:
        session = self._the_session()
        found = self.settings.region or session.region_name or os.environ.get("AWS_REGION")
        return str(found or _ANYWHERE)

    def _the_session(self) -> Any:
        if self._session is None:
            import boto3

            for name in ("botocore", "boto3", "urllib3", "s3transfer"):
                guard_logger(name)
            _keep_tokens_out_of_logs()
            self._session = boto3.Session(profile_name=self.settings.profile)
        return self._session

    def _client(self, region: str) -> Any:
        if region not in self._clients:
            made = self._the_session().client(
                "s3",
                region_name=region,
                endpoint_url=self.settings.endpoint_url,
                config=_config(self.settings),
            )
            _hide_key(self._the_session())
            made.meta.events.register("before-send.s3", _hide_token)
            for operation in ("PutObject", "UploadPart"):
                made.meta.events.register(f"before-send.s3.{operation}", _send_at_once)
            self._clients[region] = made
        return self._clients[region]

    def _region_of(self, bucket: str) -> str:
        """Ask for the bucket's region, unless region and endpoint both are settled.

        The answer is in a header of refusals too. Whether we may use the bucket, the first real
        request says better than this one, whose answer has no body.
        """
        from botocore.exceptions import ClientError

        with s3_errors(f"s3://{bucket}/"):
            home = self._client(self._home)
            settled = self.settings.region and self.settings.endpoint_url
            if settled or bucket.startswith("arn:"):
                return self._home
            try:
                answer = self.retry(lambda: home.head_bucket(Bucket=bucket))
            except ClientError as error:
                if status_of(error) == 404:
                    error.response["Error"]["Code"] = "NoSuchBucket"
                    raise
                answer = error.response
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return str(headers.get("x-amz-bucket-region") or self._home)


def _config(settings: Settings) -> Any:
    """Leave trying again to us: the library's own retries know no deadline."""
    from botocore import UNSIGNED
    from botocore.config import Config

    options: dict[str, Any] = {
        "connect_timeout": min(10.0, settings.timeout),
        "read_timeout": settings.timeout,
        "max_pool_connections": CONNECTIONS,
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "tcp_keepalive": True,
        "user_agent_extra": "records-mover",
    }
    if settings.addressing_style:
        options["s3"] = {"addressing_style": settings.addressing_style}
    if settings.anonymous:
        options["signature_version"] = UNSIGNED
    if settings.checksums:
        options["request_checksum_calculation"] = settings.checksums
        options["response_checksum_validation"] = settings.checksums
    return Config(**options)


def _send_at_once(request: Any, **_: object) -> None:
    """Give the connection a body's bytes, which it sends at once, for a file read bit by bit.

    A body of several megabytes would go out in pieces of 16 KiB, each a fight of the threads for
    the interpreter.
    """
    if isinstance(request.body, io.BytesIO):
        request.body = request.body.getvalue()


def _hide_key(session: Any) -> None:
    """Note a secret key that lies open; one that is fetched later never leaves the signer."""
    from botocore.credentials import Credentials

    found = session.get_credentials()
    if type(found) is Credentials and found.secret_key:
        register_secret(found.secret_key)


def _hide_token(request: Any, **_: object) -> None:
    """Note the session token that goes out with a request: it changes as it is renewed."""
    token = request.headers.get("X-Amz-Security-Token")
    if token:
        register_secret(token.decode("latin-1") if isinstance(token, bytes) else str(token))


def _keep_tokens_out_of_logs() -> None:
    """Hold back the library's debug lines, which show headers with session tokens.

    Whoever sets a level for ``botocore`` on purpose has it.
    """
    logger = logging.getLogger("botocore")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
