"""Date and time formats as strings of tokens such as ``YYYY-MM-DD HH24:MI:SSOF``."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ISO_HINTS", "DateFormat", "parse_format", "unknown_letters"]

ISO_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "dateformat": "YYYY-MM-DD",
        "timeonlyformat": "HH24:MI:SS",
        "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
        "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
    }
)
"""The hints of a file that loses no digit, no second, no century and no zone."""

# Longest first, so that HH24 is not taken for HH. SS may be followed by a fraction in the data.
_TOKENS = ("YYYY", "HH24", "HH12", "YY", "MM", "DD", "HH", "MI", "SS", "OF", "AM", "PM")
_TOKEN = re.compile("|".join(_TOKENS))
_LETTERS = re.compile(r"[A-Za-z]+")


@frozen(kw_only=False)
class DateFormat:
    """A format taken apart: tokens and the literal text between them, in order."""

    parts: tuple[str, ...]

    @property
    def tokens(self) -> frozenset[str]:
        """The tokens that occur."""
        return frozenset(self.parts) & _KNOWN

    @property
    def canonical(self) -> str:
        """The format in one spelling: those that a reader could not tell apart are equal."""
        return "".join(self.parts)

    @property
    def is_iso(self) -> bool:
        """Whether the format is read and written by Arrow itself."""
        return self.canonical in _ISO

    @property
    def day_first(self) -> bool:
        """Whether the day comes before the month."""
        order = [part for part in self.parts if part in ("DD", "MM")]
        return order == ["DD", "MM"]


_KNOWN = frozenset({"YYYY", "YY", "MM", "DD", "HH24", "HH12", "MI", "SS", "OF", "AM"})
_ISO = frozenset(
    {
        "YYYY-MM-DD",
        "HH24:MI:SS",
        "YYYY-MM-DD HH24:MI:SS",
        "YYYY-MM-DDTHH24:MI:SS",
        "YYYY-MM-DD HH24:MI:SSOF",
        "YYYY-MM-DDTHH24:MI:SSOF",
    }
)


@lru_cache(maxsize=256)
def parse_format(text: str) -> DateFormat:
    """Take a format apart; ``HH`` is ``HH12`` where ``AM`` occurs, else ``HH24``."""
    parts: list[str] = []
    last = 0
    twelve = "AM" in text or "PM" in text
    for found in _TOKEN.finditer(text):
        if found.start() > last:
            parts.append(text[last : found.start()])
        parts.append(_canonical_token(found.group(), twelve=twelve))
        last = found.end()
    if last < len(text):
        parts.append(text[last:])
    return DateFormat(tuple(parts))


def _canonical_token(token: str, *, twelve: bool) -> str:
    if token == "HH":  # noqa: S105  a token of a format, no secret
        return "HH12" if twelve else "HH24"
    return "AM" if token == "PM" else token  # noqa: S105


def unknown_letters(text: str) -> str | None:
    """Return letters of the format that are no token, if any; ``T`` may stand alone."""
    rest = _TOKEN.sub("\0", text)
    strange = [run for run in _LETTERS.findall(rest) if run != "T"]
    return strange[0] if strange else None
