"""Date and time formats of a table, from how its columns look."""

from __future__ import annotations

import re

from records_mover.formats.columns.dates import ISO_HINTS
from records_mover.frozen import frozen

__all__ = ["DateFindings", "date_findings"]

_CLOCK = (
    r"(?:[ T](?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?"
    r"(?P<ap>\s?[AaPp][Mm])?(?P<of>Z|[+-]\d{2}:?\d{0,2})?)?"
)
_SHAPES = (
    ("YMD", re.compile(r"(?P<a>\d{4})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,2})" + _CLOCK)),
    (
        "XXY",
        re.compile(
            r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2})" + _CLOCK
        ),
    ),
)
_TIME = re.compile(
    r"(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2}(?:\.\d+)?))?(?P<ap>\s?[AaPp][Mm])?"
)


@frozen
class DateFindings:
    """The hints that follow from the columns, why, and sentences on what stays open."""

    hints: dict[str, str]
    why: dict[str, str]
    ambiguous: list[str]


@frozen(kw_only=False)
class _Column:
    kind: str
    written: str
    order: str  # of day and month: "DM", "MD", "?" where nothing tells, "" where year is first


def date_findings(names: list[str], columns: list[list[str]]) -> DateFindings:
    """Return the date and time hints of a table of text."""
    found = {}
    for name, values in zip(names, columns, strict=False):
        column = _column([value.strip() for value in values if value.strip()])
        if column is not None:
            found[name] = column
    return _settle(found)


def _column(values: list[str]) -> _Column | None:
    if not values:
        return None
    times = [_TIME.fullmatch(value) for value in values]
    if all(times):
        first = times[0]
        return None if first is None else _Column("timeonlyformat", _clock(first), "")
    for kind, shape in _SHAPES:
        matches = [match for value in values if (match := shape.fullmatch(value)) is not None]
        if len(matches) == len(values) and len({match["sep"] for match in matches}) == 1:
            return _dates(kind, matches)
    return None


def _clock(match: re.Match[str]) -> str:
    if match["ap"]:
        space = " " if match["ap"][0].isspace() else ""
        return f"HH12:MI{':SS' if match['s'] else ''}{space}AM"
    return "HH24:MI:SS" if match["s"] else "HH24:MI"


def _dates(kind: str, matches: list[re.Match[str]]) -> _Column | None:
    first = matches[0]
    if any(bool(match["h"]) != bool(first["h"]) for match in matches):
        return None
    sep = first["sep"]
    order = "" if kind == "YMD" else _order(matches)
    if order is None:
        return None
    if kind == "YMD":
        date = sep.join(("YYYY", "MM", "DD"))
    else:
        year = "YYYY" if len(first["c"]) == 4 else "YY"
        date = sep.join((*(("DD", "MM") if order == "DM" else ("MM", "DD")), year))
    if not first["h"]:
        return _Column("dateformat", date, order)
    middle = "T" if "T" in first.group() else " "
    zone = "OF" if first["of"] else ""
    hint = "datetimeformattz" if zone else "datetimeformat"
    return _Column(hint, f"{date}{middle}{_clock(first)}{zone}", order)


def _order(matches: list[re.Match[str]]) -> str | None:
    """Return which of day and month is first, "?" where nothing tells, None where none fits."""
    day_first = any(int(match["a"]) > 12 for match in matches)
    month_first = any(int(match["b"]) > 12 for match in matches)
    if day_first and month_first:
        return None
    if any(max(int(match["a"]), int(match["b"])) > 31 for match in matches):
        return None
    return "DM" if day_first else "MD" if month_first else "?"


def _settle(found: dict[str, _Column]) -> DateFindings:
    hints, why, ambiguous = dict(ISO_HINTS), {}, []
    orders = {column.order for column in found.values()} & {"DM", "MD"}
    told = next(iter(orders)) if len(orders) == 1 else None
    for name, column in found.items():
        written = column.written
        if column.order == "?":
            if told is None:
                ambiguous.append(_either(name, column))
                continue
            written = _reordered(written) if told == "DM" else written
        if column.kind in why and hints[column.kind] != written:
            ambiguous.append(
                f"the column '{name}' is written as {written}, but the hint '{column.kind}' can "
                f"say only one format and says {hints[column.kind]}: the column is read as text"
            )
            continue
        if _is_iso(written):
            continue
        hints[column.kind], why[column.kind] = written, f"so the column '{name}' is written"
    return DateFindings(hints=hints, why=why, ambiguous=ambiguous)


def _is_iso(written: str) -> bool:
    return (written.replace("T", " ").startswith("YYYY-MM-DD") and "12" not in written) or (
        written in ("HH24:MI", "HH24:MI:SS")
    )


def _reordered(written: str) -> str:
    return written.replace("MM", "\0", 1).replace("DD", "MM", 1).replace("\0", "DD", 1)


def _either(name: str, column: _Column) -> str:
    american, other = column.written, _reordered(column.written)
    return (
        f"the dates in the column '{name}' may be {american} or {other}: nothing tells which, so "
        f"they are read as text; say it with --hint {column.kind}='{american}' or '{other}'"
    )
