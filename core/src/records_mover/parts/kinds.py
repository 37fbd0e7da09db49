"""What a plugin may register beside loaders, unloaders and databases."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Creds", "FormatKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatKind:
    """A format that this process can read or write."""

    name: str
    extensions: tuple[str, ...]
    readable: bool = True
    writable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Creds:
    """What a credentials provider answered: facts by name, or a whole SQLAlchemy URL.

    ``repr`` shows neither, as either may hold a secret.
    """

    provider: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str | None = field(default=None, repr=False)
