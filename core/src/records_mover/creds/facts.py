"""Facts of a connection as people write them, put in order: what is secret, and what is text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.secret import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.secret import Secret

__all__ = ["KNOWN_FACTS", "facts_of", "is_telling"]

KNOWN_FACTS = ("type", "host", "port", "database", "user", "password", "token")

_TELLING = re.compile(r"pass|pwd|secret|token|credential|private|key(?!word)", re.IGNORECASE)
_FILES = re.compile(r"file|path|cert|_id$", re.IGNORECASE)


def is_telling(key: str) -> bool:
    """Whether what is written under this name may be a secret."""
    return _TELLING.search(key) is not None and not _FILES.search(key)


def facts_of(given: Mapping[str, object], *, of: str) -> dict[str, str | Secret]:
    """Return facts as text, what may be secret as ``Secret``; nothing is an empty text or None.

    ``username`` is another word for ``user``, as in 1.x, and wins over it.
    """
    told = {key: str(value) for key, value in given.items() if value not in (None, "")}
    if "username" in told:
        told["user"] = told.pop("username")
    public = " ".join(value for key, value in told.items() if not is_telling(key))
    return {
        key: secret_of(value, of=f"the {key} of {of}", public=public) if is_telling(key) else value
        for key, value in told.items()
    }
