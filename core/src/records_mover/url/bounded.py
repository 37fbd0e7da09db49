"""A reader that ends after a given number of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.streams import Reader

if TYPE_CHECKING:
    import io

__all__ = ["BoundedReader"]


class BoundedReader(Reader):
    """At most ``length`` bytes of ``raw``, which it closes."""

    def __init__(self, raw: io.RawIOBase, length: int) -> None:
        super().__init__(raw)
        self._raw = raw
        self._left = length

    def fill(self, view: memoryview) -> int:
        """Fill ``view`` up to what is left."""
        view = view[: self._left]
        got = self._raw.readinto(view) if len(view) else 0
        self._left -= got or 0
        return got or 0
