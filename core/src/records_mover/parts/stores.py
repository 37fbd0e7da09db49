"""What a database's own server reads from a store, or writes into one."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO, Protocol

from records_mover.frozen import frozen
from records_mover.parts.forms import Staging, Tier

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts.payloads import Part
    from records_mover.url import StoreAccess

__all__ = ["Reach", "Stores"]


@frozen
class Reach:
    """What a statement of a server can do with files of a store.

    ``statement`` is what messages call it, ``schemes`` are those of the URLs that it knows.
    ``unable`` says why it cannot be a format, in words meant for the user, and nothing where it
    can: a pure function of the format and its hints. ``liked`` are the formats to stage rows in,
    best first. ``staging`` is how files are wanted that are written for it to read; what it writes
    itself is always a folder of files.
    """

    statement: str
    schemes: frozenset[str]
    unable: Callable[[BaseRecordsFormat], str]
    liked: tuple[BaseRecordsFormat, ...] = ()
    cost: float = float(Tier.SERVER_SIDE)
    staging: Staging = field(default_factory=Staging)

    @property
    def urls(self) -> str:
        """The URLs that it knows, as messages call them."""
        return " or ".join(f"{scheme}://" for scheme in sorted(self.schemes))


class Stores(Protocol):
    """The stores of a move, as a loader or an unloader uses them beside its server."""

    def access(self, url: str) -> StoreAccess:
        """Return what a server needs to use ``url``; ask anew before each statement."""
        ...

    def parts(self, folder: str) -> tuple[Part, ...]:
        """Return the files directly below a folder, in the order of their names."""
        ...

    def part(self, url: str, size: int | None = None) -> Part:
        """Return one file; its size is looked up where it is not said."""
        ...

    def open(self, url: str) -> BinaryIO:
        """Open a file, such as a manifest, for reading."""
        ...

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Write a file, such as one without rows where the server wrote none."""
        ...
