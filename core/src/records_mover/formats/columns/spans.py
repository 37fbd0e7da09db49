"""Spans of time as ISO 8601 text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["span_text"]

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def span_text(value: pa.Scalar) -> str:
    """Return a duration or an interval as ``P1M2DT3.5S``."""
    unit = getattr(value.type, "unit", None)
    if unit is not None:
        return "P" + _seconds(value.value * (10**9 // _PER_SECOND[unit]))
    months, days, nanoseconds = value.as_py()
    date = (f"{months}M" if months else "") + (f"{days}D" if days else "")
    return "P" + date + (_seconds(nanoseconds) if nanoseconds or not date else "")


def _seconds(nanoseconds: int) -> str:
    whole, rest = divmod(abs(nanoseconds), 10**9)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"T{'-' if nanoseconds < 0 else ''}{whole}{fraction}S"
