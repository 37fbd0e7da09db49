"""What every stand-in is told at its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Config"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where it listens, what stands behind, and who is let in."""

    backend: str
    """The URL of a superuser of a PostgreSQL; the server makes a database of its own there."""
    host: str = "127.0.0.1"
    port: int = 0
    user: str
    password: str = "Passw0rd"
    database: str
    expired_tokens: frozenset[str] = frozenset()
    """Session tokens that S3 is said to refuse as expired."""
    log: Path | None = None
    """A file for what was seen, one JSON a line, credentials as they were sent."""
