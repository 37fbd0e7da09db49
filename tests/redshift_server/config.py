"""What the server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Keys", "ServerConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the S3 server checks a signature with."""

    key_id: str
    secret: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """One stand-in cluster."""

    backend: str
    """The URL of a superuser of a PostgreSQL; the server makes a database of its own there."""
    s3_endpoint: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    user: str = "awsuser"
    password: str = "Passw0rd"
    database: str = "dev"
    slices: int = 4
    serverless: bool = False
    region: str = "us-east-1"
    bucket_regions: Mapping[str, str] = field(default_factory=dict)
    """The region of each bucket that lies elsewhere than the cluster."""
    roles: Mapping[str, Keys] = field(default_factory=dict)
    """The keys that each IAM role stands for."""
    default_role: str = ""
    expired_tokens: frozenset[str] = frozenset()
    log: Path | None = None
    """A file for what was seen, one JSON a line, credentials as they were sent."""
