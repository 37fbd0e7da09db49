"""What a statement comes to: SQL for the PostgreSQL behind, or work of the server's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Action", "Forward", "Local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A statement that the PostgreSQL behind can answer."""

    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A statement that only the server can run; ``run`` returns the command tag."""

    run: Callable[[], str]


Action = Forward | Local
