"""The columns of an unloaded query, and their values as a client would see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_server.session import Session
    from standins.backend import Column

__all__ = ["Field", "fields_of"]

_HEADER = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column: its name, the type's name, and its dimensions."""

    name: str
    type: str
    shown: str
    modifier: int

    @property
    def size(self) -> int:
        """The bytes of a text or of a VARBYTE, 0 without a limit."""
        return max(self.modifier - _HEADER, 0)

    @property
    def digits(self) -> tuple[int, int]:
        """Precision and scale of a DECIMAL."""
        size = self.size
        return (size >> 16, size & 0xFFFF) if size else (38, 10)


def fields_of(columns: Sequence[Column], session: Session) -> list[Field]:
    """Ask the catalog what the columns' types are called."""
    if not columns:
        return []
    asked = " UNION ALL ".join(
        f"SELECT {place} AS place, (SELECT typname FROM pg_catalog.pg_type WHERE oid = {c.oid}),"
        f" format_type({c.oid}, NULL)"
        for place, c in enumerate(columns)
    )
    found = session.backend.query(f"{asked} ORDER BY place").texts()
    return [
        Field(name=column.name, type=str(kind), shown=str(shown), modifier=column.modifier)
        for column, (_, kind, shown) in zip(columns, found, strict=True)
    ]
