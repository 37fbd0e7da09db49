"""Numbers before the nouns that they count, and names beside those that were meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["many", "meant"]


def many(count: int, one: str, more: str = "") -> str:
    """Say how many there are: ``1 row``, ``2,000 rows``, or with a verb, ``1 row was``.

    ``more`` is said of any other number than one; without it ``one`` gets an s.
    """
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


def meant(name: str, known: Iterable[str]) -> str:
    """Say which of what there is was probably meant: `` (did you mean 'a'?)``, or nothing.

    Nothing of a name that is among them: then something else is wrong with it.
    """
    from difflib import get_close_matches

    names = list(known)
    near = [] if name in names else get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
