"""A new table that several connections fill: hidden and committed, then renamed in one transaction.

No two sessions share a transaction, so that none of them could see a table that another has made
and not committed. What a killed move leaves behind is found by its name, and by the lock that its
session no longer holds, and is dropped by the next move.
"""

from __future__ import annotations

import logging
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import driver_connection, fetch, set_locally
from mover_postgres.statements import relation
from records_mover.db.publishing import staging
from records_mover.db.publishing.publish import check, fresh_name, run_check
from records_mover.errors import MoverError
from records_mover.parts import Landing, TableName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection

    from records_mover.db import SqlDatabase
    from records_mover.parts import PublishRequest
    from records_mover.schema import RecordsSchema

__all__ = ["explanation", "is_shared", "shared"]

log = logging.getLogger(__name__)

_LOCKS = 0x6D6F7672
"""The first half of the number of each advisory lock that is taken here."""
_PATIENCE = "5s"
_NAME_BYTES = 64


def is_shared(request: PublishRequest) -> bool:
    """Whether several connections are to fill a table that is new."""
    return (
        request.sessions > 1
        and (request.info is None or request.mode == "drop")
        and request.mode != "upsert"
        and not request.checked
    )


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do."""
    last = f"rename it to '{request.table}'"
    if request.info is not None:
        last = f"put it in the place of '{request.table}'"
    return f"load into a hidden new table by {request.sessions} connections, {last} when all is in"


@contextmanager
def shared(database: SqlDatabase, request: PublishRequest) -> Iterator[Landing]:
    """Make the table under a hidden name, and give it its own in the transaction that ends here."""
    check(database, request)
    assert request.schema is not None, "checked above"
    stage = fresh_name(database, request.table, staging.STAGE)
    made = False
    try:
        with database.transaction() as connection:
            driver = driver_connection(connection)
            with database.doing("cannot look for what killed moves left behind"):
                _hold(driver, stage)
                _sweep(database, driver, request.table)
            _make(database, stage, request.schema)
            made = True
            yield Landing(
                connection=connection,
                table=stage,
                target=request.table,
                sessions=request.sessions,
            )
            database.grant(connection, request, stage)
            _publish(database, connection, stage, request)
            run_check(connection, request)
    except BaseException:
        if made:
            _drop_quietly(database, stage)
        raise


def _make(database: SqlDatabase, stage: TableName, schema: RecordsSchema) -> None:
    with database.transaction() as connection, database.doing(f"cannot create table '{stage}'"):
        for statement in database.create_statements(stage, schema):
            database.run(connection, statement)


def _key(name: str) -> tuple[int, int]:
    return _LOCKS, zlib.crc32(name.encode()) - (1 << 31)


def _hold(driver: PsycopgConnection, stage: TableName) -> None:
    """Show, for as long as this transaction lasts, that the table is somebody's."""
    fetch(driver, "SELECT pg_advisory_xact_lock(%s, %s)", _key(stage.name))


_STRAYS = """
SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname LIKE %s AND c.relnamespace =
    coalesce(to_regnamespace(quote_ident(%s)), to_regnamespace(quote_ident(current_schema())))
    AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
"""


def _sweep(database: SqlDatabase, driver: PsycopgConnection, table: TableName) -> None:
    pattern = staging.STAGE.replace("_", r"\_") + "%"
    for schema, name in fetch(driver, _STRAYS, (pattern, table.schema)):
        if staging.target_of(name) is not None:
            _drop_stray(database, TableName(schema=schema, name=name))


def _drop_stray(database: SqlDatabase, stray: TableName) -> None:
    """Drop a table unless its move still holds the lock that it has taken before making it."""
    asked = "SELECT pg_try_advisory_xact_lock(%s, %s)"
    try:
        with database.transaction() as connection, database.doing(f"cannot drop '{stray}'"):
            driver = driver_connection(connection)
            if fetch(driver, asked, _key(stray.name)) == [(True,)]:
                # A backend whose client was killed may still be at it for a moment.
                set_locally(driver, {"lock_timeout": _PATIENCE})
                database.run(connection, f"DROP TABLE IF EXISTS {database.table_sql(stray)}")
                log.warning("dropped '%s', which a killed move left behind", stray)
    except MoverError as error:
        log.warning("'%s' is left for the next move to drop: %s", stray, error)


def _publish(
    database: SqlDatabase, connection: Connection, stage: TableName, request: PublishRequest
) -> None:
    driver = driver_connection(connection)
    with database.doing(f"cannot put the new table in the place of '{request.table}'"):
        if request.info is not None:
            database.swap(connection, stage, request.table)
        else:
            database.rename(connection, stage, request.table.name)
        _rename_constraints(driver, request.table)


_NOT_NULLS = """
SELECT c.conname::text, a.attname::text FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.conrelid = %s::regclass AND c.contype = 'n'
"""


def _rename_constraints(driver: PsycopgConnection, table: TableName) -> None:
    """Let no constraint keep the hidden name: since version 18, NOT NULL is one that has a name."""
    for old, column in fetch(driver, _NOT_NULLS, (relation(table).as_string(driver),)):
        new = f"{table.name}_{column}_not_null"
        if len(new.encode()) < _NAME_BYTES:
            rename = sql.SQL("ALTER TABLE {} RENAME CONSTRAINT {} TO {}").format(
                relation(table), sql.Identifier(old), sql.Identifier(new)
            )
            with driver.cursor() as cursor:
                cursor.execute(rename)


def _drop_quietly(database: SqlDatabase, stage: TableName) -> None:
    try:
        with database.transaction() as connection:
            database.run(connection, f"DROP TABLE IF EXISTS {database.table_sql(stage)}")
    except MoverError as error:
        log.warning("'%s' is left for the next move to drop: %s", stage, error)
