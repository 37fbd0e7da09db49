"""What a statement comes to: SQL for the PostgreSQL behind, or work of the server's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vertica_server.wire.results import Field

__all__ = ["Action", "Forward", "Local", "Result"]


@dataclass(slots=True, kw_only=True)
class Result:
    """Rows of the server's own, as text, or only a tag."""

    tag: str
    fields: list[Field] = field(default_factory=list)
    bodies: Iterable[bytes] = ()
    is_described: bool = False
    """The columns were told to the client already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A statement that the PostgreSQL behind can answer."""

    sql: str
    spelled: dict[str, str]
    is_change: bool
    """Its answer is a count, in a column OUTPUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A statement that only the server can run."""

    run: Callable[[], Result]
    commits: bool = False
    """DDL: it commits what was open, and itself."""
    controls: bool = False
    """It begins or ends a transaction or a savepoint by itself."""
    fields: tuple[Field, ...] = ()
    """The columns that a prepared statement is described with."""


Action = Forward | Local
