"""In whose name COPY and UNLOAD use S3: a role, else temporary credentials, else access keys."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mover_redshift.words import literal
from records_mover.errors import CredsError
from records_mover.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mover_redshift.settings import Settings
    from records_mover.url import StoreAccess

__all__ = ["Authorization", "authorization", "policy"]

log = logging.getLogger(__name__)

Use = Literal["read", "write"]

_SECONDS = 12 * 3600
_NAME = "records-mover"
_MOST_URLS = 8
"""A policy has 2,048 characters at most."""

_ACTIONS: dict[str, list[str]] = {
    "read": ["s3:GetObject"],
    "write": ["s3:GetObject", "s3:PutObject"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The clause of COPY and UNLOAD that says who may read and write."""

    role: str = ""
    key_id: Secret | None = None
    secret: Secret | None = None
    token: Secret | None = None

    def pieces(self) -> tuple[str | Secret, ...]:
        """Return the clause, its secrets apart."""
        if self.role:
            named = "default" if self.role.lower() == "default" else literal(self.role)
            return (f"IAM_ROLE {named}",)
        if self.key_id is None or self.secret is None:
            return ()
        said = ("ACCESS_KEY_ID ", _quoted(self.key_id), " SECRET_ACCESS_KEY ", _quoted(self.secret))
        return said if self.token is None else (*said, " SESSION_TOKEN ", _quoted(self.token))

    @property
    def kind(self) -> str:
        """What messages call it."""
        if self.role:
            return f"the role {self.role}"
        return "temporary credentials" if self.token else "access keys"


def _quoted(secret: Secret) -> Secret:
    return Secret(literal(secret.reveal()))


def authorization(
    settings: Settings, access: StoreAccess, urls: Sequence[str], use: Use
) -> Authorization:
    """Choose how Redshift is let into S3 for what begins with one of ``urls``.

    Raises ``CredsError`` where there is neither a role nor a key.
    """
    if settings.iam_role:
        return Authorization(role=settings.iam_role)
    if access.access_key is None or access.secret_key is None:
        raise CredsError(
            "Redshift has nothing to use S3 with",
            "name a role with iam_role or REDSHIFT_IAM_ROLE, or give AWS credentials",
        )
    found = Authorization(
        key_id=access.access_key, secret=access.secret_key, token=access.session_token
    )
    if found.token is not None or access.endpoint is not None:
        return found  # what is temporary already cannot be narrowed, and other stores have no STS
    return _narrowed(access, urls, use) or found


def _narrowed(access: StoreAccess, urls: Sequence[str], use: Use) -> Authorization | None:
    """Ask STS for credentials that are good for these folders alone, and not for long."""
    from botocore.exceptions import BotoCoreError, ClientError

    if len(urls) > _MOST_URLS:
        return None

    try:
        client = _sts(access)
        found = client.get_federation_token(
            Name=_NAME, Policy=json.dumps(policy(urls, use)), DurationSeconds=_SECONDS
        )["Credentials"]
    except (BotoCoreError, ClientError) as error:
        log.info("STS gives no credentials for %s alone: %s", urls[0], type(error).__name__)
        return None
    return Authorization(
        key_id=Secret(found["AccessKeyId"]),
        secret=Secret(found["SecretAccessKey"]),
        token=Secret(found["SessionToken"]),
    )


def _sts(access: StoreAccess) -> Any:
    import boto3

    return boto3.client(
        "sts",
        region_name=access.region or "us-east-1",
        aws_access_key_id=access.access_key and access.access_key.reveal(),
        aws_secret_access_key=access.secret_key and access.secret_key.reveal(),
    )


def policy(urls: Sequence[str], use: Use) -> dict[str, Any]:
    """Return what a statement needs to do below some URLs, and nothing else."""
    places = [url.partition("://")[2].partition("/") for url in urls]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": _ACTIONS[use],
                "Resource": [f"arn:aws:s3:::{bucket}/{key}*" for bucket, _, key in places],
            },
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                "Resource": sorted({f"arn:aws:s3:::{bucket}" for bucket, _, _ in places}),
            },
        ],
    }
