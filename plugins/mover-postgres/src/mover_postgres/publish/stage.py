"""The temporary table that rows land in before they go where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.statements import columns_of, relation
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import PublishRequest

__all__ = ["STAGE", "execute", "lock", "make_stage"]

# Of a session of our own, and gone with it; the schema keeps it apart from any other table.
STAGE = TableName(schema="pg_temp", name="mover_stage")


_COLUMNS = """
SELECT attname::text, format_type(atttypid, atttypmod)
    || CASE WHEN attcollation <> typcollation
        THEN (SELECT format(' COLLATE %%I.%%I', nspname, collname) FROM pg_collation c
            JOIN pg_namespace n ON n.oid = collnamespace WHERE c.oid = attcollation)
        ELSE '' END
FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
"""


def make_stage(driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]) -> None:
    """Make a table of the columns that come, and have it refuse what the table would.

    The table itself is not locked by that: who holds any lock and asks for the strongest one later
    meets others who do the same, and neither can go on.
    """
    types = request.reshape.types if request.reshape is not None else {}
    there = dict(fetch(driver, _COLUMNS, (relation(request.table).as_string(driver),)))
    wanted = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types.get(name) or there[name]))
        for name in columns
    )
    query = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
    execute(driver, query.format(sql.Identifier(STAGE.name), wanted))
    _let_it_refuse(driver, request, [name for name in columns if name not in types])


# Temporary tables have a schema of their own, so that the names are free there. A trigger may mend
# a row before it is looked at; and what is not enforced is no demand.
_RULES = """
SELECT rule FROM (
    SELECT 'ALTER COLUMN ' || quote_ident(attname) || ' SET NOT NULL' AS rule, 0 AS rank
    FROM pg_attribute
    WHERE attrelid = %(table)s::regclass AND attname = ANY (%(columns)s)
        AND (attnotnull AND attname <> ALL (%(loosened)s) OR attname = ANY (%(key)s))
    UNION ALL
    SELECT 'ADD CONSTRAINT ' || quote_ident(conname) || ' CHECK ('
        || pg_get_expr(conbin, conrelid) || ')', 1
    FROM pg_constraint c
    WHERE conrelid = %(table)s::regclass AND contype = 'c' AND conkey IS NOT NULL
        AND to_jsonb(c) ->> 'conenforced' IS DISTINCT FROM 'false' AND NOT EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = conrelid AND attnum = ANY (conkey) AND attname <> ALL (%(columns)s))
) q
WHERE NOT EXISTS (
    SELECT FROM pg_trigger
    WHERE tgrelid = %(table)s::regclass AND tgtype & 7 = 7 AND tgenabled IN ('O', 'A'))
ORDER BY rank, rule
"""
_KEYS = """
SELECT c.relname::text, substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*$')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %(table)s::regclass AND i.indisunique AND NOT EXISTS (
    SELECT FROM pg_attribute a
    WHERE a.attrelid = i.indexrelid AND a.attname <> ALL (%(columns)s))
    AND i.indexprs IS NULL AND i.indpred IS NULL
ORDER BY 1
"""


def _let_it_refuse(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]
) -> None:
    """Let a row be refused where it arrives, while its line is known.

    Keys only where rows may be left out: an index costs more than all else that is done here.
    """
    told = {
        "table": relation(request.table).as_string(driver),
        "columns": list(columns),
        "loosened": list(request.reshape.loosened) if request.reshape is not None else [],
        "key": list(request.key) if request.checked else [],
    }
    for (rule,) in fetch(driver, _RULES, told):
        execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(STAGE), sql.SQL(rule)))
    if not request.checked:
        return
    for name, keys in fetch(driver, _KEYS, told):
        unique = sql.SQL("CREATE UNIQUE INDEX {} ON {}{}")
        execute(driver, unique.format(sql.Identifier(name), relation(STAGE), sql.SQL(keys)))
    if request.key:
        unique = sql.SQL("CREATE UNIQUE INDEX ON {} ({})")
        execute(driver, unique.format(relation(STAGE), columns_of(request.key)))


def execute(driver: PsycopgConnection, statement: sql.Composable | str) -> None:
    """Run a statement that gives no rows, or whose rows nobody wants."""
    with driver.cursor() as cursor:
        cursor.execute(statement)


def lock(driver: PsycopgConnection, table: TableName, mode: str) -> None:
    """Lock a table until the transaction ends; a foreign one cannot be, nor is it held still."""
    asked = (relation(table).as_string(driver),)
    if fetch(driver, "SELECT relkind FROM pg_class WHERE oid = %s::regclass", asked) != [("f",)]:
        statement = sql.SQL("LOCK TABLE {} IN {} MODE")
        execute(driver, statement.format(relation(table), sql.SQL(mode)))
