"""Who takes part in a figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Contestant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A command that does the job."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
