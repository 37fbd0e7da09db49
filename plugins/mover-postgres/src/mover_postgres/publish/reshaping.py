"""What must change of a table's columns so that it holds rows of another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.catalog import query_fields
from mover_postgres.connections import driver_connection, fetch
from mover_postgres.publish.reasons import refuse_anew, why_anew
from mover_postgres.publish.shape import roomier
from mover_postgres.statements import relation
from mover_postgres.types import spelling_of
from records_mover.errors import DatabaseError
from records_mover.parts import Column, Reshape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.database import PostgresDatabase
    from records_mover.parts import TableInfo, TableName
    from records_mover.schema import RecordsSchema

__all__ = ["explained", "refuse_needed", "reshape"]


def reshape(
    database: PostgresDatabase,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema | None,
) -> Reshape:
    """Say what changes; raise where a column that would go is needed by something else.

    A column that the table fills by itself stays when the rows bring none.
    """
    dropped = tuple(
        column.name
        for column in info.columns
        if column.name not in columns and not column.filled and not column.generated
    )
    change = (
        Reshape(dropped=dropped)
        if schema is None
        else Reshape(
            dropped=dropped,
            added=tuple(_added(database, info, columns, schema)),
            retyped=tuple(_retyped(database, info, columns, schema)),
            loosened=tuple(_loosened(info, columns, schema)),
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


def _added(
    database: PostgresDatabase,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema,
) -> Iterator[Column]:
    there = {column.name for column in info.columns}
    new = [place for place, name in enumerate(columns) if name not in there]
    fields = [schema.fields[place] for place in new]
    types = database.declared(schema.select([field.name for field in fields])) if new else ()
    for place, field, spelling in zip(new, fields, types, strict=True):
        yield Column(name=columns[place], type=spelling, nullable=not field.required)


def _retyped(
    database: PostgresDatabase,
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


def _as_the_server(database: PostgresDatabase, spellings: Sequence[str]) -> list[str]:
    """Return types as ``format_type`` would spell them."""
    nulls = ", ".join(f"NULL::{spelling}" for spelling in spellings)
    with database.connection() as connection, database.doing("cannot compare types"):
        fields = query_fields(driver_connection(connection), f"SELECT {nulls}")
    return [spelling_of(field) or "" for field in fields]


def _loosened(info: TableInfo, columns: tuple[str, ...], schema: RecordsSchema) -> Iterator[str]:
    """Yield columns that need a value here and none in the source, if it knows the difference."""
    if not any(field.required for field in schema.fields):
        return
    there = {column.name: column for column in info.columns}
    for name, field in zip(columns, schema.fields, strict=True):
        required = name in there and not there[name].nullable
        if required and not field.required and spelling_of(field) is not None:
            yield name


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
    what = f"'{table}' cannot take on the columns of the rows ({'; '.join(explained(change))})"
    if not is_ours:
        raise DatabaseError(f"{what}: it belongs to '{owner}'", "move as its owner")
    if parent is not None:
        raise DatabaseError(f"{what}: it is a partition of '{parent}'", "move into that")
    if is_typed:
        raise DatabaseError(f"{what}: they are those of a type", "alter the type first")
    if inherited is not None:
        raise DatabaseError(f"{what}: it inherits '{inherited}'", "alter the parent first")


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
    found = [row for row in dict.fromkeys(fetch(driver, _NEEDED, asked)) if row[1]]
    if not found:
        return
    column = found[0][0]
    needed = ", ".join(what for name, what in found if name == column)
    raise DatabaseError(
        f"the rows bring no column '{column}' for '{table}', and {needed} would go with it",
        f"give the column, or alter or drop {'these' if ', ' in needed else 'this'} first",
    )


def explained(change: Reshape) -> Iterator[str]:
    """Yield clauses that say what changes, and what may."""
    if change.added:
        added = ", ".join(f"'{each.name}' ({each.type})" for each in change.added)
        yield f"adding {added}"
    if change.dropped:
        yield f"dropping {_listed(change.dropped)}, which the rows do not bring"
    for name, spelling in change.retyped:
        yield (
            f"making '{name}' {spelling} if a value needs it "
            "(views and policies on it are then made again as they were)"
        )
    if change.loosened:
        yield f"allowing NULL in {_listed(change.loosened)} if one comes"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
