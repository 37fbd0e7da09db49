"""Whether a query may write: what it calls, and what the views call that it reads.

PostgreSQL runs the functions of a SELECT whatever they do, unless the transaction is read only. One
that loads cannot be; so a query is read in it only where all that it calls is known to write
nothing. A function written in SQL or PL/pgSQL may call any other, whatever it is declared to be:
https://www.postgresql.org/docs/18/xfunc-volatility.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.outputs import outputs_of, rows_of
from mover_postgres.publish.stage import execute
from mover_postgres.statements import columns_of, relation
from records_mover.parts import TableName

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Selection

__all__ = ["may_write"]

_VIEW = TableName(schema="pg_temp", name="mover_query")

# In a tree of nodes, as pg_rewrite holds it. What stands in a text there has no plain blank.
_FUNCTIONS = re.compile(r":(?:funcid|opfuncid|aggfnoid|winfnoid|tsmhandler) (\d+)")
_OPERATORS = re.compile(r":(?:opno|eqop|sortop) (\d+)|:opnos \(o ([\d ]+)\)")
_RELATIONS = re.compile(r":relid (\d+)")
_LOCKS = "{ROWMARKCLAUSE"
_STOPPED = "57"

_TREES = """
SELECT c.oid::int8, c.oid::regclass::text, c.relrowsecurity, r.ev_action::text
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_rewrite r
    ON r.ev_class = c.oid AND r.ev_type = '1' AND c.relkind = 'v'
WHERE c.oid = ANY (%s::oid[]) ORDER BY 1
"""

# Volatile for another reason than that they change something.
_FINE = (
    *("clock_timestamp", "currval", "gen_random_uuid", "lastval", "random", "random_normal"),
    *("timeofday", "uuidv4", "uuidv7"),
)
_FIRST_OWN = 16384
_CALLED = """
SELECT p.oid::regprocedure::text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE p.oid = ANY (%(functions)s::oid[] || ARRAY(
        SELECT o.oprcode::oid FROM pg_catalog.pg_operator o
        WHERE o.oid = ANY (%(operators)s::oid[])))
    AND NOT CASE
        WHEN p.oid < %(own)s
        THEN (p.provolatile <> 'v' OR p.proname = ANY (%(fine)s)) AND p.proname !~ '_to_xml'
        ELSE p.provolatile <> 'v' AND p.prokind = 'f' AND l.lanname = 'c' END
ORDER BY p.oid LIMIT 1
"""
_CHECKED_TYPES = """
WITH RECURSIVE used (oid) AS (
    SELECT d.refobjid FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r
        ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
    WHERE r.ev_class = ANY (%s::oid[]) AND d.refclassid = 'pg_catalog.pg_type'::regclass
  UNION
    SELECT inner_type FROM used JOIN pg_catalog.pg_type t ON t.oid = used.oid
    CROSS JOIN LATERAL (
        VALUES (t.typelem), (t.typbasetype)
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0
    ) AS i (inner_type)
    WHERE inner_type <> 0
)
SELECT c.contypid::regtype::text FROM pg_catalog.pg_constraint c JOIN used ON used.oid = c.contypid
WHERE c.contype = 'c' ORDER BY 1 LIMIT 1
"""


def may_write(driver: PsycopgConnection, selection: Selection) -> str | None:
    """Say why a selection might write; None where it is known not to."""
    try:
        execute(driver, "SAVEPOINT mover_harmless")
        found = _looked_through(driver, selection)
    except psycopg2.Error as error:
        if driver.closed or (error.pgcode or "").startswith(_STOPPED):
            raise
        words = (error.diag.message_primary or str(error)).strip()
        found = f"it cannot be seen whether the query would write: {words}"
    execute(driver, "ROLLBACK TO SAVEPOINT mover_harmless")
    return found


def _root(driver: PsycopgConnection, selection: Selection) -> str:
    """Return the view or table that is read; a query becomes a view, which nobody else sees."""
    if selection.table is not None and selection.query is None:
        text: str = relation(selection.table).as_string(driver)
        return text
    places = [f"c{place}" for place in range(len(outputs_of(driver, selection)))]
    view = sql.SQL("CREATE TEMPORARY VIEW {} ({}) AS {}")
    execute(
        driver,
        view.format(sql.Identifier(_VIEW.name), columns_of(places), rows_of(selection)),
    )
    name: str = relation(_VIEW).as_string(driver)
    return name


def _looked_through(driver: PsycopgConnection, selection: Selection) -> str | None:
    root = (_root(driver, selection),)
    new = {int(fetch(driver, "SELECT %s::regclass::oid::int8", root)[0][0])}
    seen: set[int] = set()
    functions: set[int] = set()
    operators: set[int] = set()
    while new:
        seen |= new
        found = fetch(driver, _TREES, (sorted(new),))
        new = set()
        for _, name, guarded, stored in found:
            if guarded and selection.query is not None:  # else the policies are off
                return f"the query reads {name}, whose policies for rows may call anything"
            tree = stored or ""
            if _LOCKS in tree:
                return "the query locks rows"
            functions |= {int(oid) for oid in _FUNCTIONS.findall(tree)}
            for one, several in _OPERATORS.findall(tree):
                operators |= {int(oid) for oid in (one or several).split()}
            new |= {int(oid) for oid in _RELATIONS.findall(tree)}
        new -= seen | {0}
    return _of_calls(driver, functions, operators) or _of_types(driver, seen)


def _of_calls(driver: PsycopgConnection, functions: set[int], operators: set[int]) -> str | None:
    told = {
        "functions": sorted(functions),
        "operators": sorted(operators),
        "own": _FIRST_OWN,
        "fine": list(_FINE),
    }
    for (name,) in fetch(driver, _CALLED, told):
        return f"the query calls {name}, which may write"
    return None


def _of_types(driver: PsycopgConnection, relations: set[int]) -> str | None:
    for (name,) in fetch(driver, _CHECKED_TYPES, (sorted(relations),)):
        return f"the query makes values of the type {name}, whose check may call anything"
    return None
