"""Delimited text as Vertica writes it: escaped, enclosed where asked for, NULL as it was told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TextForm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How rows become lines."""

    delimiter: bytes = b"|"
    terminator: bytes = b"\n"
    enclosed_by: bytes = b""
    escape: bytes = b"\\"
    null: bytes = b""

    def line(self, values: Sequence[bytes | None]) -> bytes:
        """Return one record."""
        words = [self.null if value is None else self._field(value) for value in values]
        return self.delimiter.join(words) + self.terminator

    def _field(self, value: bytes) -> bytes:
        if self.enclosed_by:
            return self.enclosed_by + self._escaped(value, self.enclosed_by) + self.enclosed_by
        return self._escaped(value, self.delimiter, self.terminator)

    def _escaped(self, value: bytes, *special: bytes) -> bytes:
        """An escape stands before what would be taken for something else."""
        if not self.escape:
            return value
        found = b"|".join(re.escape(one) for one in (*special, self.escape) if one)
        return re.sub(found, lambda match: self.escape + match.group(), value)
