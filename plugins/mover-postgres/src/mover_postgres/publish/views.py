"""Views that look at a column: what there is to them, and the statements that make them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.relations import belongings, rights_on
from mover_postgres.publish.stage import execute
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.relations import Rights

__all__ = ["View", "hold_views", "views_on"]


@frozen
class View:
    """A view, plain or materialized, and the statements that make it again."""

    oid: int
    name: str
    materialized: bool
    populated: bool
    creation: Sequence[str]
    rights: Rights

    @property
    def drop(self) -> str:
        """The statement that takes it away, unless something else needs it."""
        return f"DROP {'MATERIALIZED VIEW' if self.materialized else 'VIEW'} {self.name}"


_CHAIN = """
WITH RECURSIVE chain (oid, depth) AS (
    SELECT r.ev_class, 1 FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjid = ANY (%(tables)s::oid[]) AND r.rulename = '_RETURN'
        AND (%(whole)s OR a.attname = ANY (%(columns)s))
  UNION
    SELECT r.ev_class, chain.depth + 1 FROM chain JOIN pg_depend d ON d.refobjid = chain.oid
    JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND r.rulename = '_RETURN' AND r.ev_class <> chain.oid
)
SELECT c.oid::int8, c.oid::regclass::text, c.relkind = 'm', c.relispopulated,
    pg_get_userbyid(c.relowner)::text
FROM chain JOIN pg_class c USING (oid)
GROUP BY 1, 2, 3, 4, 5 ORDER BY max(depth), 1
"""


def views_on(driver: PsycopgConnection, told: Mapping[str, Any]) -> list[View]:
    """Return the views on columns, and the views on those, each after what it looks at.

    ``told`` has the OIDs of ``tables``, names of ``columns``, and ``whole`` if all of them count.
    """
    return [
        View(
            oid=oid,
            name=name,
            materialized=materialized,
            populated=populated,
            creation=[
                *(row[0] for query in _CREATION for row in fetch(driver, query, {"view": oid})),
                *belongings(driver, oid),
            ],
            rights=rights_on(driver, oid),
        )
        for oid, name, materialized, populated, _ in fetch(driver, _CHAIN, told)
    ]


def hold_views(driver: PsycopgConnection, told: Mapping[str, Any]) -> None:
    """Lock the views before the table, as their readers do: else each waits for the other.

    There is no statement that locks a view alone; to say again who owns it does.
    """
    for _, name, _, _, owner in reversed(fetch(driver, _CHAIN, told)):
        statement = sql.SQL("ALTER TABLE {} OWNER TO {}")
        execute(driver, statement.format(sql.SQL(name), sql.Identifier(owner)))


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
_CREATION = (_CREATE, _DEFAULTS, _RULES, _TRIGGERS)
