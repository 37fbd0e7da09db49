"""What becomes of one column on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from records_mover.schema.fidelity import Verdict

__all__ = ["ColumnFidelity"]


@frozen
class ColumnFidelity:
    """What becomes of a column's values on the way, at its worst step.

    ``source_type`` and ``target_type`` are as each end spells them. ``verdict`` is ``exact``,
    ``widened`` (every value, in a type that holds more), ``checked`` (what does not fit is refused)
    or ``lossy`` (a value may change without a word).
    """

    column: str
    target: str
    source_type: str
    target_type: str
    verdict: Verdict
    why: str = ""

    @property
    def types(self) -> str:
        """The type, or both where they are spelled differently."""
        if self.target_type == self.source_type:
            return self.source_type
        return f"{self.source_type} -> {self.target_type}"

    def __str__(self) -> str:
        name = self.column if self.column == self.target else f"{self.column} -> {self.target}"
        return f"{name}: {self.types}{f'; {self.why}' if self.why else ''}"
