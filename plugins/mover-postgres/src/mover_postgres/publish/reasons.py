"""Why a table would have to be made anew: what no ALTER TABLE does, and what stands against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.connections import fetch
from mover_postgres.publish.saved import EXPRESSION_SINCE, scope
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Reshape, TableName

__all__ = ["against", "refuse_anew", "why_anew"]

MOST_COLUMNS = 1600

_NUMBERED = "SELECT relnatts FROM pg_class WHERE oid = %(table)s::regclass"

# The expression is NULL for a while, which a key or a CHECK may not bear; and a virtual column's
# cannot change beside any CHECK or publication. Before 15 the column itself is what depends.
_COMPUTED = """
SELECT DISTINCT format('''%%s'' is computed from ''%%s''', g.attname, n.attname)
FROM pg_attribute n JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass
    AND d.refobjid = n.attrelid AND d.refobjsubid = n.attnum
LEFT JOIN pg_attrdef x ON d.classid = 'pg_attrdef'::regclass AND x.oid = d.objid
JOIN pg_attribute g ON g.attrelid = n.attrelid AND g.attgenerated <> ''
    AND g.attnum = COALESCE(x.adnum, CASE WHEN d.classid = 'pg_class'::regclass
        AND d.objid = n.attrelid THEN d.objsubid END)
JOIN pg_type t ON t.oid = g.atttypid
WHERE n.attrelid = ANY (%(tables)s::oid[]) AND n.attname = ANY (%(columns)s)
    AND (%(old)s OR g.attnotnull OR t.typtype = 'd'
        OR EXISTS (SELECT FROM pg_constraint WHERE conrelid = g.attrelid AND contype = 'c'
            AND (g.attnum = ANY (conkey) OR g.attgenerated = 'v'))
        OR EXISTS (SELECT FROM pg_index WHERE indrelid = g.attrelid AND indisunique
            AND g.attnum = ANY (indkey))
        OR g.attgenerated = 'v' AND EXISTS (
            SELECT FROM pg_publication_rel WHERE prrelid = g.attrelid))
ORDER BY 1
"""
# A column of the key, or of an expression in it, depends on the table as if it were inside it.
_KEYS = """
SELECT DISTINCT format('''%%s'' is in the partition key of %%s', n.attname, n.attrelid::regclass)
FROM pg_attribute n JOIN pg_depend d ON d.classid = 'pg_class'::regclass
    AND d.objid = n.attrelid AND d.objsubid = n.attnum AND d.deptype = 'i'
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = n.attrelid AND d.refobjsubid = 0
    AND n.attrelid = ANY (%(tables)s::oid[]) AND n.attname = ANY (%(columns)s)
ORDER BY 1
"""


def why_anew(driver: PsycopgConnection, table: TableName, change: Reshape) -> list[str]:
    """Say what of a change no ALTER TABLE does; empty where the table can be altered."""
    told = scope(driver, relation(table).as_string(driver), change.retyped, whole=False)
    told["old"] = driver.server_version < EXPRESSION_SINCE
    found = [row[0] for query in (_COMPUTED, _KEYS) for row in fetch(driver, query, told)]
    numbered = fetch(driver, _NUMBERED, told)[0][0]
    if change.added and numbered + len(change.added) > MOST_COLUMNS:
        found.append(f"{numbered:,} columns were in it at some time, and more cannot be added")
    return found


_AGAINST = """
SELECT CASE WHEN relkind NOT IN ('r', 'p') THEN 'it is a foreign table' END,
    (SELECT format(CASE WHEN relispartition THEN 'it is a partition of ''%%s'''
            ELSE 'it inherits from ''%%s''' END, min(inhparent::regclass::text))
     FROM pg_inherits WHERE inhrelid = c.oid HAVING count(*) > 0),
    CASE WHEN reloftype <> 0 THEN 'its columns are those of a type' END,
    (SELECT format('it belongs to the extension ''%%s''', extname)
     FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_extension'::regclass LIMIT 1),
    CASE WHEN EXISTS (SELECT FROM pg_subscription_rel WHERE srrelid = c.oid)
        THEN 'a subscription fills it' END,
    CASE WHEN EXISTS (SELECT FROM pg_seclabel
        WHERE objoid = c.oid AND classoid = 'pg_class'::regclass) THEN 'it has security labels' END
FROM pg_class c WHERE oid = %(table)s::regclass
"""


def against(driver: PsycopgConnection, table: TableName) -> Iterator[str]:
    """Yield what a table that is made anew would lose, and what no statement gives back."""
    told = {"table": relation(table).as_string(driver)}
    yield from (words for words in fetch(driver, _AGAINST, told)[0] if words)


def refuse_anew(driver: PsycopgConnection, table: TableName, why: list[str]) -> None:
    """Raise where a table that would have to be made anew cannot be."""
    for words in against(driver, table):
        raise DatabaseError(
            f"'{table}' would have to be made anew ({'; '.join(why)}), and cannot be: {words}",
            "cast the column in the source, or alter the table by hand first",
        )
