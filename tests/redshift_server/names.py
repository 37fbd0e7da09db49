"""Names of up to 127 bytes before a PostgreSQL that keeps 63: long ones have a short stand-in."""

from __future__ import annotations

import hashlib

__all__ = ["LONGEST", "full", "full_text", "is_known", "is_used", "short"]

LONGEST = 127
_KEPT = 63
_HEAD = 48

_FULL: dict[bytes, bytes] = {}
"""The full name of each short one that was ever made here."""


def short(name: str) -> str:
    """Return the name that the PostgreSQL behind keeps."""
    whole = name.encode()[:LONGEST].decode("utf-8", "ignore")
    raw = whole.encode()
    if len(raw) <= _KEPT:
        return whole
    head = raw[:_HEAD].decode("utf-8", "ignore")
    made = f"{head}~{hashlib.sha1(raw).hexdigest()[:12]}"
    _FULL[made.encode()] = raw
    return made


def full(value: bytes) -> bytes:
    """Return the name that a value stands for, or the value."""
    return _FULL.get(value, value)


def full_text(text: str) -> str:
    """Return a message with every short name in it replaced."""
    for made, whole in list(_FULL.items()) if "~" in text else ():
        text = text.replace(made.decode(), whole.decode())
    return text


def is_known(name: str) -> bool:
    """Whether a long name was ever used to name something."""
    return name.encode() in _FULL.values()


def is_used() -> bool:
    """Whether any name was ever too long."""
    return bool(_FULL)
