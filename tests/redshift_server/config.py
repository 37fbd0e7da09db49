"""What the server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Keys", "ServerConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the S3 server checks a signature with."""

    key_id: str
    secret: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig(Config):
    """One stand-in cluster."""

    s3_endpoint: str = ""
    user: str = "awsuser"
    database: str = "dev"
    slices: int = 4
    serverless: bool = False
    region: str = "us-east-1"
    bucket_regions: Mapping[str, str] = field(default_factory=dict)
    """The region of each bucket that lies elsewhere than the cluster."""
    roles: Mapping[str, Keys] = field(default_factory=dict)
    """The keys that each IAM role stands for."""
    default_role: str = ""
