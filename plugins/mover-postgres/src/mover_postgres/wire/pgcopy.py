"""The format of binary COPY, which only another PostgreSQL of the same types can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.formats import BaseRecordsFormat

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["PgCopyFormat"]


@dataclass(frozen=True, eq=False)
class PgCopyFormat(BaseRecordsFormat):
    """Rows as binary COPY writes them.

    Nothing in the bytes says of which types they are, so that these make up the format:
    ``payloads`` as ``ColumnType.payload`` names them, a column each.
    """

    format_type: ClassVar[str] = "pgcopy"
    opaque: ClassVar[bool] = True

    payloads: tuple[str, ...]

    def config(self) -> dict[str, Any]:
        """Return the types."""
        return {"payloads": list(self.payloads)}

    def generate_filename(self, basename: str) -> str:
        """Return the name of a file of this format."""
        return f"{basename}.pgcopy"

    def for_name(self, filename: str) -> PgCopyFormat:
        """Return itself: a name leaves nothing open."""
        del filename
        return self

    def _identity(self) -> Hashable:
        return (self.format_type, self.payloads)

    def __str__(self) -> str:
        return "binary COPY"
