"""Sequences of identity and serial columns go on after the values that were loaded into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = ["move_sequences"]

_OWNED = """
SELECT a.attname::text, s.seqrelid::regclass::text, s.seqincrement > 0, s.seqmin, s.seqmax,
    has_sequence_privilege(s.seqrelid, 'UPDATE') AND has_sequence_privilege(s.seqrelid, 'SELECT')
FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i') AND d.refobjid = %s::regclass AND a.attname = ANY (%s)
ORDER BY a.attnum
"""


def move_sequences(
    driver: PsycopgConnection, table: TableName, columns: Sequence[str]
) -> Iterator[str]:
    """Move each sequence past what its column holds, never back; yield what to tell."""
    asked = (relation(table).as_string(driver), list(columns))
    for column, sequence, rises, least, most, allowed in fetch(driver, _OWNED, asked):
        if not allowed:
            yield (
                f"the sequence {sequence} of '{column}' stays where it is: "
                "UPDATE and SELECT on it are not granted"
            )
            continue
        furthest = _furthest(driver, table, column, rises=rises)
        if furthest is None or not least <= furthest <= most:
            continue
        if _is_behind(driver, sequence, furthest, rises=rises):
            fetch(driver, "SELECT setval(%s::regclass, %s)", (sequence, furthest))
            yield f"the sequence of '{column}' goes on after {furthest:,}"


def _furthest(
    driver: PsycopgConnection, table: TableName, column: str, *, rises: bool
) -> int | None:
    query = sql.SQL("SELECT {}({}) FROM {}").format(
        sql.SQL("max" if rises else "min"), sql.Identifier(column), relation(table)
    )
    found: int | None = fetch(driver, query)[0][0]
    return found


def _is_behind(driver: PsycopgConnection, sequence: str, furthest: int, *, rises: bool) -> bool:
    query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.SQL(sequence))
    last, called = fetch(driver, query)[0]
    if last == furthest:
        return not called
    return bool(last < furthest) if rises else bool(last > furthest)
