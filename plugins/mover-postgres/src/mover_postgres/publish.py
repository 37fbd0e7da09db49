"""The modes that stage rows in a temporary table first: ``replace`` and ``upsert``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import driver_connection, fetch
from mover_postgres.statements import columns_of, relation
from records_mover.db.publish import check
from records_mover.errors import DatabaseError, LoadUnloadError, UsageError
from records_mover.parts import Landing, TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.database import PostgresDatabase
    from records_mover.parts import PublishRequest

__all__ = ["explanation", "staged"]

# Of a session of our own, and gone with it; the schema keeps it apart from any other table.
_STAGE = TableName(schema="pg_temp", name="mover_stage")


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do."""
    if request.mode == "upsert":
        return (
            f"load into a temporary table, update the rows of '{request.table}' "
            f"with the same {', '.join(request.key)} and insert the others, in one transaction"
        )
    return (
        f"load into a temporary table and put its rows in the place of those of "
        f"'{request.table}', which stays what it is, in one transaction"
    )


@contextmanager
def staged(database: PostgresDatabase, request: PublishRequest) -> Iterator[Landing]:
    """Load into a temporary table; then change the rows of the table itself in one go."""
    check(database, request)
    columns = _columns(request)
    with database.transaction() as connection:
        driver = driver_connection(connection)
        with database.doing(f"cannot stage rows for '{request.table}'"):
            _make_stage(driver, request.table, columns)
            if request.checked:
                _let_stage_refuse(driver, request, columns)
        yield Landing(connection=connection, table=_STAGE, target=request.table)
        with database.doing(f"cannot change the rows of '{request.table}'"):
            _lock(driver, request.table)
            if request.mode == "upsert":
                _merge(driver, request, columns)
            else:
                _exchange(driver, request.table, columns)
        if request.check is not None:
            request.check(connection)


def _columns(request: PublishRequest) -> tuple[str, ...]:
    assert request.info is not None, "a table that is not there is created"
    everything = tuple(column.name for column in request.info.writable_columns)
    columns = request.columns or everything
    if not columns:
        raise UsageError(f"'{request.table}' has no column to load", "name another table")
    return columns


def _make_stage(driver: PsycopgConnection, table: TableName, columns: Sequence[str]) -> None:
    """Make a table of the same columns, with nothing that checks or fills them yet."""
    query = sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA")
    _run(driver, query.format(sql.Identifier(_STAGE.name), columns_of(columns), relation(table)))


# Temporary tables have a schema of their own, so that the names are free there.
_RULES = """
SELECT 'ALTER COLUMN ' || quote_ident(attname) || ' SET NOT NULL' AS rule, 0 AS rank
FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attname = ANY (%(columns)s)
    AND (attnotnull OR attname = ANY (%(key)s))
UNION ALL
SELECT 'ADD CONSTRAINT ' || quote_ident(conname) || ' CHECK (' || pg_get_expr(conbin, conrelid)
    || ')', 1
FROM pg_constraint c
WHERE conrelid = %(table)s::regclass AND contype = 'c' AND conkey IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_attribute
    WHERE attrelid = conrelid AND attnum = ANY (conkey) AND attname <> ALL (%(columns)s))
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


def _let_stage_refuse(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]
) -> None:
    """Give the stage what the table demands of a row, so that a bad one is refused on arrival."""
    told = {
        "table": relation(request.table).as_string(driver),
        "columns": list(columns),
        "key": list(request.key),
    }
    for rule, _ in fetch(driver, sql.SQL(_RULES), told):
        _run(driver, sql.SQL("ALTER TABLE {} {}").format(relation(_STAGE), sql.SQL(rule)))
    for name, keys in fetch(driver, sql.SQL(_KEYS), told):
        unique = sql.SQL("CREATE UNIQUE INDEX {} ON {}{}")
        _run(driver, unique.format(sql.Identifier(name), relation(_STAGE), sql.SQL(keys)))
    if request.key:
        unique = sql.SQL("CREATE UNIQUE INDEX ON {} ({})")
        _run(driver, unique.format(relation(_STAGE), columns_of(request.key)))


def _lock(driver: PsycopgConnection, table: TableName) -> None:
    """Let others read, and none write, from here to the end of the transaction."""
    _run(driver, sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(relation(table)))


def _exchange(driver: PsycopgConnection, table: TableName, columns: Sequence[str]) -> None:
    """Delete and insert: readers see the old rows until the commit, and the new ones after it."""
    _refuse_cascade(driver, table)
    _run(driver, sql.SQL("DELETE FROM {}").format(relation(table)))
    _insert(driver, table, columns)


_CASCADES = """
SELECT conrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND confrelid = %s::regclass AND conrelid <> confrelid
    AND confdeltype IN ('c', 'n', 'd')
ORDER BY 1
"""


def _refuse_cascade(driver: PsycopgConnection, table: TableName) -> None:
    """Stop before a DELETE that empties other tables, or cuts their rows loose, without a word."""
    found = [row[0] for row in fetch(driver, _CASCADES, (relation(table).as_string(driver),))]
    if found:
        what = f"rows of {', '.join(found)} would be changed with those of '{table}'"
        raise DatabaseError(what, "use the mode 'upsert', or drop the foreign key's ON DELETE rule")


def _insert(
    driver: PsycopgConnection,
    table: TableName,
    columns: Sequence[str],
    where: sql.Composable | None = None,
) -> None:
    # As COPY does: what the source holds goes into an identity column too.
    statement = sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s"
    ).format(relation(table), columns_of(columns), columns_of(columns), relation(_STAGE))
    _run(driver, statement + (where or sql.SQL("")))


def _merge(driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]) -> None:
    _check_key(driver, request)
    others = [name for name in columns if name not in request.key]
    same = sql.SQL(" AND ").join(
        sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in request.key
    )
    table = relation(request.table)
    if others:
        values = sql.SQL(", ").join(
            sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in others
        )
        update = sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {}")
        _run(driver, update.format(table, values, relation(_STAGE), same))
    absent = sql.SQL(" WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})").format(table, same)
    _insert(driver, request.table, columns, absent)


def _check_key(driver: PsycopgConnection, request: PublishRequest) -> None:
    """Raise when a key is NULL or comes twice; and let the planner know the stage's size."""
    _run(driver, sql.SQL("ANALYZE {}").format(relation(_STAGE)))
    names = columns_of(request.key)
    empty = sql.SQL(" OR ").join(
        sql.SQL("{} IS NULL").format(sql.Identifier(name)) for name in request.key
    )
    stage = relation(_STAGE)
    if fetch(driver, sql.SQL("SELECT 1 FROM {} WHERE {} LIMIT 1").format(stage, empty)):
        what = f"a row has no value in the key {', '.join(request.key)}"
        raise LoadUnloadError(what, "choose a key that every row has")
    twice = sql.SQL("SELECT ROW({0})::text FROM {1} GROUP BY {0} HAVING count(*) > 1 LIMIT 1")
    found = fetch(driver, twice.format(names, stage))
    if found:
        what = f"more than one row has the key {', '.join(request.key)} = {found[0][0]}"
        raise LoadUnloadError(what, "remove the repeated rows")


def _run(driver: PsycopgConnection, statement: sql.Composable) -> None:
    with driver.cursor() as cursor:
        cursor.execute(statement)
