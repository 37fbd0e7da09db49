"""Where files are: stores by URL scheme, and the ones that need no plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records_mover.url.store import (
    Entry,
    GivesAccess,
    HasStreams,
    Heeds,
    Scheme,
    Store,
    StoreAccess,
    StoreContext,
    scheme_of,
)

if TYPE_CHECKING:
    from records_mover.url.bounded import BoundedReader
    from records_mover.url.urls import BaseDirectoryUrl, BaseFileUrl, UrlResolver

__all__ = [
    "BaseDirectoryUrl",
    "BaseFileUrl",
    "BoundedReader",
    "Entry",
    "GivesAccess",
    "HasStreams",
    "Heeds",
    "Scheme",
    "Store",
    "StoreAccess",
    "StoreContext",
    "UrlResolver",
    "scheme_of",
]

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        """Import what most moves do without when it is first asked for, as what 1.x had here."""
        if name == "BoundedReader":
            from records_mover.url.bounded import BoundedReader

            return BoundedReader
        if name not in ("BaseDirectoryUrl", "BaseFileUrl", "UrlResolver"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from records_mover.url import urls

        return getattr(urls, name)


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__})
