"""Which DateStyle reads, or writes, a format such as ``MM/DD/YYYY HH24:MI:SS``."""

from __future__ import annotations

import re

from records_mover.formats.columns.dates import parse_format
from records_mover.frozen import frozen

__all__ = ["HINT_TYPES", "Style", "style_to_read", "styles_to_write"]

HINT_TYPES = {
    "dateformat": frozenset({"date"}),
    "timeonlyformat": frozenset({"time", "timetz"}),
    "datetimeformat": frozenset({"datetime"}),
    "datetimeformattz": frozenset({"datetimetz"}),
}
"""The field types whose values each hint describes."""

_SHAPE = re.compile(
    r"(?P<date>(?:YYYY|YY|MM|DD)(?P<mark>[-/.]?)(?:MM|DD)(?P=mark)(?:YYYY|YY|MM|DD))?"
    r"(?P<gap>[ T])?"
    r"(?P<time>HH24:MI(?::SS)?|HH12:MI(?::SS)? ?AM)?"
    r"(?P<offset> ?OF)?"
)

# What the first word of DateStyle makes of a date, and of a date with a time; [datatype-datetime]
_WRITTEN = {
    "ISO, YMD": ("YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS"),
    "SQL, MDY": ("MM/DD/YYYY", "MM/DD/YYYY HH24:MI:SS"),
    "SQL, DMY": ("DD/MM/YYYY", "DD/MM/YYYY HH24:MI:SS"),
    "German": ("DD.MM.YYYY", "DD.MM.YYYY HH24:MI:SS"),
    "Postgres, MDY": ("MM-DD-YYYY", None),
    "Postgres, DMY": ("DD-MM-YYYY", None),
}


@frozen(kw_only=False)
class Style:
    """The order of day, month and year that a format demands; None where any will do."""

    order: str | None = None


def style_to_read(hint: str, text: str) -> Style | None:
    """Return what reading values of this format demands, or None where the server cannot."""
    shape = _SHAPE.fullmatch(parse_format(text).canonical)
    if shape is None or not _fits(hint, shape):
        return None
    if shape["date"] is None:
        return Style()
    tokens = re.findall("YYYY|YY|MM|DD", shape["date"])
    return _order(tokens, marked=bool(shape["mark"]))


def _fits(hint: str, shape: re.Match[str]) -> bool:
    date, time, offset = (shape[part] is not None for part in ("date", "time", "offset"))
    if shape["gap"] is not None and not (date and time):
        return False
    if hint == "dateformat":
        return date and not time and not offset
    if hint == "timeonlyformat":
        return time and not date
    if hint == "datetimeformat":
        return date and not offset
    return date and (time or not offset)


def _order(tokens: list[str], *, marked: bool) -> Style | None:
    if sorted(token[0] for token in tokens) != ["D", "M", "Y"]:
        return None
    letters = "".join(token[0] for token in tokens)
    if letters == "YMD":
        # Four digits first, or digits without a mark, are a year in every style.
        return Style(None if tokens[0] == "YYYY" or not marked else "YMD")
    return Style(letters) if letters in ("MDY", "DMY") and marked else None


def styles_to_write(hint: str, text: str) -> frozenset[str]:
    """Return every DateStyle under which the server writes values in this format.

    ``datetimeformattz`` without ``OF`` means values moved to UTC, see ``UnloadOptions.in_utc``.
    """
    wanted = parse_format(text).canonical
    if hint == "timeonlyformat":
        return frozenset(_WRITTEN) if wanted == "HH24:MI:SS" else frozenset()
    if hint == "datetimeformattz" and wanted.endswith("OF"):
        return frozenset({"ISO, YMD"} if wanted == "YYYY-MM-DD HH24:MI:SSOF" else ())
    at = 0 if hint == "dateformat" else 1
    return frozenset(style for style, written in _WRITTEN.items() if written[at] == wanted)
