"""What any table or view may have, written down as the statements that give it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_postgres.connections import fetch
from mover_postgres.publish.stage import execute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = ["COMMENTS", "Rights", "belongings", "rights_on"]

# A constraint brings its index along, but not how that is kept.
_INDEXES = """
SELECT format('%%s; COMMENT ON INDEX %%s IS %%L; %%s; %%s; %%s',
    CASE WHEN NOT EXISTS (SELECT FROM pg_constraint
            WHERE conrelid = indrelid AND conindid = indexrelid AND contype IN ('p', 'u', 'x'))
        THEN pg_get_indexdef(indexrelid)
        ELSE format('ALTER INDEX %%s SET (', indexrelid::regclass)
            || array_to_string(reloptions, ', ') || ')' END,
    indexrelid::regclass, obj_description(indexrelid, 'pg_class'),
    CASE WHEN indisclustered THEN format('ALTER TABLE %%s CLUSTER ON %%I',
        indrelid::regclass, relname) END,
    CASE WHEN indisreplident THEN format('ALTER TABLE %%s REPLICA IDENTITY USING INDEX %%I',
        indrelid::regclass, relname) END,
    format('ALTER INDEX %%s SET TABLESPACE ', indexrelid::regclass) || quote_ident(spcname))
FROM pg_index JOIN pg_class c ON c.oid = indexrelid
LEFT JOIN pg_tablespace s ON s.oid = reltablespace
WHERE indrelid = %(relation)s ORDER BY indexrelid
"""
_SAMPLES = """
SELECT format('ALTER TABLE %%s ALTER COLUMN %%I SET STATISTICS %%s', attrelid::regclass, attname,
    attstattarget)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE attrelid = %(relation)s AND relkind <> 'v' AND attnum > 0 AND NOT attisdropped
    AND attname <> ALL (%(without)s) AND COALESCE(attstattarget, -1) >= 0
"""
_STATISTICS = """
SELECT format('%%s; ALTER STATISTICS %%s OWNER TO %%I; COMMENT ON STATISTICS %%s IS %%L; %%s',
    pg_get_statisticsobjdef(s.oid), name, pg_get_userbyid(stxowner), name,
    obj_description(s.oid, 'pg_statistic_ext'),
    CASE WHEN stxstattarget >= 0 THEN format('ALTER STATISTICS %%s SET STATISTICS %%s', name,
        stxstattarget) END)
FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = stxnamespace,
    format('%%I.%%I', nspname, stxname) AS name
WHERE stxrelid = %(relation)s ORDER BY s.oid
"""
COMMENTS = """
SELECT format('COMMENT ON %%s %%s IS %%L', CASE WHEN objsubid > 0 THEN 'COLUMN'
    WHEN relkind = 'm' THEN 'MATERIALIZED VIEW' WHEN relkind = 'v' THEN 'VIEW'
    WHEN relkind = 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
    objoid::regclass || COALESCE('.' || quote_ident(attname), ''), description)
FROM pg_description JOIN pg_class c ON c.oid = objoid
LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
WHERE objoid = %(relation)s AND classoid = 'pg_class'::regclass
    AND COALESCE(attname <> ALL (%(without)s), true) ORDER BY objsubid
"""
_OWNER = """
SELECT format('ALTER TABLE %%s OWNER TO %%I', oid::regclass, pg_get_userbyid(relowner))
FROM pg_class WHERE oid = %(relation)s
"""
_BELONGINGS = (_INDEXES, _SAMPLES, _STATISTICS, COMMENTS, _OWNER)


def belongings(driver: PsycopgConnection, relation: int, without: Sequence[str] = ()) -> list[str]:
    """Return what makes its indexes, statistics, comments and owner again, but for some columns."""
    told = {"relation": relation, "without": list(without)}
    return [row[0] for query in _BELONGINGS for row in fetch(driver, query, told)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who may do what; ``granted`` unless its owner has all rights by default."""

    relation: str
    granted: bool
    grants: Sequence[str]

    def give(self, driver: PsycopgConnection) -> None:
        """Grant them on what was just made, and nothing else that default privileges gave."""
        revocations = fetch(driver, _REVOCATIONS, (self.relation, self.granted))
        for statement in (*(row[0] for row in revocations), *self.grants):
            execute(driver, statement)


def rights_on(driver: PsycopgConnection, relation: int, without: Sequence[str] = ()) -> Rights:
    """Write down the rights on a relation and its columns, but for some columns."""
    told = {"relation": relation, "without": list(without)}
    name, granted = fetch(driver, _GRANTED, told)[0]
    grants = [row[0] for row in fetch(driver, _GRANTS, told)]
    return Rights(relation=name, granted=granted, grants=grants)


_GRANTED = """
SELECT oid::regclass::text, relacl IS NOT NULL FROM pg_class WHERE oid = %(relation)s
"""
_REVOCATIONS = """
SELECT DISTINCT format('REVOKE ALL ON %%s%%s FROM %%s',
    CASE relkind WHEN 'S' THEN 'SEQUENCE ' END, oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(
    COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)))
WHERE oid = %s::regclass AND (%s OR grantee <> relowner)
"""
# What somebody else has granted is granted by the same again: SET ROLE needs membership in that.
_GRANTS = """
SELECT format('%%sGRANT %%s%%s ON %%s%%s TO %%s%%s%%s', as_grantor, privilege_type,
    ' (' || quote_ident(attname) || ')', CASE relkind WHEN 'S' THEN 'SEQUENCE ' END,
    c.oid::regclass,
    CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
    CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END,
    CASE WHEN as_grantor <> '' THEN format('; SELECT set_config(''role'', %%L, true)',
        current_setting('role')) END)
FROM pg_class c JOIN (
    SELECT oid AS of, NULL::name AS attname, 0 AS attnum, relacl AS acl FROM pg_class
    UNION ALL SELECT attrelid, attname, attnum, attacl FROM pg_attribute
        WHERE attnum > 0 AND NOT attisdropped AND attname <> ALL (%(without)s)
) r ON r.of = c.oid
CROSS JOIN aclexplode(acl) WITH ORDINALITY
    AS e (grantor, grantee, privilege_type, is_grantable, place),
    LATERAL (SELECT CASE WHEN grantor = relowner THEN '' ELSE format(
        'SELECT set_config(''role'', %%L, true); ', pg_get_userbyid(grantor)) END) g (as_grantor)
WHERE c.oid = %(relation)s ORDER BY grantor <> relowner, r.attnum, place
"""
