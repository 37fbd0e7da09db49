"""What stands in the way of a column's new type, or hangs on a table that is to be made anew."""

# ruff: noqa: S608 - the statements are put together of constants

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_postgres.connections import fetch
from mover_postgres.publish.views import views_on
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.views import View

__all__ = ["EXPRESSION_SINCE", "Saved", "save", "scope"]


@frozen
class Saved:
    """Statements in the order in which they are to run; names in them are written in full."""

    views: Sequence[View]
    drops: Sequence[str]
    restores: Sequence[str]


def scope(
    driver: PsycopgConnection, table: str, retyped: Sequence[tuple[str, str]], *, whole: bool
) -> dict[str, Any]:
    """Return what the queries are told: which columns of a table and its partitions count."""
    tables = [row[0] for row in fetch(driver, _TREE, {"table": table})]
    return {
        "table": table,
        "tables": tables[:1] if whole else tables,
        "columns": [name for name, _ in retyped],
        "types": [spelling for _, spelling in retyped],
        "whole": whole,
    }


def save(driver: PsycopgConnection, told: dict[str, Any]) -> Saved:
    """Write down all that hangs on columns and that the server does not take along itself.

    The server does so with indexes, constraints, statistics and foreign keys, their comments
    included; not where the ``whole`` table goes.
    """
    views = views_on(driver, told)
    asked = told | {"views": [view.oid for view in views]}
    pairs: list[tuple[Any, ...]] = []
    for query in _queries(driver.server_version, whole=told["whole"]):
        pairs += fetch(driver, query, asked)
    return Saved(
        views=views,
        drops=[drop for drop, _ in pairs if drop],
        restores=[restore for _, restore in pairs if restore],
    )


def _queries(server: int, *, whole: bool) -> Iterator[str]:
    if server >= _SQL_BODIES_SINCE:
        yield _FUNCTIONS
    if server >= EXPRESSION_SINCE and not whole:
        yield _COMPUTED
    yield from (_POLICIES, _TRIGGERS, _RULES)
    if server >= _PUBLISHED_COLUMNS_SINCE:
        yield _PUBLISHED
    elif whole:
        yield _PUBLISHED_WHOLE
    yield _STORAGE
    if server >= _COMPRESSION_SINCE:
        yield _COMPRESSION
    if whole:
        yield _OWNED
    yield from (_SEQUENCES, _SAMPLED, _STATISTICS)


EXPRESSION_SINCE = 170000
_PUBLISHED_COLUMNS_SINCE = 150000
_COMPRESSION_SINCE = _SQL_BODIES_SINCE = 140000

_TREE = """
SELECT oid::int8 FROM (
    SELECT %(table)s::regclass::oid AS oid, 0 AS level
    UNION SELECT relid, level FROM pg_partition_tree(%(table)s::regclass) WHERE level > 0
) q ORDER BY level, 1
"""
_HANGS_ON = """
d.refclassid = 'pg_class'::regclass AND (d.refobjid = ANY (%(views)s::oid[])
    OR d.refobjid = ANY (%(tables)s::oid[]) AND (%(whole)s OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            AND a.attname = ANY (%(columns)s))))
"""
# A function stays the same object; it gets another body meanwhile, which fails if anything runs it.
_FUNCTIONS = f"""
SELECT DISTINCT left(def, -length(pg_get_function_sqlbody(p.oid)) - 1)
    || 'AS ''what it reads is being altered''', def
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
CROSS JOIN LATERAL pg_get_functiondef(p.oid) AS def
WHERE prosqlbody IS NOT NULL AND {_HANGS_ON} ORDER BY 1
"""
# Until it is computed again; where that cannot be, the table is made anew.
_COMPUTED = f"""
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET EXPRESSION AS (NULL)', relation, attname),
    format('ALTER TABLE %%s ALTER COLUMN %%I SET EXPRESSION AS (%%s)', relation, attname, told)
FROM (
    SELECT DISTINCT x.attrelid::regclass AS relation, x.attname,
        pg_get_expr(adbin, adrelid) AS told, array_position(%(tables)s::oid[], adrelid) AS place
    FROM pg_attrdef e JOIN pg_attribute x ON x.attrelid = adrelid AND x.attnum = adnum
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
    WHERE x.attgenerated <> '' AND d.refobjid = adrelid AND d.refobjsubid <> adnum AND {_HANGS_ON}
) q ORDER BY place, attname
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
WHERE NOT tgisinternal AND tgparentid = 0 AND t.tgrelid <> ALL (%(views)s::oid[])
    AND (%(whole)s OR d.refobjsubid > 0) AND {_HANGS_ON} ORDER BY 1
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
WHERE (%(whole)s OR d.refobjsubid > 0) AND {_HANGS_ON} ORDER BY 1
"""
_PUBLISHED_WHOLE = """
SELECT NULL, format('ALTER PUBLICATION %%I ADD TABLE %%s', pubname, prrelid::regclass)
FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
WHERE prrelid = %(table)s::regclass
"""
# A new type brings its own way of being stored.
_STORAGE = """
SELECT NULL, format('ALTER TABLE %%s ALTER COLUMN %%I SET STORAGE %%s', attrelid::regclass, attname,
    CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED'
        ELSE 'MAIN' END)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = ANY (%(tables)s::oid[]) AND a.attname = q.name
JOIN pg_type old ON old.oid = a.atttypid JOIN pg_type new ON new.oid = to_regtype(q.spelling)
WHERE a.attstorage <> old.typstorage AND new.typstorage <> 'p'
"""
_COMPRESSION = """
SELECT NULL, format('ALTER TABLE %%s ALTER COLUMN %%I SET COMPRESSION %%s', attrelid::regclass,
    attname, CASE attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = ANY (%(tables)s::oid[]) AND a.attname = q.name
JOIN pg_type new ON new.oid = to_regtype(q.spelling)
WHERE a.attcompression <> '' AND new.typstorage <> 'p'
"""
# A sequence that a column owns stays, and needs to have the owner that the table has by then.
_OWNED = """
SELECT format('ALTER SEQUENCE %%s OWNED BY NONE', s.seqrelid::regclass),
    format('ALTER SEQUENCE %%s OWNED BY %%s.%%I', s.seqrelid::regclass, attrelid::regclass, attname)
FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
JOIN pg_attribute ON attrelid = d.refobjid AND attnum = d.refobjsubid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s::regclass
    AND d.classid = 'pg_class'::regclass AND d.deptype = 'a' AND attname = ANY (%(columns)s)
"""
# The sequence of an identity column goes along; that of a serial one would end too early.
_SEQUENCES = """
SELECT NULL, format('ALTER SEQUENCE %%s AS bigint', s.seqrelid::regclass)
FROM unnest(%(columns)s::text[], %(types)s::text[]) AS q (name, spelling)
JOIN pg_attribute a ON a.attrelid = ANY (%(tables)s::oid[]) AND a.attname = q.name
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
JOIN pg_sequence s ON s.seqrelid = d.objid
WHERE q.spelling = 'bigint' AND s.seqtypid <> 'int8'::regtype
"""
_SAMPLED = """
SELECT NULL, format('ALTER INDEX %%s ALTER COLUMN %%s SET STATISTICS %%s', attrelid::regclass,
    attnum, attstattarget)
FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indexrelid
WHERE i.indrelid = ANY (%(tables)s::oid[]) AND COALESCE(a.attstattarget, -1) >= 0
"""
_STATISTICS = """
SELECT NULL, format('ALTER STATISTICS %%I.%%I SET STATISTICS %%s', nspname, stxname, stxstattarget)
FROM pg_statistic_ext JOIN pg_namespace n ON n.oid = stxnamespace
WHERE stxrelid = ANY (%(tables)s::oid[]) AND stxstattarget >= 0
"""
