"""What a table is by itself, written down as the statements that make it again, empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.relations import COMMENTS, belongings, rights_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.relations import Rights
    from records_mover.parts import Reshape

__all__ = ["Definition", "definition_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A table: its columns that stay with their types, how it is made, and the rights on it."""

    types: Sequence[tuple[str, str]]
    statements: Sequence[str]
    rights: Sequence[Rights]


def definition_of(driver: PsycopgConnection, table: str, change: Reshape) -> Definition:
    """Write a table down as it will be, but for columns that are added.

    Names are written in full where nothing is on the search path.
    """
    told = _told(driver, table, change)
    oid, dropped, retyped = told["oid"], change.dropped, dict(change.retyped)
    sequences = fetch(driver, _SEQUENCES, told)
    return Definition(
        types=[(name, retyped.get(name, kind)) for name, kind in fetch(driver, _KEPT, told)],
        statements=[
            *_made(driver, told, _CREATE, _OPTIONS, _CONSTRAINTS, _SECURITY),
            *(statement for row in sequences for statement in _identity(driver, *row)),
            *belongings(driver, oid, dropped),
            *_made(driver, told | {"kinds": "f"}, _CONSTRAINTS),  # what it refers to is there now
        ],
        rights=[rights_on(driver, each, dropped) for each in (oid, *(row[0] for row in sequences))],
    )


def _made(driver: PsycopgConnection, told: dict[str, Any], *queries: str) -> list[str]:
    return [row[0] for query in queries for row in fetch(driver, query, told)]


_NAMED_NOT_NULL_SINCE = 180000


def _told(driver: PsycopgConnection, table: str, change: Reshape) -> dict[str, Any]:
    return {
        "table": table,
        "oid": fetch(driver, "SELECT %s::regclass::oid::int8", (table,))[0][0],
        "dropped": list(change.dropped),
        "loosened": list(change.loosened),
        "retyped": [name for name, _ in change.retyped],
        "types": [spelling for _, spelling in change.retyped],
        "kinds": "ncpux",
        "not_null": driver.server_version < _NAMED_NOT_NULL_SINCE,
    }


_CREATE = """
SELECT format('CREATE %%sTABLE %%s (%%s)%%s%%s%%s%%s',
    CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END, c.oid::regclass,
    (SELECT string_agg(format('%%I %%s%%s%%s%%s', attname,
            COALESCE(q.spelling, format_type(atttypid, atttypmod)),
            CASE WHEN attcollation NOT IN (0, t.typcollation) AND COALESCE(n.typcollation, 1) <> 0
                THEN format(' COLLATE %%s', attcollation::regcollation) END,
            CASE attgenerated WHEN '' THEN ' DEFAULT ' || pg_get_expr(adbin, adrelid)
                ELSE format(' GENERATED ALWAYS AS (%%s) %%s', pg_get_expr(adbin, adrelid),
                    CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END,
            CASE WHEN attnotnull AND %(not_null)s AND attname <> ALL (%(loosened)s)
                THEN ' NOT NULL' END), ', ' ORDER BY attnum)
     FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
     LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
     LEFT JOIN unnest(%(retyped)s::text[], %(types)s::text[]) AS q (name, spelling)
         ON q.name = attname
     LEFT JOIN pg_type n ON n.oid = to_regtype(q.spelling)
     WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%(dropped)s)),
    ' PARTITION BY ' || pg_get_partkeydef(c.oid), ' USING ' || quote_ident(amname),
    ' WITH (' || NULLIF(concat_ws(', ', array_to_string(c.reloptions, ', '),
        (SELECT 'toast.' || array_to_string(reloptions, ', toast.') FROM pg_class
         WHERE oid = c.reltoastrelid)), '') || ')',
    ' TABLESPACE ' || quote_ident(spcname))
FROM pg_class c LEFT JOIN pg_am ON pg_am.oid = relam
LEFT JOIN pg_tablespace s ON s.oid = reltablespace
WHERE c.oid = %(oid)s
"""
_OPTIONS = """
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET (%%s)', attrelid::regclass, attname,
    array_to_string(attoptions, ', '))
FROM pg_attribute WHERE attrelid = %(oid)s AND attoptions IS NOT NULL
    AND NOT attisdropped AND attname <> ALL (%(dropped)s)
"""
_CONSTRAINTS = """
SELECT format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s; COMMENT ON CONSTRAINT %%I ON %%s IS %%L',
    conrelid::regclass, conname, pg_get_constraintdef(oid), conname, conrelid::regclass,
    obj_description(oid, 'pg_constraint'))
FROM pg_constraint
WHERE conrelid = %(oid)s AND position(contype IN %(kinds)s) > 0
    AND NOT (contype = 'n' AND conkey[1] IN (SELECT attnum FROM pg_attribute
        WHERE attrelid = conrelid AND attname = ANY (%(loosened)s::text[] || %(dropped)s::text[])))
ORDER BY position(contype IN %(kinds)s), oid
"""
_SECURITY = """
SELECT format('ALTER TABLE %%s %%s', oid::regclass, action)
FROM pg_class, unnest(ARRAY[
    CASE WHEN relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
    CASE WHEN relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
    CASE relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL' WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
    END]) AS action
WHERE oid = %(oid)s AND action IS NOT NULL
"""
_KEPT = """
SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%(dropped)s)
"""

# A limit that the type has anyway grows with the type.
_SEQUENCES = """
SELECT s.seqrelid::int8, s.seqrelid::regclass::text,
    format('ALTER TABLE %%s ALTER COLUMN %%I ADD GENERATED %%s AS IDENTITY (SEQUENCE NAME %%s '
        'START WITH %%s INCREMENT BY %%s%%s%%s CACHE %%s%%s)', attrelid::regclass, attname,
        CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.seqrelid::regclass,
        seqstart, seqincrement,
        ' MINVALUE ' || NULLIF(seqmin, CASE WHEN seqincrement > 0 THEN 1 ELSE -most - 1 END),
        ' MAXVALUE ' || NULLIF(seqmax, CASE WHEN seqincrement > 0 THEN most ELSE -1 END),
        seqcache, CASE WHEN seqcycle THEN ' CYCLE' END)
FROM pg_attribute JOIN pg_depend d ON d.refobjid = attrelid AND d.refobjsubid = attnum
    AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass
    AND d.deptype = 'i'
JOIN pg_sequence s ON s.seqrelid = d.objid
CROSS JOIN LATERAL (SELECT CASE seqtypid WHEN 'int2'::regtype THEN 32767
    WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END AS most) t
WHERE attrelid = %(oid)s AND attidentity <> '' AND attname <> ALL (%(dropped)s)
"""


def _identity(driver: PsycopgConnection, oid: int, sequence: str, creation: str) -> Iterator[str]:
    """Yield what makes a sequence again, and has it go on where it was."""
    yield creation
    query = sql.SQL("SELECT format('SELECT setval(%L, %s, %L)', {}, last_value, is_called) FROM {}")
    yield fetch(driver, query.format(sql.Literal(sequence), sql.SQL(sequence)))[0][0]
    yield from _made(driver, {"relation": oid, "without": []}, COMMENTS)
