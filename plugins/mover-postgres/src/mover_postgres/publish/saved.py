"""What stands in the way of a column's new type: how to take it away, and make it again."""

# ruff: noqa: S608 - the statements are put together of constants

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_postgres.connections import fetch
from mover_postgres.publish.views import views_on
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.views import View

__all__ = ["Saved", "save"]


@frozen
class Saved:
    """Statements in the order in which they are to run; names in them are written in full."""

    views: Sequence[View]
    drops: Sequence[str]
    restores: Sequence[str]


def save(driver: PsycopgConnection, table: str, retyped: Sequence[tuple[str, str]]) -> Saved:
    """Write down all that hangs on these columns and that the server does not take along itself.

    The server does so with indexes, constraints, statistics and foreign keys, their comments
    included.
    """
    columns, types = [name for name, _ in retyped], [spelling for _, spelling in retyped]
    views = views_on(driver, table, columns)
    told = {
        "table": table,
        "columns": columns,
        "types": types,
        "views": [view.oid for view in views],
    }
    pairs: list[tuple[Any, ...]] = []
    for query in _queries(driver.server_version):
        pairs += fetch(driver, query, told)
    return Saved(
        views=views,
        drops=[drop for drop, _ in pairs if drop],
        restores=[restore for _, restore in pairs if restore],
    )


def _queries(server: int) -> list[str]:
    later = [_PUBLISHED] if server >= _PUBLISHED_COLUMNS_SINCE else []
    packed = [_COMPRESSION] if server >= _COMPRESSION_SINCE else []
    return [
        _POLICIES,
        _TRIGGERS,
        _RULES,
        *later,
        _STORAGE,
        *packed,
        _SEQUENCES,
        _SAMPLED,
        _STATISTICS,
    ]


_PUBLISHED_COLUMNS_SINCE = 150000
_COMPRESSION_SINCE = 140000

_HANGS_ON = """
d.refclassid = 'pg_class'::regclass AND (d.refobjid = ANY (%(views)s::oid[])
    OR d.refobjid = %(table)s::regclass AND d.refobjsubid IN (
        SELECT attnum FROM pg_attribute
        WHERE attrelid = %(table)s::regclass AND attname = ANY (%(columns)s)))
"""
_POLICIES = f"""
SELECT DISTINCT format('DROP POLICY %%I ON %%s', polname, polrelid::regclass),
    format('CREATE POLICY %%I ON %%s AS %%s FOR %%s TO %%s%%s%%s; %%s', polname, polrelid::regclass,
        CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC'
            ELSE quote_ident(pg_get_userbyid(role)) END, ', ') FROM unnest(polroles) role),
        ' USING (' || pg_get_expr(polqual, polrelid) || ')',
        ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')',
        format('COMMENT ON POLICY %%I ON %%s IS %%L', polname, polrelid::regclass,
            obj_description(p.oid, 'pg_policy')))
FROM pg_policy p JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
WHERE {_HANGS_ON} ORDER BY 1
"""
_TRIGGERS = f"""
SELECT DISTINCT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass),
    format('%%s; %%s; %%s', pg_get_triggerdef(t.oid),
        format('COMMENT ON TRIGGER %%I ON %%s IS %%L', tgname, tgrelid::regclass,
            obj_description(t.oid, 'pg_trigger')),
        CASE WHEN tgenabled <> 'O' THEN format('ALTER TABLE %%s %%s TRIGGER %%I', tgrelid::regclass,
            CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                ELSE 'ENABLE ALWAYS' END, tgname) END)
FROM pg_trigger t JOIN pg_depend d ON d.classid = 'pg_trigger'::regclass AND d.objid = t.oid
WHERE NOT tgisinternal AND t.tgrelid <> ALL (%(views)s::oid[]) AND {_HANGS_ON}
    AND d.refobjsubid > 0 ORDER BY 1
"""
_RULES = f"""
SELECT DISTINCT format('DROP RULE %%I ON %%s', rulename, ev_class::regclass),
    format('%%s %%s; %%s', pg_get_ruledef(r.oid),
        format('COMMENT ON RULE %%I ON %%s IS %%L', rulename, ev_class::regclass,
            obj_description(r.oid, 'pg_rewrite')),
        CASE WHEN ev_enabled <> 'O' THEN format('ALTER TABLE %%s %%s RULE %%I', ev_class::regclass,
            CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                ELSE 'ENABLE ALWAYS' END, rulename) END)
FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
WHERE rulename <> '_RETURN' AND ev_class <> ALL (%(views)s::oid[]) AND {_HANGS_ON} ORDER BY 1
"""
_PUBLISHED = f"""
SELECT DISTINCT format('ALTER PUBLICATION %%I DROP TABLE %%s', pubname, prrelid::regclass),
    format('ALTER PUBLICATION %%I ADD TABLE %%s%%s%%s', pubname, prrelid::regclass,
        (SELECT ' (' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ')'
         FROM pg_attribute WHERE attrelid = prrelid AND attnum = ANY (prattrs)),
        ' WHERE (' || pg_get_expr(prqual, prrelid) || ')')
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_depend d ON d.classid = 'pg_publication_rel'::regclass AND d.objid = r.oid
WHERE {_HANGS_ON} AND d.refobjsubid > 0 ORDER BY 1
"""
# A new type brings its own way of being stored.
_STORAGE = """
SELECT NULL, format('ALTER TABLE %%s ALTER COLUMN %%I SET STORAGE %%s', attrelid::regclass, attname,
    CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED'
        ELSE 'MAIN' END)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = %(table)s::regclass AND a.attname = q.name
JOIN pg_type old ON old.oid = a.atttypid JOIN pg_type new ON new.oid = to_regtype(q.spelling)
WHERE a.attstorage <> old.typstorage AND new.typstorage <> 'p'
"""
_COMPRESSION = """
SELECT NULL, format('ALTER TABLE %%s ALTER COLUMN %%I SET COMPRESSION %%s', attrelid::regclass,
    attname, CASE attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = %(table)s::regclass AND a.attname = q.name
JOIN pg_type new ON new.oid = to_regtype(q.spelling)
WHERE a.attcompression <> '' AND new.typstorage <> 'p'
"""
# The sequence of an identity column goes along; that of a serial one would end too early.
_SEQUENCES = """
SELECT NULL, format('ALTER SEQUENCE %%s AS bigint', s.seqrelid::regclass)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = %(table)s::regclass AND a.attname = q.name
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE q.spelling = 'bigint' AND s.seqtypid <> 'int8'::regtype
"""
_SAMPLED = """
SELECT NULL, format('ALTER INDEX %%s ALTER COLUMN %%s SET STATISTICS %%s', attrelid::regclass,
    attnum, attstattarget)
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid
WHERE i.indrelid = %(table)s::regclass AND COALESCE(a.attstattarget, -1) >= 0
"""
_STATISTICS = """
SELECT NULL, format('ALTER STATISTICS %%I.%%I SET STATISTICS %%s', nspname, stxname, stxstattarget)
FROM pg_statistic_ext JOIN pg_namespace n ON n.oid = stxnamespace
WHERE stxrelid = %(table)s::regclass AND stxstattarget >= 0
"""
