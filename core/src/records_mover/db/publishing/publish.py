"""All or nothing: where a load lands, and how it takes the place of what was there.

Where CREATE and DROP can be rolled back everything is one transaction. Elsewhere each of them
commits, so a new table is filled under a staging name and renamed as the last step.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.db import ddl, merge
from records_mover.db.connections.failures import reason_of
from records_mover.db.connections.transactions import settle
from records_mover.db.publishing import staging
from records_mover.errors import DatabaseError, SchemaError, UsageError
from records_mover.parts import Landing, PublishRequest, Selection, TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from records_mover.db.tables import SqlTables

__all__ = [
    "check",
    "drop_quietly",
    "explanation",
    "fresh_name",
    "name_beside",
    "publishing",
    "run_check",
    "staged",
    "sweep",
]

log = logging.getLogger(__name__)


def publishing(database: SqlTables, request: PublishRequest) -> AbstractContextManager[Landing]:
    """Return the context in which a load lands and at whose end it becomes visible."""
    check(database, request)
    if request.info is None:
        return (
            _create(database, request) if database.transactional_ddl else _stage(database, request)
        )
    if request.mode == "drop":
        return _stage(database, request)
    return _upsert(database, request) if request.mode == "upsert" else _in_place(database, request)


def check(database: SqlTables, request: PublishRequest) -> None:
    """Raise, before anything is touched, when the request cannot be carried out."""
    table, info = request.table, request.info
    if info is not None and info.kind == "view" and request.mode not in {"append", "delete"}:
        raise DatabaseError(f"'{table}' is a view", "name the table that it looks at")
    if (info is None or request.mode == "drop") and request.schema is None:
        raise SchemaError(f"nothing says which columns table '{table}' is to have", "give a schema")
    if request.mode == "upsert":
        _check_key(request)
    if info is None or request.mode == "drop":
        ddl.check_grants(database, request)


def _check_key(request: PublishRequest) -> None:
    if not request.key:
        raise UsageError("an upsert needs to know what makes a row the same row", "give a key")
    filled = request.columns or _writable(request)
    if request.info is None and request.schema is not None:
        filled = request.schema.names
    missing = [name for name in request.key if name not in filled]
    if missing:
        what = f"the key column '{missing[0]}' is not among the columns to load"
        raise UsageError(what, f"there are: {', '.join(filled)}")


@contextmanager
def _in_place(database: SqlTables, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        if request.mode != "append":
            with database.doing(f"cannot empty table '{request.table}'"):
                database.wipe(connection, request.table, request.mode)
        yield Landing(connection=connection, table=request.table)
        run_check(connection, request)


@contextmanager
def _create(database: SqlTables, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        _define(database, connection, request.table, _statements(database, request, request.table))
        yield Landing(connection=connection, table=request.table)
        _check_keys(database, connection, request, request.table)
        database.grant(connection, request, request.table)
        run_check(connection, request)


@contextmanager
def _stage(database: SqlTables, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        sweep(database, connection, request)
        stage = fresh_name(database, request.table, staging.STAGE)
        statements = _statements(database, request, stage)
        with staged(database, connection, stage, statements):
            yield Landing(connection=connection, table=stage, target=request.table)
            _check_keys(database, connection, request, stage)
            database.grant(connection, request, stage)
            run_check(connection, request, stage)
            with database.doing(f"cannot put the new table in the place of '{request.table}'"):
                _take_place(database, connection, stage, request)


@contextmanager
def _upsert(database: SqlTables, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        sweep(database, connection, request)
        stage = fresh_name(database, request.table, staging.STAGE)
        columns = request.columns or _writable(request)
        schema = database.schema_on(connection, Selection(table=request.table, columns=columns))
        statements = ddl.create_statements(database, stage, schema, request.key)
        with staged(database, connection, stage, statements):
            yield Landing(connection=connection, table=stage, target=request.table)
            with database.doing(f"cannot merge the rows into table '{request.table}'"):
                database.merge(connection, stage, request.table, columns, request.key)
            run_check(connection, request)
            settle(database, connection, shows=True)
            if database.transactional_ddl:
                database.drop(connection, stage)
            else:
                drop_quietly(database, connection, stage)


def run_check(
    connection: Connection, request: PublishRequest, table: TableName | None = None
) -> None:
    """Let the mover look at the rows where they are now; whatever it raises undoes everything."""
    if request.check is not None:
        request.check(connection, table or request.table)


def _writable(request: PublishRequest) -> tuple[str, ...]:
    info = request.info
    return () if info is None else tuple(column.name for column in info.writable_columns)


def _statements(database: SqlTables, request: PublishRequest, table: TableName) -> Sequence[str]:
    if request.schema is None:
        raise SchemaError(f"nothing says which columns table '{table}' is to have", "give a schema")
    return database.create_statements(table, request.schema)


def _check_keys(
    database: SqlTables, connection: Connection, request: PublishRequest, table: TableName
) -> None:
    if request.mode == "upsert":
        with database.doing(f"cannot check the key of '{request.table}'"):
            merge.check_key(database, connection, table, request.key)


def fresh_name(database: SqlTables, table: TableName, kind: str) -> TableName:
    """Return a name beside a table's that no other move has; ``kind`` is STAGE or OLD."""
    return name_beside(database, table, f"{kind}{staging.new_token()}")


def name_beside(database: SqlTables, table: TableName, prefix: str) -> TableName:
    """Return the name of a table of the same schema that begins with ``prefix``."""
    name = database.column_name(f"{prefix}_{table.name}")
    return TableName(name=name, schema=table.schema)


def _define(
    database: SqlTables, connection: Connection, table: TableName, statements: Sequence[str]
) -> None:
    with database.doing(f"cannot create table '{table}'"):
        for statement in statements:
            database.run(connection, statement)


@contextmanager
def staged(
    database: SqlTables, connection: Connection, stage: TableName, statements: Sequence[str]
) -> Iterator[None]:
    """Make a staging table, and drop it when the block fails."""
    _define(database, connection, stage, statements)
    settle(database, connection)
    try:
        yield
    except BaseException:
        if not database.transactional_ddl:
            drop_quietly(database, connection, stage)
        raise


def drop_quietly(database: SqlTables, connection: Connection, table: TableName) -> None:
    """Drop a table that is in nobody's way; what goes wrong is logged."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        connection.rollback()
        database.drop(connection, table)
        connection.commit()
    except SQLAlchemyError as err:
        log.warning("'%s' is left for the next move to drop: %s", table, reason_of(err))


def _take_place(
    database: SqlTables, connection: Connection, stage: TableName, request: PublishRequest
) -> None:
    if database.transactional_ddl:
        database.swap(connection, stage, request.table)
        return
    settle(database, connection)
    if request.info is None:
        database.rename(connection, stage, request.table.name)
        settle(database, connection)
        return
    _exchange(database, connection, stage, request.table)


def _exchange(
    database: SqlTables, connection: Connection, stage: TableName, table: TableName
) -> None:
    old = fresh_name(database, table, staging.OLD)
    database.exchange(connection, stage, table, old)
    settle(database, connection)
    drop_quietly(database, connection, old)


def sweep(database: SqlTables, connection: Connection, request: PublishRequest) -> None:
    """Drop what killed moves left behind, and give back a table that one had just put aside."""
    import sqlalchemy as sa

    if database.transactional_ddl:
        return  # the server itself rolls a killed move back
    with database.doing("cannot look for the strays of killed moves"):
        names = sa.inspect(connection).get_table_names(schema=request.table.schema)
    strays = [TableName(name=name, schema=request.table.schema) for name in names]
    for stray in strays:
        if staging.is_stray(stray.name):
            _sweep_one(database, connection, request, stray)
    settle(database, connection)


def _sweep_one(
    database: SqlTables, connection: Connection, request: PublishRequest, stray: TableName
) -> None:
    set_aside = stray.name.startswith(staging.OLD)
    target = staging.target_of(stray.name) or ""
    if set_aside and request.info is None and request.table.name.startswith(target):
        with database.doing(f"cannot give '{request.table}' back"):
            database.rename(connection, stray, request.table.name)
            settle(database, connection)
        what = f"an earlier move was killed while it replaced '{request.table}'"
        raise DatabaseError(what, "its old rows are back in their place: move again")
    if set_aside and request.table.name != target:
        return  # another table's rows, which its own next move gives back
    log.warning("dropping '%s', which a killed move left behind", stray)
    drop_quietly(database, connection, stray)


def explanation(database: SqlTables, request: PublishRequest) -> str:
    """Say in a clause what publishing will do."""
    once = "in one transaction" if database.transactional_ddl else "then commit"
    if request.info is None:
        if database.transactional_ddl:
            return f"create table '{request.table}' and load into it, {once}"
        return f"load into a staging table, commit, and rename it to '{request.table}'"
    if request.mode == "append":
        return f"load into '{request.table}' in one transaction"
    if request.mode == "drop":
        if database.transactional_ddl:
            return f"load into a new table and put it in the place of '{request.table}', {once}"
        return (
            f"load into a staging table, commit, and rename it to '{request.table}' "
            "once that is put aside (this database cannot do both at once)"
        )
    if request.mode == "upsert":
        key = ", ".join(request.key)
        return f"load into a staging table and merge it into '{request.table}' on {key}, {once}"
    return f"{database.wiping(request.mode)} of '{request.table}' and load, in one transaction"
