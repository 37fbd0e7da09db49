"""Where files are: stores by URL scheme, and the ones that need no plugin."""

from __future__ import annotations

from records_mover.url.store import (
    Entry,
    GivesAccess,
    Scheme,
    Store,
    StoreAccess,
    StoreContext,
    scheme_of,
)

__all__ = [
    "Entry",
    "GivesAccess",
    "Scheme",
    "Store",
    "StoreAccess",
    "StoreContext",
    "scheme_of",
]
