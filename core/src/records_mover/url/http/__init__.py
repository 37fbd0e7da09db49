"""HTTP and HTTPS as a store that can be read: whole files, whatever the network does."""

from __future__ import annotations

from records_mover.url.http.store import HttpStore

__all__ = ["HttpStore"]
