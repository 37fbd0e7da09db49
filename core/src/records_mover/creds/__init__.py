"""Who may open what: from a connection's name to an SQLAlchemy URL."""

from __future__ import annotations

from records_mover.creds.resolve import resolve_url

__all__ = ["resolve_url"]
