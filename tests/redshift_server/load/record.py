"""What every format's reader yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redshift_server.load.problem import LineProblem

__all__ = ["Record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A line and its fields; a field of None is a NULL that the format itself has said."""

    line: int
    raw: bytes
    fields: list[bytes | None]
    problem: LineProblem | None = None
