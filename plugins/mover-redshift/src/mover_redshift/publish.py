"""How a load becomes visible in a table that is there.

TRUNCATE and ALTER TABLE APPEND commit by themselves, so neither is used.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_redshift import lake, spectrum
from mover_redshift.words import identifier, literal
from records_mover.db import staging
from records_mover.db.merge import Merging, check_key
from records_mover.db.publish import check, fresh_name, run_check
from records_mover.parts import Landing, TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from mover_redshift.catalog import Described
    from mover_redshift.database import RedshiftDatabase
    from records_mover.parts import PublishRequest

__all__ = ["explanation", "publishing"]

Publish = "Callable[[PublishRequest], AbstractContextManager[Landing]]"


def publishing(
    database: RedshiftDatabase,
    request: PublishRequest,
    otherwise: Callable[[PublishRequest], AbstractContextManager[Landing]],
) -> AbstractContextManager[Landing]:
    """Return the context in which a load lands and at whose end it becomes visible."""
    if lake.is_external(database, request):
        return spectrum.publishing(database, request)
    if request.info is None or request.mode not in ("truncate", "replace", "upsert"):
        return otherwise(request)
    check(database, request)
    return _upsert(database, request) if request.mode == "upsert" else _exchange(database, request)


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do; empty for what is as everywhere."""
    if request.info is None:
        return ""
    if request.info.kind == "other":
        return spectrum.explanation(request)
    if request.mode in ("truncate", "replace"):
        return (
            f"load into a staging table like '{request.table}' and put it in its place, with its "
            "grants and keys, in one transaction; where something depends on the table itself, "
            "its rows are deleted and the new ones inserted instead"
        )
    if request.mode == "upsert":
        key = ", ".join(request.key)
        return (
            f"load into a temporary table and MERGE it into '{request.table}' on {key}, "
            "in one transaction"
        )
    return ""


@contextmanager
def _exchange(database: RedshiftDatabase, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        with database.doing(f"cannot look at '{request.table}'"):
            table = database.described(connection, request.table)
            why = _bound(database, connection, table)
        stage = _stage(database, request.table, temporary=bool(why))
        with database.doing(f"cannot create a table like '{request.table}'"):
            if why:
                _empty(database, connection, stage, request)
            else:
                _like(database, connection, stage, request.table)
        landing = Landing(connection=connection, table=stage, target=request.table)
        yield landing
        if why:
            landing.notes.append(f"the rows were deleted and inserted, since {why}")
            with database.doing(f"cannot replace the rows of '{request.table}'"):
                _refill(database, connection, request, table, stage)
        else:
            with database.doing(f"cannot put the new rows in the place of '{request.table}'"):
                _dress(database, connection, table, stage)
                _swap(database, connection, request.table, stage)
        run_check(connection, request)


@contextmanager
def _upsert(database: RedshiftDatabase, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        stage = _stage(database, request.table, temporary=True)
        with database.doing(f"cannot create a table like '{request.table}'"):
            columns = _empty(database, connection, stage, request)
        yield Landing(connection=connection, table=stage, target=request.table)
        with database.doing(f"cannot merge the rows into table '{request.table}'"):
            check_key(database, connection, stage, request.key)
            words = Merging.of(database, stage, request.table, columns, request.key)
            # MERGE takes no less here than something to update and something to insert.
            database.run(connection, words.merge() if words.updates else words.insert())
        run_check(connection, request)
        with database.doing("cannot drop the temporary table"):
            database.drop(connection, stage)


def _stage(database: RedshiftDatabase, table: TableName, *, temporary: bool) -> TableName:
    stage = fresh_name(database, table, staging.STAGE)
    return TableName(name=stage.name) if temporary else stage


def _like(
    database: RedshiftDatabase, connection: Connection, stage: TableName, table: TableName
) -> None:
    """Make a table of the same columns, encodings, distribution and sort keys."""
    made, like = database.table_sql(stage), database.table_sql(table)
    database.run(connection, f"CREATE TABLE {made} (LIKE {like} INCLUDING DEFAULTS)")


def _empty(
    database: RedshiftDatabase, connection: Connection, stage: TableName, request: PublishRequest
) -> tuple[str, ...]:
    """Make a temporary table of the columns that come, and return them."""
    columns = request.columns or tuple(
        column.name for column in (request.info.writable_columns if request.info else ())
    )
    made, like = database.table_sql(stage), database.table_sql(request.table)
    listed = ", ".join(identifier(name) for name in columns)
    database.run(connection, f"CREATE TEMP TABLE {made} AS SELECT {listed} FROM {like} WHERE false")
    return columns


def _bound(database: RedshiftDatabase, connection: Connection, table: Described) -> str:
    """Say what holds on to the table itself, so that no other can take its place."""
    if any(column.identity for column in table.columns):
        return "the table counts an identity column up"
    if database.run(connection, _CONSTRAINTS.format(oid=table.oid)).scalar():
        return "the table has keys, or others refer to it"
    if database.run(connection, _VIEWS.format(oid=table.oid)).scalar():
        return "views look at the table"
    owner = database.run(connection, _OWNER.format(oid=table.oid)).scalar()
    return "" if owner else "the table belongs to another user"


_CONSTRAINTS = (
    "SELECT count(*) FROM pg_catalog.pg_constraint WHERE conrelid = {oid} OR confrelid = {oid}"
)
_VIEWS = (
    "SELECT count(*) FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid "
    "WHERE d.refobjid = {oid} AND r.ev_class <> {oid}"
)
_OWNER = (
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_user u "
    "ON u.usesysid = c.relowner WHERE c.oid = {oid} AND u.usename = current_user"
)


def _refill(
    database: RedshiftDatabase,
    connection: Connection,
    request: PublishRequest,
    table: Described,
    stage: TableName,
) -> None:
    target = database.table_sql(request.table)
    names = request.columns or tuple(c.name for c in table.columns if not c.generated)
    listed = ", ".join(identifier(name) for name in names)
    database.run(connection, f"DELETE FROM {target}")
    database.run(
        connection,
        f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {database.table_sql(stage)}",
    )
    database.drop(connection, stage)


def _dress(
    database: RedshiftDatabase, connection: Connection, table: Described, stage: TableName
) -> None:
    """Give the stage the comments and the grants of the table."""
    made = database.table_sql(stage)
    for row in database.asked(connection, _COMMENTS.format(oid=table.oid)):
        place, text = int(row[0]), str(row[1])
        column = next((c.name for n, c in enumerate(table.columns, 1) if n == place), None)
        what = f"TABLE {made}" if column is None else f"COLUMN {made}.{identifier(column)}"
        database.run(connection, f"COMMENT ON {what} IS {literal(text)}")
    schema = literal(table.name.schema) if table.name.schema else "current_schema()"
    asked = _GRANTS.format(schema=schema, name=literal(table.name.name))
    for privilege, kind, name, option in database.asked(connection, asked):
        grantee = {"public": "PUBLIC", "group": f"GROUP {identifier(name)}"}.get(
            kind, f"{'ROLE ' if kind == 'role' else ''}{identifier(name)}"
        )
        with_option = " WITH GRANT OPTION" if option and kind == "user" else ""
        database.run(connection, f"GRANT {privilege} ON {made} TO {grantee}{with_option}")


_COMMENTS = (
    "SELECT objsubid, description FROM pg_catalog.pg_description "
    "WHERE objoid = {oid} AND classoid = 'pg_class'::regclass::oid ORDER BY objsubid"
)
_GRANTS = (
    "SELECT privilege_type, identity_type, identity_name, admin_option "
    "FROM svv_relation_privileges WHERE namespace_name = {schema} AND relation_name = {name} "
    "AND NOT (identity_type = 'user' AND identity_name = current_user)"
)


def _swap(
    database: RedshiftDatabase, connection: Connection, table: TableName, stage: TableName
) -> None:
    """Rename the table out of the way and the stage into its place, then drop the old one."""
    old = fresh_name(database, table, staging.OLD)
    database.rename(connection, table, old.name)
    database.rename(connection, stage, table.name)
    database.drop(connection, old)
