"""A record of the input, and why one is rejected."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Problem", "Record"]


class Problem(Exception):
    """Why a record is rejected, in Vertica's words."""


@dataclass(slots=True, kw_only=True)
class Record:
    """The octets of a record, and its fields as text; None is NULL."""

    raw: bytes
    fields: list[bytes | None] = field(default_factory=list)
    problem: str = ""
