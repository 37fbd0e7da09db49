"""Columns in which the server would round or cut a text's value without a word."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from mover_postgres.connections import fetch
from mover_postgres.statements import relation
from records_mover.frozen import frozen
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = ["Watched", "watched_columns"]


@frozen
class Watched:
    """A column in which a value may be changed: ``decimals`` are rounded, a ``length`` is cut.

    Of what goes to a ``day`` the time of day is left out.
    """

    place: int
    name: str
    type: str
    decimals: int | None = None
    length: int | None = None
    day: bool = False

    def changes(self, text: str) -> bool:
        """Whether the server would store another value than this text says."""
        if self.day:
            clock = _CLOCK.search(text)
            return clock is not None and clock[0].strip("0:. ") != ""
        if self.length is not None:
            return len(text) > self.length and len(text.rstrip(" ")) <= self.length
        assert self.decimals is not None, "a column is watched for one of them"
        if self.type.startswith("numeric"):
            return _is_finer(text.strip(), self.decimals)
        digits = text.partition(".")[2]
        kept = digits[: len(digits) - len(digits.lstrip("0123456789"))]
        return bool(kept[self.decimals :].strip("0"))

    def why(self) -> str:
        """Say what the server would do."""
        if self.day:
            return "a time of day would be left out"
        if self.length is not None:
            return f"blanks past {many(self.length, 'character')} would be cut"
        return f"what has more than {many(self.decimals or 0, 'decimal')} would be rounded"

    def advice(self) -> str:
        """Say what to do about a value that would be changed."""
        allow = f"--allow-lossy {shlex.quote(self.name)}"
        return f"allow that with {allow}, or give the column another type"


_CLOCK = re.compile(r"[0-9]{1,2}:.*", re.DOTALL)
"""A time of day, and what comes after it, as an offset."""


def _is_finer(text: str, decimals: int) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False  # which the server refuses itself
    if not number.is_finite():
        return False
    _, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    return bool(written) and -int(exponent) - (len(digits) - len(written)) > decimals


_TYPES = """
SELECT a.attname::text, a.atttypid::int8, a.atttypmod, format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
_NUMERIC, _VARCHAR, _DATE = 1700, 1043, 1082
_TIMES = frozenset({1083, 1114, 1184, 1266})


def watched_columns(
    driver: PsycopgConnection, table: TableName, columns: Sequence[str], free: Sequence[str]
) -> tuple[Watched, ...]:
    """Return the columns of which a value may change, but for those that need no look."""
    rows = fetch(driver, _TYPES, (relation(table).as_string(driver),))
    types = {name: (int(oid), int(modifier), spelled) for name, oid, modifier, spelled in rows}
    found = (
        _column(place, name, *types[name])
        for place, name in enumerate(columns)
        if name in types and name not in free
    )
    return tuple(column for column in found if column is not None)


def _column(place: int, name: str, oid: int, modifier: int, spelled: str) -> Watched | None:
    if oid == _NUMERIC and modifier >= 0:
        scale = ((modifier - 4) & 0x7FF ^ 1024) - 1024
        return Watched(place=place, name=name, type=spelled, decimals=scale)
    if oid in _TIMES:
        decimals = 6 if modifier < 0 else modifier
        return Watched(place=place, name=name, type=spelled, decimals=decimals)
    if oid == _VARCHAR and modifier >= 0:
        return Watched(place=place, name=name, type=spelled, length=modifier - 4)
    if oid == _DATE:
        return Watched(place=place, name=name, type=spelled, day=True)
    return None
