"""Saying figures in words: sizes, rates, times, and what a move did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.utils.words import many

if TYPE_CHECKING:
    from records_mover.meter import Meter
    from records_mover.records.result import MoveResult

__all__ = ["figures", "fraction", "moved", "size", "span"]

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_MINUTE = 60
_TENTHS_BELOW = 9.95


def size(count: float) -> str:
    """Say a number of bytes in three digits or so."""
    unit = 0
    while count >= _STEP - 0.5 and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    digits = 1 if unit and count < _STEP / 10 else 0
    return f"{count:.{digits}f} {_UNITS[unit]}"


def span(seconds: float) -> str:
    """Say a time: ``0.12 s``, ``4.2 s``, ``38 s``, ``3:05 min``, ``2:03:05 h``."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < _TENTHS_BELOW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, _MINUTE)
    if minutes < _MINUTE:
        return f"{minutes}:{rest:02} min"
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02}:{rest:02} h"


def fraction(meter: Meter) -> float | None:
    """Return how much of the move is done, from 0 to 1, where its end is known.

    The size of a table is an estimate, so rows may go past it; bytes of files are exact.
    """
    if meter.total_bytes:
        return min(meter.bytes / meter.total_bytes, 1.0)
    if meter.total_rows:
        return min(meter.rows_seen / meter.total_rows, 1.0)
    return None


def figures(meter: Meter, seconds: float) -> str:
    """Say where a running move is: rows, bytes, rate and time left, each where it is known."""
    done = fraction(meter)
    said = []
    rows = meter.rows_seen
    if rows:
        said.append(many(rows, "row"))
    if meter.bytes:
        said += [size(meter.bytes), f"{size(meter.bytes / max(seconds, 1e-3))}/s"]
    elif rows:
        said.append(f"{rows / max(seconds, 1e-3):,.0f} rows/s")
    if done is not None and 0 < done < 1:
        said.append(f"{span(seconds * (1 - done) / done)} left")
    return ", ".join(said) or "no rows yet"


def moved(result: MoveResult) -> str:
    """Say what a move did, in one line."""
    rows = "all rows" if result.rows is None else many(result.rows, "row")
    rejected = f", {result.rejected:,} rejected" if result.rejected else ""
    bytes_ = f", {size(result.bytes)}" if result.bytes else ""
    compared = f" ({result.compared})" if result.compared else ""
    verified = f", verified{compared}" if result.verified else ""
    route = " > ".join(result.route)
    notes = "".join(f"; {note}" for note in result.notes)
    return f"moved {rows}{rejected}{verified}{bytes_} in {span(result.seconds)} by {route}{notes}"
