"""Who may open what: from a connection's name to an SQLAlchemy URL, and what must stay secret."""

from __future__ import annotations

from records_mover.creds.base import (
    SESSION_TYPES,
    BaseCreds,
    CredsViaAirflow,
    CredsViaEnv,
    CredsViaLastPass,
    DBFacts,
    session_type_of,
)
from records_mover.creds.resolve import find_creds, parsed_url, resolve_url, url_of
from records_mover.redaction import redact, register_secret, register_url
from records_mover.secret import Secret

__all__ = [
    "SESSION_TYPES",
    "BaseCreds",
    "CredsViaAirflow",
    "CredsViaEnv",
    "CredsViaLastPass",
    "DBFacts",
    "Secret",
    "find_creds",
    "parsed_url",
    "redact",
    "register_secret",
    "register_url",
    "resolve_url",
    "session_type_of",
    "url_of",
]
