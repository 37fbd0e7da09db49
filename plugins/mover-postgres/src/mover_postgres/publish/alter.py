"""Alters a table's columns, and keeps all that hangs on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.apart import full_name, give_back, in_full, saying, take_away
from mover_postgres.publish.saved import save, scope
from mover_postgres.publish.stage import STAGE, execute
from mover_postgres.statements import relation
from records_mover.db.publishing.reshaping import told_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.views import View
    from records_mover.parts import Reshape, TableInfo, TableName

__all__ = ["Altering", "add_columns", "alter", "changes_of", "required_of"]


def changes_of(driver: PsycopgConnection, info: TableInfo, asked: Reshape) -> Reshape:
    """Return what must change, now that the rows are here to tell."""
    types = {column.name: column.type for column in info.columns}
    kept = _never_null(driver, info.name) if asked.loosened else frozenset()
    return replace(
        asked,
        retyped=tuple(each for each in asked.retyped if not _fits(driver, *each, types[each[0]])),
        loosened=tuple(n for n in asked.loosened if n not in kept and _has_null(driver, n)),
    )


def _fits(driver: PsycopgConnection, column: str, new: str, old: str) -> bool:
    """Whether every value that came is the same after having been one of the old type."""
    query = sql.SQL(
        "SELECT NOT EXISTS (SELECT FROM {0} WHERE {1}::{2}::{3} IS DISTINCT FROM {1})"
    ).format(relation(STAGE), sql.Identifier(column), sql.SQL(old), sql.SQL(new))
    execute(driver, "SAVEPOINT mover_cast")
    try:
        fits = bool(fetch(driver, query)[0][0])
    except (psycopg2.DataError, psycopg2.errors.CannotCoerce):
        execute(driver, "ROLLBACK TO mover_cast")
        return False
    execute(driver, "RELEASE mover_cast")
    return fits


def _has_null(driver: PsycopgConnection, column: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} IS NULL)")
    return bool(fetch(driver, query.format(relation(STAGE), sql.Identifier(column)))[0][0])


_NEVER_NULL = """
SELECT attname::text FROM pg_attribute a
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND (attidentity <> '' OR EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = a.attrelid AND attnum = ANY (i.indkey) AND (indisprimary OR indisreplident)))
"""


def _never_null(driver: PsycopgConnection, table: TableName) -> frozenset[str]:
    told = {"table": relation(table).as_string(driver)}
    return frozenset(row[0] for row in fetch(driver, _NEVER_NULL, told))


class Altering:
    """A table that was altered: what is left to do when its new rows are in it."""

    def __init__(self, table: TableName, required: Sequence[str], views: Sequence[View]) -> None:
        self.table, self.required, self.views = table, required, views

    def finish(self, driver: PsycopgConnection) -> Iterator[str]:
        """Demand values of new columns, and fill materialized views; yield what to tell."""
        if self.required:
            execute(driver, "SET CONSTRAINTS ALL IMMEDIATE")
            demands = sql.SQL(", ").join(
                sql.SQL("ALTER COLUMN {} SET NOT NULL").format(sql.Identifier(name))
                for name in self.required
            )
            execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(self.table), demands))
        for view in self.views:
            if view.materialized and view.populated:
                execute(driver, f"REFRESH MATERIALIZED VIEW {view.name}")
                yield f"the materialized view {view.name} was refreshed"


def alter(driver: PsycopgConnection, table: TableName, change: Reshape, *, empty: bool) -> Altering:
    """Change the columns; what is in the way goes, and comes again as it was.

    ``empty`` says that no old row is left to be converted.
    """
    what = f"'{table}' cannot change ({'; '.join(told_of(change, done=False))})"
    with in_full(driver):
        saved = save(driver, scope(driver, full_name(driver, table), change.retyped, whole=False))
        take_away(driver, saved, what)
    if empty:
        execute(driver, "SET CONSTRAINTS ALL IMMEDIATE")
    actions = sql.SQL(", ").join(_actions(change, _collations(driver, table), empty=empty))
    with saying(what):
        execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(table), actions))
    with in_full(driver):
        give_back(driver, saved, what)
    return Altering(table, required_of(change), saved.views)


def required_of(change: Reshape) -> list[str]:
    """Return the new columns that need a value, once they have one."""
    return [column.name for column in change.added if not column.nullable]


def add_columns(driver: PsycopgConnection, table: TableName, change: Reshape) -> None:
    """Add columns to a table, whose values come later."""
    actions = sql.SQL(", ").join(_added(change))
    execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(table), actions))


# Else a new type brings its own.
_COLLATIONS = """
SELECT attname::text, format('%%I.%%I', nspname, collname)
FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
JOIN pg_collation c ON c.oid = attcollation JOIN pg_namespace n ON n.oid = collnamespace
WHERE attrelid = %s::regclass AND attnum > 0 AND attcollation <> typcollation
"""


def _collations(driver: PsycopgConnection, table: TableName) -> dict[str, str]:
    return dict(fetch(driver, _COLLATIONS, (relation(table).as_string(driver),)))


def _actions(
    change: Reshape, collations: Mapping[str, str], *, empty: bool
) -> Iterator[sql.Composable]:
    for name in change.dropped:
        yield sql.SQL("DROP COLUMN {}").format(sql.Identifier(name))
    for name, spelling in change.retyped:
        kind = sql.SQL(spelling)
        value = sql.SQL("NULL") if empty else sql.Identifier(name)
        collation = f"COLLATE {collations[name]} " if name in collations else ""
        yield sql.SQL("ALTER COLUMN {0} TYPE {1} {2}USING {3}::{1}").format(
            sql.Identifier(name), kind, sql.SQL(collation), value
        )
    for name in change.loosened:
        yield sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(sql.Identifier(name))
    yield from _added(change)


def _added(change: Reshape) -> Iterator[sql.Composable]:
    for column in change.added:
        yield sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(column.name), sql.SQL(column.type))
