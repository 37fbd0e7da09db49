"""What a move did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.records.verdict import ColumnFidelity

__all__ = ["MoveResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveResult:
    """Rows that arrived, bytes that were read, wall seconds, and the names of the steps taken.

    ``rows`` is None only where bytes were copied without being looked at. ``output_urls`` maps a
    short name to the URL of each file written. ``verified`` is None where it was not asked for,
    and ``compared`` then says what was found to be equal. ``rejected`` rows were left out,
    ``bad_bytes`` bytes left out or replaced. ``notes`` says what else was changed, as a column that
    was added to a table. ``columns`` say what was kept of each column.
    """

    rows: int | None
    bytes: int
    seconds: float
    route: tuple[str, ...]
    rejected: int = 0
    bad_bytes: int = 0
    first_bad_bytes: str | None = None
    verified: bool | None = None
    compared: str = ""
    output_urls: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnFidelity, ...] = ()

    @property
    def move_count(self) -> int | None:
        """The number of rows moved, by its name in 1.x."""
        return self.rows

    def to_data(self) -> dict[str, object]:
        """Return the values as ``mvrec move --json`` prints them."""
        return asdict(self)

    def __str__(self) -> str:
        rows = "all rows" if self.rows is None else f"{self.rows:,} rows"
        rejected = f", {self.rejected:,} rejected" if self.rejected else ""
        size = f"{self.bytes / 1e6:,.1f} MB" if self.bytes else "no bytes through this machine"
        return f"{rows}{rejected}, {size}, {self.seconds:.2f} s by {' > '.join(self.route)}"
