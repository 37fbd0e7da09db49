"""Credentials by name: what a provider of records-mover knows, as a session of the library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from records_mover.errors import CredsError
from records_mover.secret import reveal

if TYPE_CHECKING:
    from collections.abc import Callable

    from mover_s3.settings import Settings
    from records_mover.parts import Creds

__all__ = ["with_named_creds"]

_KEY_ID, _KEY = "aws_access_key_id", "aws_secret_access_key"
_PASSED = ("aws_session_token", "region_name")
_NOT_HONOURED = ("role_arn", "session_kwargs", "profile_name", "assume_role_method")


def with_named_creds(settings: Settings, find: Callable[[str], object] | None) -> Settings:
    """Return the settings with a session made of the credentials that they name, if they do."""
    if settings.creds is None or settings.session is not None or find is None:
        return settings
    found: Creds | None = find(settings.creds)  # type: ignore[assignment]
    if found is None:
        raise CredsError(f"no credentials provider knows {settings.creds!r}", "check the name")
    return _with_session(settings, found)


def _with_session(settings: Settings, found: Creds) -> Settings:
    import boto3

    told = {key: reveal(value) for key, value in {**found.options, **found.facts}.items()}
    for name in _NOT_HONOURED:
        if told.get(name):
            raise CredsError(
                f"{settings.creds!r} asks for {name!r}, which is taken from AWS profiles only",
                "write a profile with it, and name that: the setting 'profile' of 's3'",
            )
    key_id = told.get("user") or told.get(_KEY_ID)
    key = told.get("password") or told.get(_KEY)
    if bool(key_id) != bool(key):
        raise CredsError(f"{settings.creds!r} has one of key and secret key", "give both")
    passed = {name: told[name] for name in _PASSED if told.get(name)}
    if settings.region:
        passed["region_name"] = settings.region
    session = boto3.Session(key_id or None, key or None, **passed)
    endpoint = settings.endpoint_url or told.get("endpoint_url") or None
    return replace(settings, session=session, endpoint_url=endpoint)
