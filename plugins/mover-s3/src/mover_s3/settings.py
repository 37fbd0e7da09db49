"""What a user may set for S3; everything else comes from where the AWS tools look for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from records_mover.errors import ConfigError

__all__ = ["Settings", "read_settings"]

_CHOICES = {
    "addressing_style": ("auto", "path", "virtual"),
    "checksums": ("when_supported", "when_required"),
    "sse": ("AES256", "aws:kms", "aws:kms:dsse"),
}
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The section ``s3`` of the settings.

    ``session`` is a ``boto3.Session`` of the caller's, ``creds`` the name of credentials that a
    provider of records-mover knows. ``timeout`` is how many seconds a server may
    stay silent, ``deadline`` for how many a request is tried again without getting any further.
    """

    session: Any = field(default=None, repr=False)
    creds: str | None = None
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = field(default=None, repr=False)
    addressing_style: str | None = None
    anonymous: bool = False
    requester_pays: bool = False
    sse: str | None = None
    kms_key_id: str | None = None
    checksums: str | None = None
    timeout: float = 30.0
    deadline: float = 120.0

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise _wrong(name, value, f"one of {', '.join(choices)}")
        if self.kms_key_id and self.sse == "AES256":
            raise _wrong("kms_key_id", self.kms_key_id, "left out where sse is AES256")
        if self.anonymous and self.requester_pays:
            raise _wrong("requester_pays", True, "left out where anonymous is set")
        if self.anonymous and (self.profile or self.session or self.creds):
            raise _wrong("anonymous", True, "left out where credentials are named")


def read_settings(section: object) -> Settings:
    """Check a section of settings; values may be text, as a configuration file has them."""
    if section is None:
        return Settings()
    if not isinstance(section, Mapping):
        raise ConfigError(f"the settings of 's3' are {section!r}", "give names and values")
    types = {known.name: str(known.type) for known in fields(Settings)}
    for name in section:
        if name not in types:
            raise ConfigError(
                f"there is no setting {name!r} of 's3'", f"known are {', '.join(types)}"
            )
    values: dict[str, Any] = {
        name: _value(name, types[name], value) for name, value in section.items()
    }
    return Settings(**values)


def _value(name: str, kind: str, value: object) -> object:
    if kind == "bool":
        truth = _TRUTH.get(str(value).lower())
        if truth is None:
            raise _wrong(name, value, "true or false")
        return truth
    if kind == "float":
        try:
            number = float(str(value))
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            raise _wrong(name, value, "a number of seconds above zero")
        return number
    if kind == "Any" or value is None:
        return value
    if not isinstance(value, str):
        raise _wrong(name, value, "text")
    return value or None


def _wrong(name: str, value: object, wanted: str) -> ConfigError:
    shown = "the value" if name == "endpoint_url" else repr(value)
    return ConfigError(f"the setting {name!r} of 's3' cannot be {shown}", f"it must be {wanted}")
