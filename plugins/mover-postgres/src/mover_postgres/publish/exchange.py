"""New rows for old ones: readers see the old until the commit, and the new ones after it.

DELETE and INSERT, as TRUNCATE and a swap of tables show an empty or another table to whoever
reads by an older snapshot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.alter import alter, changes_of
from mover_postgres.publish.anew import make_anew
from mover_postgres.publish.apart import saying
from mover_postgres.publish.meanwhile import as_it_is_now
from mover_postgres.publish.merge import check_key, insert, is_same, source_of, update
from mover_postgres.publish.reasons import why_anew
from mover_postgres.publish.referrers import listed, referrers, refuse_dangling
from mover_postgres.publish.reshaping import refuse_needed
from mover_postgres.publish.saved import scope
from mover_postgres.publish.stage import STAGE, execute, lock
from mover_postgres.publish.views import hold_views
from mover_postgres.statements import columns_of, relation
from records_mover.db.publishing.reshaping import told_of
from records_mover.errors import DatabaseError
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.alter import Altering
    from mover_postgres.publish.referrers import Referrer
    from records_mover.parts import PublishRequest, TableName

__all__ = ["exchange"]


def exchange(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]
) -> Iterator[str]:
    """Put the staged rows in the place of the table's own; yield what to tell of it."""
    assert request.info is not None, "a table that is not there is created"
    table = request.table
    change = changes_of(driver, request.info, request.reshape or Reshape())
    why = why_anew(driver, table, change)
    if change.retyped or why:
        _hold_views(driver, table, change, whole=bool(why))
    lock(driver, table, "ACCESS EXCLUSIVE" if change else "SHARE ROW EXCLUSIVE")
    now = as_it_is_now(driver, request, columns)
    if now is not request and now.info is not None:
        request, change = now, changes_of(driver, now.info, now.reshape or Reshape())
        why = why_anew(driver, table, change)
        if change:
            lock(driver, table, "ACCESS EXCLUSIVE")
    if change.dropped:
        refuse_needed(driver, table, change.dropped)
    used = [each for each in referrers(driver, table) if each.is_used(driver)]
    if why:
        refuse_dangling(driver, table, columns, used)
        anew = make_anew(driver, table, change, why)
        _fill(driver, request, columns, change)
        yield from _finished(driver, change, anew)
        return
    put = _replacing(driver, request, columns, change, used)
    if used:
        refuse_dangling(driver, table, columns, used)
        altered = alter(driver, table, change, empty=False) if change else None
        put()
    else:
        execute(driver, sql.SQL("DELETE FROM {}").format(relation(table)))
        altered = alter(driver, table, change, empty=True) if change else None
        _fill(driver, request, columns, change)
    yield from _finished(driver, change, altered)


def _hold_views(
    driver: PsycopgConnection, table: TableName, change: Reshape, *, whole: bool
) -> None:
    told = scope(driver, relation(table).as_string(driver), change.retyped, whole=False)
    with saying(f"the views on '{table}' could not be made again"):
        hold_views(driver, told | {"whole": whole})


def _finished(
    driver: PsycopgConnection, change: Reshape, altered: Altering | None
) -> Iterator[str]:
    yield from told_of(change)
    if altered is not None:
        yield from altered.finish(driver)


def _fill(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str], change: Reshape
) -> None:
    insert(driver, request.table, columns, source_of(request, columns, change))


def _replacing(
    driver: PsycopgConnection,
    request: PublishRequest,
    columns: Sequence[str],
    change: Reshape,
    used: Sequence[Referrer],
) -> Callable[[], None]:
    """Return how to replace rows that others refer to; raise where there is no safe way."""
    acting = [referrer for referrer in used if not referrer.waits]
    if not acting:
        return lambda: _at_once(driver, request, columns, change)
    keys = {referrer.key for referrer in acting}
    hidden = [referrer for referrer in acting if not referrer.readable]
    if hidden or len(keys) > 1 or _acts_on_itself(driver, request.table):
        raise DatabaseError(
            f"rows of {listed(hidden or acting)} would be changed with those of '{request.table}'",
            "use the mode 'upsert', or drop the foreign key's ON DELETE rule",
        )
    (key,) = keys
    return lambda: _by_key(driver, request, columns, change, key, acting)


_ON_ITSELF = """
SELECT EXISTS (SELECT FROM pg_constraint
    WHERE contype = 'f' AND confrelid = %s::regclass AND conrelid = confrelid
    AND confdeltype IN ('c', 'n', 'd'))
"""


def _acts_on_itself(driver: PsycopgConnection, table: TableName) -> bool:
    asked = (relation(table).as_string(driver),)
    return bool(fetch(driver, _ON_ITSELF, asked)[0][0])


def _at_once(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str], change: Reshape
) -> None:
    """Delete and insert in one statement: foreign keys are looked at when it ends."""
    statement = sql.SQL(
        "WITH gone AS (DELETE FROM {} RETURNING 1) INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE "
        "SELECT {} FROM {} AS s WHERE (SELECT count(*) FROM gone) >= 0"
    )
    table = relation(request.table)
    given = source_of(request, columns, change)
    execute(driver, statement.format(table, table, columns_of(columns), given, relation(STAGE)))


def _by_key(
    driver: PsycopgConnection,
    request: PublishRequest,
    columns: Sequence[str],
    change: Reshape,
    key: Sequence[str],
    acting: Sequence[Referrer],
) -> None:
    """Keep rows that are referred to, and change them: ON DELETE has nothing to act upon."""
    for referrer in acting:  # nobody may begin to refer to a row that is about to go
        lock(driver, referrer.table, "SHARE")
    refuse_dangling(driver, request.table, columns, acting)
    check_key(driver, key)
    table = relation(request.table)
    same = is_same(key)
    execute(
        driver,
        sql.SQL("DELETE FROM {} AS t WHERE NOT EXISTS (SELECT FROM {} AS s WHERE {})").format(
            table, relation(STAGE), same
        ),
    )
    given = source_of(request, columns, change)
    absent = sql.SQL(" WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(table, same)
    assert request.info is not None, "a table that is not there is created"
    rest = [
        column.name
        for column in request.info.writable_columns
        if column.name not in columns and column.name not in change.dropped
    ]
    update(driver, request, columns, key, change, defaults=rest)
    insert(driver, request.table, columns, given, absent)
