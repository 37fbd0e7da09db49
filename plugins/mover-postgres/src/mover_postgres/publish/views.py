"""Views that look at a column: what there is to them, and the statements that make them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.connections import fetch
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = ["View", "revocations", "views_on"]


@frozen
class View:
    """A view, plain or materialized; ``granted`` unless its owner has all rights by default."""

    oid: int
    name: str
    materialized: bool
    populated: bool
    creation: Sequence[str]
    granted: bool
    grants: Sequence[str]

    @property
    def drop(self) -> str:
        """The statement that takes it away, unless something else needs it."""
        return f"DROP {'MATERIALIZED VIEW' if self.materialized else 'VIEW'} {self.name}"


_CHAIN = """
WITH RECURSIVE chain (oid, depth) AS (
    SELECT r.ev_class, 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = %s::regclass AND a.attname = ANY (%s) AND r.rulename = '_RETURN'
  UNION
    SELECT r.ev_class, chain.depth + 1 FROM chain JOIN pg_depend d ON d.refobjid = chain.oid
    JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND r.rulename = '_RETURN' AND r.ev_class <> chain.oid
)
SELECT c.oid::int8, c.oid::regclass::text, c.relkind = 'm', c.relispopulated,
    c.relacl IS NOT NULL
FROM chain JOIN pg_class c USING (oid)
GROUP BY c.oid ORDER BY max(depth), 1
"""


def views_on(driver: PsycopgConnection, table: str, columns: Sequence[str]) -> list[View]:
    """Return the views on these columns, and the views on those, each after what it looks at."""
    found = fetch(driver, _CHAIN, (table, list(columns)))
    return [
        View(
            oid=oid,
            name=name,
            materialized=materialized,
            populated=populated,
            creation=[row[0] for query in _CREATION for row in fetch(driver, query, {"view": oid})],
            granted=granted,
            grants=[row[0] for row in fetch(driver, _GRANTS, {"view": oid})],
        )
        for oid, name, materialized, populated, granted in found
    ]


_REVOCATIONS = """
SELECT DISTINCT format('REVOKE ALL ON %%s FROM %%s', oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(COALESCE(relacl, acldefault('r', relowner)))
WHERE oid = %s::regclass AND (%s OR grantee <> relowner)
"""


def revocations(driver: PsycopgConnection, view: View) -> list[str]:
    """Return what takes away the rights that default privileges gave to a view just made."""
    asked = (view.name, view.granted)
    return [row[0] for row in fetch(driver, _REVOCATIONS, asked)]


_CREATE = """
SELECT format('CREATE %%s %%s%%s%%s%%s AS %%s %%s',
    CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, c.oid::regclass,
    CASE relkind WHEN 'm' THEN format(' USING %%I', amname) END,
    ' WITH (' || array_to_string(reloptions, ', ') || ')',
    ' TABLESPACE ' || quote_ident(spcname), rtrim(pg_get_viewdef(c.oid), ';'),
    CASE relkind WHEN 'm' THEN 'WITH NO DATA' END)
FROM pg_class c LEFT JOIN pg_am ON pg_am.oid = relam
LEFT JOIN pg_tablespace s ON s.oid = reltablespace
WHERE c.oid = %(view)s
"""
_DEFAULTS = """
SELECT format('ALTER VIEW %%s ALTER COLUMN %%I SET DEFAULT %%s', adrelid::regclass, attname,
    pg_get_expr(adbin, adrelid))
FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
WHERE adrelid = %(view)s ORDER BY adnum
"""
_RULES = """
SELECT format('%%s %%s; %%s', pg_get_ruledef(oid),
    format('COMMENT ON RULE %%I ON %%s IS %%L', rulename, ev_class::regclass,
        obj_description(oid, 'pg_rewrite')),
    CASE WHEN ev_enabled <> 'O' THEN format('ALTER TABLE %%s %%s RULE %%I', ev_class::regclass,
        CASE ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
            ELSE 'ENABLE ALWAYS' END, rulename) END)
FROM pg_rewrite WHERE ev_class = %(view)s AND rulename <> '_RETURN' ORDER BY rulename
"""
_TRIGGERS = """
SELECT format('%%s; COMMENT ON TRIGGER %%I ON %%s IS %%L', pg_get_triggerdef(oid), tgname,
    tgrelid::regclass, obj_description(oid, 'pg_trigger'))
FROM pg_trigger WHERE tgrelid = %(view)s AND NOT tgisinternal ORDER BY tgname
"""
_INDEXES = """
SELECT format('%%s; COMMENT ON INDEX %%s IS %%L; %%s; %%s', pg_get_indexdef(indexrelid),
    indexrelid::regclass, obj_description(indexrelid, 'pg_class'),
    CASE WHEN indisclustered THEN format('ALTER MATERIALIZED VIEW %%s CLUSTER ON %%I',
        indrelid::regclass, relname) END,
    format('ALTER INDEX %%s SET TABLESPACE ', indexrelid::regclass) || quote_ident(spcname))
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
LEFT JOIN pg_tablespace s ON s.oid = reltablespace
WHERE indrelid = %(view)s ORDER BY indexrelid
"""
_COLUMNS = """
SELECT format('ALTER MATERIALIZED VIEW %%s ALTER COLUMN %%I SET STATISTICS %%s', attrelid::regclass,
    attname, attstattarget)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE attrelid = %(view)s AND relkind = 'm' AND attnum > 0 AND COALESCE(attstattarget, -1) >= 0
"""
_STATISTICS = """
SELECT format('%%s; ALTER STATISTICS %%s OWNER TO %%I; COMMENT ON STATISTICS %%s IS %%L; %%s',
    pg_get_statisticsobjdef(s.oid), name, pg_get_userbyid(stxowner), name,
    obj_description(s.oid, 'pg_statistic_ext'),
    CASE WHEN stxstattarget >= 0 THEN format('ALTER STATISTICS %%s SET STATISTICS %%s', name,
        stxstattarget) END)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace,
    format('%%I.%%I', nspname, stxname) AS name
WHERE stxrelid = %(view)s ORDER BY s.oid
"""
_COMMENTS = """
SELECT format('COMMENT ON %%s %%s IS %%L', CASE WHEN objsubid > 0 THEN 'COLUMN'
    WHEN relkind = 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
    objoid::regclass || COALESCE('.' || quote_ident(attname), ''), description)
FROM pg_description JOIN pg_class c ON c.oid = objoid
LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
WHERE objoid = %(view)s AND classoid = 'pg_class'::regclass ORDER BY objsubid
"""
_OWNER = """
SELECT format('ALTER TABLE %%s OWNER TO %%I', oid::regclass, pg_get_userbyid(relowner))
FROM pg_class WHERE oid = %(view)s
"""
_CREATION = (
    *(_CREATE, _DEFAULTS, _RULES, _TRIGGERS, _INDEXES),
    *(_COLUMNS, _STATISTICS, _COMMENTS, _OWNER),
)
# What somebody else has granted is granted by the same again: SET ROLE needs membership in that.
_GRANTS = """
SELECT format('%%sGRANT %%s%%s ON %%s TO %%s%%s%%s', as_grantor, privilege_type,
    ' (' || quote_ident(attname) || ')', c.oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END,
    CASE WHEN as_grantor <> '' THEN format('; SELECT set_config(''role'', %%L, true)',
        current_setting('role')) END)
FROM pg_class c JOIN (
    SELECT oid AS of, NULL::name AS attname, 0 AS attnum, relacl AS acl FROM pg_class
    UNION ALL SELECT attrelid, attname, attnum, attacl FROM pg_attribute WHERE attnum > 0
) r ON r.of = c.oid
CROSS JOIN aclexplode(acl) WITH ORDINALITY
    AS e (grantor, grantee, privilege_type, is_grantable, place),
    LATERAL (SELECT CASE WHEN grantor = relowner THEN '' ELSE format(
        'SELECT set_config(''role'', %%L, true); ', pg_get_userbyid(grantor)) END) g (as_grantor)
WHERE c.oid = %(view)s ORDER BY grantor <> relowner, r.attnum, place
"""
