"""What the server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["AUTHENTICATIONS", "ServerConfig"]

AUTHENTICATIONS = ("trust", "password", "md5", "hash", "hash_md5", "sha512", "oauth")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig(Config):
    """One stand-in database."""

    user: str = "dbadmin"
    database: str = "vmart"
    authentication: str = "hash"
    """One of ``AUTHENTICATIONS``."""
    oauth_tokens: Mapping[str, str] = field(default_factory=dict)
    """The user that each OAuth token stands for."""
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    """With it, a client has to show a certificate signed by it (TLS mode VERIFY_CA)."""
    require_tls: bool = False
    max_sessions: int = 50
    nodes: int = 3
    load_balance: tuple[tuple[str, int], ...] = ()
    """Host and port that each load balance request is sent to, in turn; none: refused."""
    version: str = "v24.3.0-3"
    protocol: int = 3 << 16 | 16
    lock_seconds: int = 10
    """How long a statement waits for a lock (LockTimeout)."""
    reject_max_fails_at_limit: bool = True
    """Whether a load fails at REJECTMAX rejected rows, or only beyond them."""
