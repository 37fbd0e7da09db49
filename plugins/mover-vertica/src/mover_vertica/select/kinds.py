"""The numbers by which the protocol names types."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BINARY", "Oid"]

BINARY = 1
"""The format of values that are no text."""


class Oid(IntEnum):
    """Types with a way of their own; all others travel as their text."""

    BOOL = 5
    INT = 6
    FLOAT = 7
    CHAR = 8
    VARCHAR = 9
    DATE = 10
    TIME = 11
    TIMESTAMP = 12
    TIMESTAMPTZ = 13
    INTERVAL = 14
    TIMETZ = 15
    NUMERIC = 16
    VARBINARY = 17
    UUID = 20
    INTERVAL_YM = 114
    LONG_VARCHAR = 115
    LONG_VARBINARY = 116
    BINARY = 117
