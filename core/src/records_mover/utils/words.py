"""Numbers before the nouns that they count."""

from __future__ import annotations

__all__ = ["many"]


def many(count: int, one: str, more: str = "") -> str:
    """Say how many there are: ``1 row``, ``2,000 rows``, or with a verb, ``1 row was``.

    ``more`` is said of any other number than one; without it ``one`` gets an s.
    """
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"
