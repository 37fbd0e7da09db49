"""Days and moments as numbers and as text, before the year 1 too, where Python has no dates."""

from __future__ import annotations

import datetime as dt
import re

__all__ = ["day_of", "day_text", "micros_of", "moment_text", "time_micros", "time_text"]

_DAY = 24 * 3600 * 1_000_000
_EPOCH = 719_468  # days from the first of March of the year 0 to 1970-01-01
_DATE = re.compile(r"([+-]?\d{4,})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


def day_of(text: str) -> int:
    """Return a day as a number of days since 1970; ``-0043`` and ``0044 ... BC`` are one year."""
    found = _DATE.match(text)
    if found is None:
        raise ValueError(f"no date: {text!r}")
    year, month, day = map(int, found.groups())
    if text.endswith(("BC", "(BC)")):
        year = 1 - year
    # https://howardhinnant.github.io/date_algorithms.html#days_from_civil
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _EPOCH


def day_text(day: int) -> str:
    """Return a day as text, ``-0043-03-15`` for one of 44 BC."""
    # https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    era, of_era = divmod(day + _EPOCH, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    date = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month <= 2)
    return f"{'-' * (year < 0)}{abs(year):04}-{month:02}-{date:02}"


def time_micros(text: str) -> int:
    """Return a time of day in microseconds; 24:00 is one."""
    found = _TIME.search(text)
    if found is None:
        raise ValueError(f"no time of day: {text!r}")
    hours, minutes, seconds = (int(each) for each in found.groups()[:3])
    fraction = int((found[4] or "").ljust(6, "0"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + fraction


def time_text(micros: int) -> str:
    """Return a time of day as text, without digits that say nothing."""
    seconds, fraction = divmod(micros, 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02}:{minute:02}:{second:02}.{fraction:06}"
    return text.rstrip("0").rstrip(".") if fraction else text[:8]


def micros_of(text: str, *, zoned: bool) -> int:
    """Return a moment in microseconds since 1970; one with a zone in UTC."""
    if not zoned:
        return day_of(text) * _DAY + (time_micros(text) if ":" in text else 0)
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def moment_text(micros: int) -> str:
    """Return a moment as text."""
    day, rest = divmod(micros, _DAY)
    return f"{day_text(day)} {time_text(rest)}"
