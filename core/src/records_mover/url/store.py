"""What a file store is: the protocol that every URL scheme's owner fulfils."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from records_mover.meter import Cancellation
    from records_mover.secret import Secret

__all__ = [
    "Entry",
    "GivesAccess",
    "HasStreams",
    "Heeds",
    "Scheme",
    "Store",
    "StoreAccess",
    "StoreContext",
    "scheme_of",
]

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]+)://|^(file):", re.IGNORECASE)


def scheme_of(url: str) -> str:
    """Return the lower-case scheme of a URL; a plain path belongs to ``file``, ``-`` to ``stdio``.

    Only ``file:`` does without the two slashes, so that a colon in a path makes no scheme of it.
    """
    if url == "-":
        return "stdio"
    match = _SCHEME.match(url)
    return (match.group(1) or match.group(2)).lower() if match else "file"


@frozen
class Entry:
    """One file in a store: its full URL, and its size in bytes where the store says.

    ``rereadable`` is False for what can be read once only, as a pipe.
    """

    url: str
    size: int | None = None
    rereadable: bool = True


class Store(Protocol):
    """Files by URL. Every method raises ``StoreError``; a missing file is ``NotFoundError``."""

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the files that ``url`` names, in name order.

        A URL ending in ``/`` names the files directly below it; any other names one file or,
        where the store has them, all that match its ``*``, ``?`` and ``[...]`` wildcards.
        """
        ...

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading, from byte ``offset`` on, at most ``length`` bytes."""
        ...

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Open for writing; the file appears, whole, when the block ends without an exception."""
        ...

    def make_folder(self, url: str) -> None:
        """Make sure that files can be written to the folder ``url``, where folders must be made."""
        ...

    def delete(self, url: str) -> None:
        """Delete a file."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Copy within the store without the bytes passing through this process, where it can."""
        ...

    def size(self, url: str) -> int | None:
        """Return the size in bytes, or None where the store cannot say."""
        ...


@frozen
class StoreAccess:
    """What another server needs to know to use files of a store in our name.

    It holds for a while only where there is a ``session_token``: ask anew before each use.
    ``endpoint`` is None where it is the service's own, ``access_key`` where nobody signs.
    """

    access_key: Secret | None = None
    secret_key: Secret | None = None
    session_token: Secret | None = None
    region: str | None = None
    endpoint: str | None = None
    expires: datetime | None = None


@runtime_checkable
class GivesAccess(Protocol):
    """What a store has, besides its own methods, whose files a database's server may use."""

    def access(self, url: str) -> StoreAccess:
        """Return what a server needs to use ``url`` in the name of whoever runs the move."""
        ...


@runtime_checkable
class HasStreams(Protocol):
    """What a store has, besides its own methods, of which some files are pipes or devices."""

    def is_stream(self, url: str) -> bool:
        """Whether what is at ``url`` is written once, as it comes, and not read again."""
        ...

    def write_while(self, url: str, check: Callable[[], None]) -> AbstractContextManager[BinaryIO]:
        """Write as ``write`` does; ``check`` ends a wait for whoever reads a pipe by raising."""
        ...


@runtime_checkable
class Heeds(Protocol):
    """What a store has, besides its own methods, whose server may keep a move waiting."""

    def heeding(self, cancellation: Cancellation) -> Store:
        """Return this store for one move alone: whoever cancels that ends its waits."""
        ...


@frozen
class StoreContext:
    """What a store may need to know: named credentials, and settings of the user's."""

    creds: Callable[[str], object] | None = None
    settings: Mapping[str, object] = field(default_factory=dict)


@frozen
class Scheme:
    """A URL scheme and how to make its store; one plugin owns a scheme.

    ``rereadable`` is False where a file can be read once only, as standard input. ``copies`` says
    that ``Store.copy`` works without the bytes passing through this process.
    """

    name: str
    store: Callable[[StoreContext], Store]
    readable: bool = True
    writable: bool = True
    rereadable: bool = True
    copies: bool = False
