"""What the catalog says of a table, in one round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from psycopg2 import errors, sql

from mover_postgres.connections import fetch
from mover_postgres.statements import relation, subquery
from mover_postgres.types import field_of
from records_mover.errors import DatabaseError
from records_mover.frozen import frozen
from records_mover.parts import Column, TableInfo, TableName

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.schema import Field

__all__ = ["Described", "base_of", "describe", "query_fields", "server_identity"]

# A table that was never analysed has -1 rows, before 14 none on no pages; of a partitioned one the
# parts are counted.
_TABLE = """
WITH wanted AS (SELECT to_regclass(%(table)s)::oid AS oid)
SELECT n.nspname, c.relname, c.relkind,
    (SELECT sum(p.reltuples) FILTER (WHERE p.relkind = 'r') FROM pg_class p
     WHERE p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_partition_tree(c.oid))),
    (SELECT bool_and(p.reltuples >= 0 AND (p.reltuples + p.relpages > 0
        OR current_setting('server_version_num')::int >= 140000))
     FROM pg_class p WHERE p.relkind = 'r' AND
     (p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_partition_tree(c.oid)))),
    (SELECT sum(p.relpages) * current_setting('block_size')::bigint FROM pg_class p
     WHERE p.oid = c.oid OR p.oid IN (SELECT relid FROM pg_partition_tree(c.oid))),
    a.attname, format_type(a.atttypid, a.atttypmod),
    CASE WHEN t.typtype = 'd' THEN (
        WITH RECURSIVE below AS (
            SELECT t.typbasetype AS oid, t.typtypmod AS modifier
            UNION ALL
            SELECT d.typbasetype, d.typtypmod FROM below JOIN pg_type d USING (oid)
            WHERE d.typtype = 'd'
        )
        SELECT format_type(below.oid, below.modifier) FROM below JOIN pg_type b USING (oid)
        WHERE b.typtype <> 'd') END,
    NOT (a.attnotnull OR t.typnotnull),
    (a.atthasdef AND a.attgenerated = '') OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
    a.attgenerated <> ''
FROM wanted
JOIN pg_class c ON c.oid = wanted.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_type t ON t.oid = a.atttypid
ORDER BY a.attnum
"""

_SCHEMAS = """
SELECT nspname FROM pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' OR nspname = %s
ORDER BY 1
"""

_KINDS: dict[str, Literal["table", "view"]] = {
    "r": "table",
    "p": "table",
    "f": "table",
    "v": "view",
    "m": "view",
}


@frozen
class Described:
    """A table and its columns; ``bases`` are the types below domains, by column."""

    info: TableInfo
    bases: dict[str, str]

    def fields(self) -> list[Field]:
        """Return the columns as fields of a records schema."""
        return [
            field_of(
                column.name,
                self.bases.get(column.name, column.type),
                required=not column.nullable,
                own=column.type if column.name in self.bases else None,
            )
            for column in self.info.columns
        ]


def describe(connection: PsycopgConnection, name: TableName) -> Described | None:
    """Describe a table; None when there is none, ``DatabaseError`` when its schema is absent."""
    rows = fetch(connection, _TABLE, {"table": relation(name).as_string(connection)})
    if not rows:
        _check_schema(connection, name)
        return None
    schema, table, relkind, tuples, counted, size = rows[0][:6]
    if relkind not in _KINDS:
        raise DatabaseError(f"'{name}' is no table", "it is an index, a sequence or a type")
    return Described(
        info=TableInfo(
            name=TableName(schema=schema, name=table),
            columns=tuple(_column(row[6:]) for row in rows if row[6] is not None),
            kind=_KINDS[relkind],
            rows=int(tuples) if counted and _KINDS[relkind] == "table" else None,
            bytes=int(size) if size and counted else None,
        ),
        bases={row[6]: row[8] for row in rows if row[8] is not None},
    )


_NAMES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = ANY(%(kinds)s) AND CASE WHEN %(schema)s::text IS NULL
THEN n.nspname = ANY(current_schemas(false)) ELSE n.nspname = %(schema)s END
"""


def table_names(connection: PsycopgConnection, schema: str | None) -> list[str]:
    """Return the names of the tables and views of a schema; of those on the path for None."""
    rows = fetch(connection, _NAMES, {"kinds": list(_KINDS), "schema": schema})
    return [str(row[0]) for row in rows]


def _column(row: tuple[Any, ...]) -> Column:
    name, spelling, _, nullable, filled, generated = row
    return Column(
        name=name, type=spelling, nullable=nullable, filled=bool(filled), generated=generated
    )


# The row type of a table may have the name of what was a type elsewhere.
_BASE = """
WITH RECURSIVE below AS (
    SELECT to_regtype(%s)::oid AS oid, -1 AS modifier
    UNION ALL
    SELECT d.typbasetype, d.typtypmod FROM below JOIN pg_type d USING (oid) WHERE d.typtype = 'd'
)
SELECT format_type(below.oid, below.modifier)
FROM below JOIN pg_type b USING (oid) LEFT JOIN pg_class c ON c.oid = b.typrelid
WHERE b.typtype <> 'd' AND (c.relkind IS NULL OR c.relkind = 'c')
"""


def base_of(connection: PsycopgConnection, spelling: str) -> str | None:
    """Return the type below a domain, any other type itself, and None where there is no such."""
    try:
        found = fetch(connection, _BASE, (spelling,))
    except errors.SyntaxError:
        connection.rollback()
        return None
    return found[0][0] if found else None


def _check_schema(connection: PsycopgConnection, name: TableName) -> None:
    if name.schema is None:
        return
    there = [row[0] for row in fetch(connection, _SCHEMAS, (name.schema,))]
    if name.schema not in there:
        listed = ", ".join(f"'{schema}'" for schema in there)
        raise DatabaseError(f"there is no schema '{name.schema}'", f"there are: {listed}")


def query_fields(connection: PsycopgConnection, query: str) -> list[Field]:
    """Return the columns of a query's result as the server describes them; no row is read."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} AS q LIMIT 0").format(subquery(query)))
        columns = list(cursor.description or ())
    if not columns:
        return []
    oids = [column.type_code for column in columns]
    modifiers = [_modifier(column) for column in columns]
    spell = (
        "SELECT format_type(oid, modifier) FROM unnest(%s::oid[], %s::int[]) "
        "WITH ORDINALITY AS q (oid, modifier, place) ORDER BY place"
    )
    spellings = [row[0] for row in fetch(connection, spell, (oids, modifiers))]
    return [
        field_of(column.name, spelling) for column, spelling in zip(columns, spellings, strict=True)
    ]


_NUMERIC, _NO_LIMIT = 1700, 65535
_FIXED_SIZE = frozenset({1083, 1114, 1184, 1186, 1266})


def _modifier(column: Any) -> int:
    """Return the type modifier, which the driver gives in parts: DESCRIPTION in its cursor type."""
    if column.type_code == _NUMERIC:
        if column.precision in (None, _NO_LIMIT):
            return -1
        return (int(column.precision) << 16 | (int(column.scale) & 0x7FF)) + 4
    size = column.internal_size
    varies = column.type_code not in _FIXED_SIZE and column.type_code in (1042, 1043, 1231)
    return size + 4 if varies and size is not None and size >= 0 else -1


_IDENTITY = """
SELECT (SELECT system_identifier FROM pg_control_system()), current_database(),
    pg_is_in_recovery()
"""


def server_identity(connection: PsycopgConnection) -> str:
    """Name the cluster by the number that its creation gave it, the database, and a standby."""
    number, database, standby = fetch(connection, _IDENTITY)[0]
    return f"{number}{'-standby' if standby else ''}/{database}"
