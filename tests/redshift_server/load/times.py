"""DATEFORMAT and TIMEFORMAT strings, by page r_DATEFORMAT_and_TIMEFORMAT_strings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

__all__ = ["parse_time_of_day", "parse_timestamp", "to_pattern"]

_PARTS = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<short>\d{2})", "MM": r"(?P<month>\d{1,2})",
    "MONTH": r"(?P<name>[A-Za-z]+)", "MON": r"(?P<name>[A-Za-z]{3})", "DD": r"(?P<day>\d{1,2})",
    "HH24": r"(?P<hour>\d{1,2})", "HH12": r"(?P<hour>\d{1,2})", "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})", "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6})\d*)?",
    "AM": r"(?P<half>[AaPp][Mm])", "PM": r"(?P<half>[AaPp][Mm])",
    "OF": r"(?P<zone>[+-]\d{2}(?::?\d{2})?|Z)?",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Page automatic-recognition lists these shapes, each with or without a time and a zone.
_AUTO_DATES = (
    "YYYY-MM-DD", "YYYYMMDD", "MON DD YYYY", "MONTH DD YYYY", "MONTH DD, YYYY", "MON DD, YYYY",
    "DD-MON-YYYY", "DD MON YYYY", "DD MONTH YYYY", "YYYY-MON-DD", "MM/DD/YYYY", "MM-DD-YYYY",
    "YYYY/MM/DD",
)  # fmt: skip
_AUTO_TIMES = ("", " HH:MI:SS", "THH:MI:SS", " HH:MI", "THH:MI", " HHMISS", "THHMISS")
_TOKEN = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)), re.IGNORECASE)
_CENTURY = 2000


@lru_cache(maxsize=256)
def to_pattern(spec: str) -> re.Pattern[str]:
    """Return what a format string matches."""
    made, at, seen = "", 0, set[str]()
    for found in _TOKEN.finditer(spec):
        part = _PARTS[found.group().upper()]
        names = set(re.findall(r"\?P<(\w+)>", part))
        made += re.escape(spec[at : found.start()])
        made += re.sub(r"\?P<\w+>", "?:", part) if names & seen else part
        seen |= names
        at = found.end()
    return re.compile(made + re.escape(spec[at:]), re.ASCII)


@lru_cache(maxsize=1)
def _auto_patterns() -> list[re.Pattern[str]]:
    ends = ("OF", " OF", " AM")
    shapes = [(day, time) for day in _AUTO_DATES for time in _AUTO_TIMES]
    return [to_pattern(day + time + (end if time else "")) for day, time in shapes for end in ends]


def parse_timestamp(text: str, spec: str) -> datetime | None:
    """Return a moment, with a zone if the text has one, or None if the text does not fit."""
    text = text.strip()
    if spec in ("epochsecs", "epochmillisecs"):
        return _epoch(text, 1000 if spec == "epochmillisecs" else 1)
    patterns = _auto_patterns() if spec == "auto" else [to_pattern(spec)]
    for pattern in patterns:
        if found := pattern.fullmatch(text):
            return _moment(found.groupdict())
    return None


def parse_time_of_day(text: str) -> str | None:
    """Return a time with or without an offset as it was, or None if it is none."""
    found = re.fullmatch(
        r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?( ?([+-]\d{2}(:?\d{2})?|Z|UTC))?",
        text.strip(),
    )
    return text.strip() if found or text.strip() == "24:00:00" else None


def _epoch(text: str, unit: int) -> datetime | None:
    if not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return None
    try:
        return datetime(1970, 1, 1) + timedelta(seconds=float(text) / unit)
    except OverflowError:
        return None


def _moment(said: dict[str, str | None]) -> datetime | None:
    month = said.get("month") or _month(said.get("name") or "")
    year = said.get("year") or str(_CENTURY + int(said.get("short") or "0"))
    hour = int(said.get("hour") or 0)
    if half := (said.get("half") or "").lower():
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return datetime(
            int(year),
            int(month or 1),
            int(said.get("day") or 1),
            hour,
            int(said.get("minute") or 0),
            int(said.get("second") or 0),
            int((said.get("fraction") or "").ljust(6, "0")),
            _zone(said.get("zone")),
        )
    except ValueError:
        return None


def _month(name: str) -> str:
    short = name[:3].lower()
    return str(_MONTHS.index(short) + 1) if short in _MONTHS else ""


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
