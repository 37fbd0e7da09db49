"""Who may open what: from a connection's name to an SQLAlchemy URL, and what must stay secret."""

from __future__ import annotations

from records_mover.creds.resolve import resolve_url
from records_mover.creds.secrets import redact, register_secret, register_url

__all__ = ["redact", "register_secret", "register_url", "resolve_url"]
