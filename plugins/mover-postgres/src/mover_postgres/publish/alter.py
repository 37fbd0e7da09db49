"""Alters a table's columns, and keeps all that hangs on them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch, set_locally
from mover_postgres.errors import translate
from mover_postgres.publish.saved import save
from mover_postgres.publish.stage import STAGE, execute
from mover_postgres.publish.views import revocations
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.views import View
    from records_mover.parts import Reshape, TableInfo, TableName

__all__ = ["Altering", "alter", "changes_of", "told_of"]


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


def told_of(change: Reshape, *, done: bool = True) -> Iterator[str]:
    """Yield what was done, or could not be, for people."""
    for column in change.added:
        yield f"column '{column.name}' ({column.type}) {'was' if done else 'would be'} added"
    for name in change.dropped:
        yield f"column '{name}' {'was' if done else 'would be'} dropped"
    for name, spelling in change.retyped:
        yield f"column '{name}' {'became' if done else 'would become'} {spelling}"
    for name in change.loosened:
        yield f"column '{name}' {'allows' if done else 'would allow'} NULL"


class Altering:
    """A table that was altered: what is left to do when its new rows are in it."""

    def __init__(self, table: TableName, required: list[str], views: list[View]) -> None:
        self._table, self._required, self._views = table, required, views

    def finish(self, driver: PsycopgConnection) -> Iterator[str]:
        """Demand values of new columns, and fill materialized views; yield what to tell."""
        if self._required:
            execute(driver, "SET CONSTRAINTS ALL IMMEDIATE")
            demands = sql.SQL(", ").join(
                sql.SQL("ALTER COLUMN {} SET NOT NULL").format(sql.Identifier(name))
                for name in self._required
            )
            execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(self._table), demands))
        for view in self._views:
            if view.materialized and view.populated:
                execute(driver, f"REFRESH MATERIALIZED VIEW {view.name}")
                yield f"the materialized view {view.name} was refreshed"


def alter(driver: PsycopgConnection, table: TableName, change: Reshape, *, empty: bool) -> Altering:
    """Change the columns; what is in the way goes, and comes again as it was.

    ``empty`` says that no old row is left to be converted.
    """
    path = fetch(driver, "SELECT current_setting('search_path')")[0][0]
    set_locally(driver, {"search_path": ""})
    name = fetch(driver, "SELECT %s::regclass::text", (relation(table).as_string(driver),))[0][0]
    saved = save(driver, name, change.retyped)
    what = f"'{table}' cannot change ({'; '.join(told_of(change, done=False))})"
    for drop in (*(view.drop for view in reversed(saved.views)), *saved.drops):
        with _saying(f"{what}: {drop}"):
            execute(driver, drop)
    set_locally(driver, {"search_path": path})
    if empty:
        execute(driver, "SET CONSTRAINTS ALL IMMEDIATE")
    actions = sql.SQL(", ").join(_actions(change, empty=empty))
    with _saying(what):
        execute(driver, sql.SQL("ALTER TABLE {} {}").format(relation(table), actions))
    set_locally(driver, {"search_path": ""})
    for view in saved.views:
        with _saying(f"{what}: view {view.name} could not be made again"):
            _make_again(driver, view)
    for restore in saved.restores:
        with _saying(f"{what}: {restore.split('; ')[0]}"):
            execute(driver, restore)
    set_locally(driver, {"search_path": path})
    return Altering(
        table,
        [column.name for column in change.added if not column.nullable],
        list(saved.views),
    )


# Not a lock that did not come, nor a connection that was cut.
_REFUSALS = (psycopg2.ProgrammingError, psycopg2.InternalError, psycopg2.NotSupportedError)


@contextmanager
def _saying(what: str) -> Iterator[None]:
    """Name the thing that the server would not do; it is all undone."""
    try:
        yield
    except _REFUSALS as error:
        said = translate(error, what)
        advice = "alter or drop what is in the way first, or cast the column in the source"
        raise DatabaseError(said.what, advice) from error


def _actions(change: Reshape, *, empty: bool) -> Iterator[sql.Composable]:
    for name in change.dropped:
        yield sql.SQL("DROP COLUMN {}").format(sql.Identifier(name))
    for name, spelling in change.retyped:
        kind = sql.SQL(spelling)
        value = sql.SQL("NULL") if empty else sql.Identifier(name)
        yield sql.SQL("ALTER COLUMN {0} TYPE {1} USING {2}::{1}").format(
            sql.Identifier(name), kind, value
        )
    for name in change.loosened:
        yield sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(sql.Identifier(name))
    for column in change.added:
        yield sql.SQL("ADD COLUMN {} {}").format(sql.Identifier(column.name), sql.SQL(column.type))


def _make_again(driver: PsycopgConnection, view: View) -> None:
    for statement in view.creation:
        execute(driver, statement)
    for statement in (*revocations(driver, view), *view.grants):
        execute(driver, statement)
