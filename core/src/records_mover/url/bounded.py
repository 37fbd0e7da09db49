"""A reader that ends after a given number of bytes."""

from __future__ import annotations

import io

__all__ = ["BoundedReader"]


class BoundedReader(io.RawIOBase):
    """At most ``length`` bytes of ``raw``, which it closes."""

    def __init__(self, raw: io.RawIOBase, length: int) -> None:
        self._raw = raw
        self._left = length

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill ``buffer`` up to what is left."""
        view = memoryview(buffer)[: self._left]
        got = self._raw.readinto(view) if len(view) else 0
        self._left -= got or 0
        return got or 0

    def close(self) -> None:
        """Close the reader below too."""
        self._raw.close()
        super().close()
