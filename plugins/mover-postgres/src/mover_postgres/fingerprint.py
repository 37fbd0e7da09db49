"""What rows amount to, in whatever order: their count and a checksum a column, in one query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import EXACT_TEXT, driver_connection, fetch, set_locally
from mover_postgres.outputs import rows_of
from mover_postgres.signature import ColumnType, types_of_selection
from records_mover.parts import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from records_mover.parts import Selection

__all__ = ["SETTINGS", "fingerprint", "fingerprint_of", "summed"]

SETTINGS = {**EXACT_TEXT, "datestyle": "ISO"}
"""Settings under which two servers spell a value alike."""

_NUMERIC, _BPCHAR, _NAME, _CHAR = 1700, 1042, 19, 18
_WHOLE = frozenset({20, 21, 23, 26})
# Added once for each value, so that a NULL and a value are never the same sum.
_VALUE = 1 << 100


def fingerprint(connection: Connection, selection: Selection) -> Fingerprint:
    """Sum up a selection as this connection sees it."""
    driver = driver_connection(connection)
    set_locally(driver, SETTINGS)
    types = types_of_selection(driver, selection)
    places = [sql.Identifier(f"c{place}") for place in range(len(types))]
    names = sql.SQL("({})").format(sql.SQL(", ").join(places)) if places else sql.SQL("")
    query = sql.SQL("SELECT {} FROM ({}) AS q {}").format(summed(types), rows_of(selection), names)
    return fingerprint_of(driver, types, fetch(driver, query)[0])


def summed(types: Sequence[ColumnType]) -> sql.Composable:
    """Return the expressions to select: the count, then two for each of the columns c0, c1 ..."""
    exprs: list[sql.Composable] = [sql.SQL("count(*)")]
    for place, column in enumerate(types):
        value = sql.Identifier(f"c{place}")
        text = sql.SQL("trim_scale({})::text" if column.oid == _NUMERIC else "{}::text")
        exprs.append(sql.SQL("count({})").format(value))
        exprs.append(
            sql.SQL('coalesce(sum(hashtextextended(({}) COLLATE "C", 0)), 0)').format(
                text.format(value)
            )
        )
    return sql.SQL(", ").join(exprs)


def fingerprint_of(
    driver: PsycopgConnection, types: Sequence[ColumnType], row: Sequence[int]
) -> Fingerprint:
    """Return the fingerprint that a row of such expressions is."""
    encoding = driver.get_parameter_status("server_encoding") or ""
    rows, values = int(row[0]), row[1:]
    return Fingerprint(
        rows=rows,
        sums=tuple(
            int(count) * _VALUE + int(total)
            for count, total in zip(values[::2], values[1::2], strict=True)
        ),
        kinds=tuple(_kind(column, encoding) for column in types),
    )


def _kind(column: ColumnType, encoding: str) -> str:
    if column.oid in _WHOLE or column.oid == _NUMERIC:
        return "a number"
    # A blank at the end means nothing in a character(n), and something in any other text.
    texts = column.oid in (_NAME, _CHAR) or (column.payload == "text" and column.oid != _BPCHAR)
    kind = "text" if texts else column.name
    return kind if encoding == "UTF8" else f"{kind} in {encoding}"
