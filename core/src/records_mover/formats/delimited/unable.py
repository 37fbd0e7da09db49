"""Which hints of a format a server's statement cannot honour, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.formats.columns.dates import ISO_HINTS, parse_format
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["NO_NULL", "Unable", "is_one_byte", "unlike_iso"]

NO_NULL = "~mover~no~null~"
"""What stands for NULL where nothing may be taken for it."""


@frozen(kw_only=False)
class Unable:
    """A hint whose value cannot be honoured, and why, in words meant for the user.

    ``hint`` is empty where it is the format itself.
    """

    hint: str
    why: str

    def __str__(self) -> str:
        return f"{self.hint}: {self.why}" if self.hint else self.why


def is_one_byte(sign: str) -> bool:
    """Whether a sign is one character of ASCII that ends no row and escapes nothing."""
    return len(sign) == 1 and sign.isascii() and sign not in "\0\r\n\\"


def unlike_iso(hints: ValidatedRecordsHints, writer: str) -> Iterator[Unable]:
    """Yield the dates and times that a writer, which writes them as ISO has it, cannot write."""
    for hint, written in ISO_HINTS.items():
        said = parse_format(getattr(hints, hint)).canonical
        if said != written:
            yield Unable(hint, f"{writer} writes {written}, not {said}")
