"""The types of columns, as far as two tables must agree on them for rows to pass unread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Selection, TableName

__all__ = ["ColumnType", "types_of_selection", "types_of_spellings", "types_of_table"]

_FIRST_OWN = 16384
"""From this number on types are made by users, and their numbers differ between databases."""

_TEXTS = frozenset({25, 1042, 1043})
_MONEY = frozenset({790, 791})
_INTERVAL = frozenset({1186, 1187})
_INFINITE_INTERVALS = 170000
# The payload of these is the number of an object, which another database gives another number.
_OBJECTS = frozenset({24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191})
_WHOLE = frozenset({20, 21, 23})
_NUMERIC = 1700


@frozen
class ColumnType:
    """A column's type below any domain.

    ``payload`` names what it is in binary COPY, empty where that means nothing to another
    database. Two payloads of one name are the same bytes for the same value.
    """

    column: str
    oid: int
    name: str
    payload: str

    def becomes(self, other: ColumnType) -> bool:
        """Whether an assignment in the server keeps each value that the other type can hold."""
        if self.oid == other.oid or {self.oid, other.oid} <= _TEXTS - {1042}:
            return True
        return self.oid in _WHOLE and other.oid in _WHOLE | {_NUMERIC}


# A domain is looked through, however many there are one above the other.
_TYPES = """
WITH RECURSIVE asked (place, oid) AS (
    SELECT place, oid FROM unnest(%s::oid[]) WITH ORDINALITY AS q (oid, place)
    UNION ALL
    SELECT place, t.typbasetype FROM asked JOIN pg_catalog.pg_type t USING (oid)
    WHERE t.typtype = 'd'
)
SELECT t.oid::int8, format_type(t.oid, NULL), t.typtype,
    CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END::int8,
    t.typsend <> 0 AND t.typreceive <> 0, current_setting('lc_monetary')
FROM asked JOIN pg_catalog.pg_type t USING (oid)
WHERE t.typtype <> 'd' ORDER BY place
"""


def _types(
    connection: PsycopgConnection, names: Sequence[str], oids: Sequence[int]
) -> tuple[ColumnType, ...]:
    rows = fetch(connection, _TYPES, (list(oids),))
    return tuple(
        ColumnType(
            column=column,
            oid=oid,
            name=spelling,
            payload=_payload(
                oid, spelling, kind, inner if has_binary else None, money, connection.server_version
            ),
        )
        for column, (oid, spelling, kind, inner, has_binary, money) in zip(names, rows, strict=True)
    )


def _payload(oid: int, spelling: str, kind: str, inner: int | None, money: str, server: int) -> str:
    if kind == "e" or oid in _TEXTS:
        return "text"
    if inner is None or inner >= _FIRST_OWN or inner in _OBJECTS:
        return ""
    if oid in _MONEY:
        return f"{spelling} as in {money}"
    if oid in _INTERVAL and server >= _INFINITE_INTERVALS:
        return f"{spelling} with infinity"
    return spelling


def types_of_selection(
    connection: PsycopgConnection, selection: Selection
) -> tuple[ColumnType, ...]:
    """Return the types that a selection gives; no row is read."""
    from mover_postgres.outputs import outputs_of

    outputs = outputs_of(connection, selection)
    return _types(connection, [out.name for out in outputs], [out.oid for out in outputs])


_COLUMNS = """
SELECT attname, atttypid::int8 FROM pg_catalog.pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""


def types_of_table(
    connection: PsycopgConnection, table: TableName, columns: Sequence[str]
) -> tuple[ColumnType, ...]:
    """Return the types of a table's columns, of which we may have no right to read any."""
    oids = dict(fetch(connection, _COLUMNS, (relation(table).as_string(connection),)))
    return _types(connection, columns, [oids[name] for name in columns])


def types_of_spellings(
    connection: PsycopgConnection, names: Sequence[str], spellings: Sequence[str]
) -> tuple[ColumnType, ...]:
    """Return the types that columns would have if they were declared like this."""
    query = sql.SQL("SELECT {}").format(
        sql.SQL(", ").join(
            sql.SQL("to_regtype({})::oid::int8").format(sql.Literal(spelling))
            for spelling in spellings
        )
    )
    (oids,) = fetch(connection, query) if spellings else [()]
    return _types(connection, names, oids)
