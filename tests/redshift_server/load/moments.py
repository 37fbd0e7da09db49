"""Dates, times and timestamps as COPY reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.load.problem import FieldProblem
from redshift_server.load.times import parse_time_of_day, parse_timestamp

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn

__all__ = ["date_value", "time_value", "timestamp_value"]

_DATE = "YYYY-MM-DD"
_TIMESTAMP = "YYYY-MM-DD HH:MI:SS"


def date_value(field: bytes, _column: TableColumn, statement: CopyStatement) -> bytes | None:
    """Read a DATE by DATEFORMAT."""
    spec = statement.text("dateformat", _DATE)
    moment = parse_timestamp(field.decode("utf-8", "replace"), spec)
    if moment is not None:
        return moment.strftime("%Y-%m-%d").rjust(10, "0").encode()
    if statement.flag("acceptanydate"):
        return None
    short = len(field) < len(_DATE)
    reason = "Invalid Date Format - length must be 10 or more" if short else "Invalid Date Format"
    raise FieldProblem(1205, reason)


def timestamp_value(field: bytes, column: TableColumn, statement: CopyStatement) -> bytes | None:
    """Read a TIMESTAMP or TIMESTAMPTZ by TIMEFORMAT; a plain one ignores the zone."""
    zoned = column.type == "timestamptz"
    spec = statement.text("timeformat", _TIMESTAMP + ("OF" if zoned else ""))
    moment = parse_timestamp(field.decode("utf-8", "replace"), spec)
    if moment is not None:
        moment = moment if zoned else moment.replace(tzinfo=None)
        return moment.isoformat(" ").encode()
    if statement.flag("acceptanydate"):
        return None
    raise FieldProblem(1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]")


def time_value(field: bytes, column: TableColumn, _statement: CopyStatement) -> bytes:
    """Read a TIME or TIMETZ."""
    text = parse_time_of_day(field.decode("utf-8", "replace"))
    if text is None:
        raise FieldProblem(1206, "Invalid time format or value [HH24:MI:SS]")
    if column.type == "time":
        for mark in ("+", "-", "Z", "UTC"):
            text = text.split(mark)[0]
    return text.strip().encode()
