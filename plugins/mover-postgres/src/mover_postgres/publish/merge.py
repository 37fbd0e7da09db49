"""Rows by their key: those that are there are updated, the others inserted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.meanwhile import as_it_is_now
from mover_postgres.publish.stage import STAGE, execute, lock
from mover_postgres.statements import columns_of, relation
from records_mover.errors import LoadUnloadError
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import PublishRequest, TableName

__all__ = ["NUMBERED", "check_key", "insert", "is_same", "merge", "source_of", "update"]


def merge(driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]) -> None:
    """Update the rows whose key was staged, and insert the others."""
    lock(driver, request.table, "SHARE ROW EXCLUSIVE")
    request = as_it_is_now(driver, request, columns)
    check_key(driver, request.key)
    update(driver, request, columns, request.key, Reshape())
    absent = sql.SQL(" WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})")
    insert(
        driver,
        request.table,
        columns,
        source_of(request, columns, Reshape()),
        absent.format(relation(request.table), is_same(request.key)),
    )


def is_same(key: Sequence[str]) -> sql.Composable:
    """Return the condition that a row of the table and a staged one have the same key."""
    return sql.SQL(" AND ").join(
        sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in key
    )


def source_of(request: PublishRequest, columns: Sequence[str], change: Reshape) -> sql.Composable:
    """Return the staged values, in the types of the columns that stayed as they were."""
    return sql.SQL(", ").join(_values(request, columns, change))


def _values(
    request: PublishRequest, columns: Sequence[str], change: Reshape
) -> list[sql.Composable]:
    assert request.info is not None, "a table that is not there is created"
    types = {column.name: column.type for column in request.info.columns}
    asked = dict(request.reshape.retyped) if request.reshape is not None else {}
    stayed = {name: types[name] for name in asked if name not in dict(change.retyped)}
    return [
        sql.SQL("s.{}::{}").format(sql.Identifier(name), sql.SQL(stayed[name]))
        if name in stayed
        else sql.SQL("s.{}").format(sql.Identifier(name))
        for name in columns
    ]


def update(
    driver: PsycopgConnection,
    request: PublishRequest,
    columns: Sequence[str],
    key: Sequence[str],
    change: Reshape,
    *,
    defaults: Sequence[str] = (),
) -> None:
    """Give the rows whose key was staged their new values."""
    pairs = zip(columns, _values(request, columns, change), strict=True)
    assignments = [
        sql.SQL("{} = {}").format(sql.Identifier(name), value)
        for name, value in pairs
        if name not in key
    ]
    assignments += [
        sql.SQL("{} = DEFAULT").format(sql.Identifier(name)) for name in defaults if name not in key
    ]
    if not assignments:
        return
    statement = sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}")
    table, values = relation(request.table), sql.SQL(", ").join(assignments)
    execute(driver, statement.format(table, values, relation(STAGE), is_same(key)))


def insert(
    driver: PsycopgConnection,
    table: TableName,
    columns: Sequence[str],
    values: sql.Composable,
    where: sql.Composable | None = None,
) -> None:
    """Insert the staged rows, or those of them that a condition lets through."""
    # As COPY does: what the source holds goes into an identity column too.
    statement = sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s"
    ).format(relation(table), columns_of(columns), values, relation(STAGE))
    execute(driver, statement + (where or sql.SQL("")))


NUMBERED = sql.SQL("(SELECT row_number() OVER (ORDER BY ctid) AS mover_row, * FROM {}) AS s")


def check_key(driver: PsycopgConnection, key: Sequence[str]) -> None:
    """Raise when a key is NULL or comes twice; and let the planner know the stage's size."""
    execute(driver, sql.SQL("ANALYZE {}").format(relation(STAGE)))
    names = ", ".join(key)
    empty = sql.SQL(" OR ").join(sql.SQL("{} IS NULL").format(sql.Identifier(name)) for name in key)
    numbered = NUMBERED.format(relation(STAGE))
    query = sql.SQL("SELECT min(mover_row) FROM {} WHERE {}").format(numbered, empty)
    row = _first(
        driver, sql.SQL("SELECT 1 FROM {} WHERE {} LIMIT 1").format(relation(STAGE), empty), query
    )
    if row is not None:
        what = f"row {row[0]:,} has no value in the key {names}"
        raise LoadUnloadError(what, "choose a key that every row has")
    grouped = sql.SQL("SELECT 1 FROM {} GROUP BY {} HAVING count(*) > 1 LIMIT 1")
    twice = sql.SQL(
        "SELECT array_agg(mover_row ORDER BY mover_row), ROW({0})::text FROM {1} "
        "GROUP BY {0} HAVING count(*) > 1 ORDER BY min(mover_row) LIMIT 1"
    )
    columns = columns_of(key)
    found = _first(
        driver, grouped.format(relation(STAGE), columns), twice.format(columns, numbered)
    )
    if found is not None:
        rows = " and ".join(f"{number:,}" for number in found[0][:2])
        what = f"more than one row has the key {names} = {found[1]}: rows {rows}"
        raise LoadUnloadError(what, "remove the repeated rows")


def _first(
    driver: PsycopgConnection, quick: sql.Composable, thorough: sql.Composable
) -> tuple[Any, ...] | None:
    """Find out whether there is anything before asking where the first of it is."""
    return fetch(driver, thorough)[0] if fetch(driver, quick) else None
