"""What must change of a table's columns so that it holds rows of another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.catalog import query_fields
from mover_postgres.connections import driver_connection, fetch
from mover_postgres.publish.reasons import refuse_anew, why_anew
from mover_postgres.statements import relation
from mover_postgres.types import spelling_of
from records_mover.db.columns.roomier import roomier
from records_mover.db.publishing import reshaping
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.db import SqlDatabase
    from records_mover.parts import TableInfo, TableName
    from records_mover.schema import Field, RecordsSchema

__all__ = ["explained", "refuse_needed", "reshape"]


def reshape(
    database: SqlDatabase,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema | None,
) -> Reshape:
    """Say what changes; raise where a column that would go is needed by something else.

    A column that the table fills by itself stays when the rows bring none.
    """
    dropped = reshaping.dropped_columns(info, columns)
    change = (
        Reshape(dropped=dropped)
        if schema is None
        else Reshape(
            dropped=dropped,
            added=tuple(reshaping.added_columns(database, info, columns, schema)),
            retyped=tuple(_retyped(database, info, columns, schema)),
            loosened=tuple(reshaping.loosened_columns(info, columns, schema, _says_its_type)),
        )
    )
    if dropped or change.added:
        with database.connection() as connection, database.doing(f"cannot look at '{info.name}'"):
            driver = driver_connection(connection)
            _refuse_fixed(driver, info.name, change)
            refuse_needed(driver, info.name, dropped)
            why = why_anew(driver, info.name, Reshape(added=change.added))
            if why:
                refuse_anew(driver, info.name, why)
    return change


def _retyped(
    database: SqlDatabase,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema,
) -> Iterator[tuple[str, str]]:
    there = {column.name: column for column in info.columns}
    pairs = [
        (there[name], spelling)
        for name, spelling in zip(columns, database.declared(schema), strict=True)
        if name in there and there[name].type != spelling
    ]
    if not pairs:
        return
    spelled = _as_the_server(database, [spelling for _, spelling in pairs])
    for (column, _), spelling in zip(pairs, spelled, strict=True):
        roomy = roomier(column.type, spelling)
        if roomy is not None:
            yield column.name, roomy


def _as_the_server(database: SqlDatabase, spellings: Sequence[str]) -> list[str]:
    """Return types as ``format_type`` would spell them."""
    nulls = ", ".join(f"NULL::{spelling}" for spelling in spellings)
    with database.connection() as connection, database.doing("cannot compare types"):
        fields = query_fields(driver_connection(connection), f"SELECT {nulls}")
    return [spelling_of(field) or "" for field in fields]


def _says_its_type(field: Field) -> bool:
    return spelling_of(field) is not None


_FIXED = """
SELECT pg_get_userbyid(relowner)::text, pg_has_role(relowner, 'USAGE'),
    (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid AND relispartition),
    reloftype <> 0, (SELECT min(attname) FROM pg_attribute
        WHERE attrelid = c.oid AND attname = ANY (%(dropped)s) AND attinhcount > 0)
FROM pg_class c WHERE oid = %(table)s::regclass
"""


def _refuse_fixed(driver: PsycopgConnection, table: TableName, change: Reshape) -> None:
    """Raise when this user, or anybody, could not alter the table."""
    told = {"table": relation(table).as_string(driver), "dropped": list(change.dropped)}
    owner, is_ours, parent, is_typed, inherited = fetch(driver, _FIXED, told)[0]
    for holds, why, advice in (
        (not is_ours, f"it belongs to '{owner}'", "move as its owner"),
        (parent is not None, f"it is a partition of '{parent}'", "move into that"),
        (is_typed, "they are those of a type", "alter the type first"),
        (inherited is not None, f"it inherits '{inherited}'", "alter the parent first"),
    ):
        if holds:
            raise reshaping.cannot_take_on(table, change, why, advice)


# The column's own default, sequence and NOT NULL go with it, and nobody misses them.
_NEEDED = """
SELECT a.attname::text, CASE
    WHEN r.ev_class IS NOT NULL AND v.relkind IN ('v', 'm')
        THEN CASE v.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END
            || r.ev_class::regclass
    WHEN d.classid = 'pg_class'::regclass AND d.objid = a.attrelid THEN CASE
        WHEN d.refobjsubid = 0 THEN 'the partition key' ELSE 'column ' || g.attname END
    WHEN x.adrelid IS NOT NULL THEN 'column ' || y.attname
    ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END
FROM pg_attribute a
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND (d.refobjsubid = a.attnum OR d.refobjsubid = 0 AND d.classid = 'pg_class'::regclass
        AND d.objid = a.attrelid AND d.objsubid = a.attnum AND d.deptype = 'i')
LEFT JOIN pg_class o ON d.classid = 'pg_class'::regclass AND o.oid = d.objid
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_class v ON v.oid = r.ev_class
LEFT JOIN pg_attrdef x ON d.classid = 'pg_attrdef'::regclass AND x.oid = d.objid
LEFT JOIN pg_attribute y ON y.attrelid = x.adrelid AND y.attnum = x.adnum
LEFT JOIN pg_attribute g ON g.attrelid = d.objid AND g.attnum = d.objsubid
    AND d.classid = 'pg_class'::regclass
LEFT JOIN pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
WHERE a.attrelid = %s::regclass AND a.attname = ANY (%s)
    AND o.relkind IS DISTINCT FROM 'S' AND c.contype IS DISTINCT FROM 'n'
    AND NOT COALESCE(x.adrelid = a.attrelid AND x.adnum = a.attnum, false)
ORDER BY a.attnum, 2
"""


def refuse_needed(driver: PsycopgConnection, table: TableName, dropped: Sequence[str]) -> None:
    """Raise when something hangs on a column that the rows do not bring."""
    asked = (relation(table).as_string(driver), list(dropped))
    found = [(row[0], row[1]) for row in fetch(driver, _NEEDED, asked) if row[1]]
    reshaping.refuse_needed(table, found)


def explained(change: Reshape) -> Iterator[str]:
    """Yield clauses that say what changes, and what may."""
    return reshaping.explained(
        change, " (views and policies on it are then made again as they were)"
    )
