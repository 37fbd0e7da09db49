"""How a load becomes visible in a table that is there.

TRUNCATE and ALTER TABLE APPEND commit by themselves, so neither is used.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mover_redshift import lake, spectrum
from mover_redshift.catalog import described
from mover_redshift.holding import bound
from mover_redshift.reshaping import SPELLING, alterations
from mover_redshift.stages import as_needed, empty, like, stage_name
from mover_redshift.words import identifier, literal
from records_mover.db.merge import Merging, check_key
from records_mover.db.publishing import staging
from records_mover.db.publishing.misfits import needed
from records_mover.db.publishing.publish import check, fresh_name, run_check
from records_mover.db.publishing.reshaping import explained, told_of
from records_mover.parts import Landing, Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from mover_redshift.catalog import Described
    from mover_redshift.session import RedshiftSession
    from records_mover.parts import PublishRequest, TableName

__all__ = ["explanation", "publishing"]

Publish = "Callable[[PublishRequest], AbstractContextManager[Landing]]"


def publishing(
    database: RedshiftSession,
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
        words = (
            f"load into a staging table like '{request.table}' and put it in its place, with its "
            "grants and keys, in one transaction; where something depends on the table itself, "
            "its rows are deleted and the new ones inserted instead"
        )
        return "; ".join([words, *explained(request.reshape or Reshape())])
    if request.mode == "upsert":
        key = ", ".join(request.key)
        return (
            f"load into a temporary table and MERGE it into '{request.table}' on {key}, "
            "in one transaction"
        )
    return ""


@contextmanager
def _exchange(database: RedshiftSession, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        with database.doing(f"cannot look at '{request.table}'"):
            table = described(database, connection, request.table)
            why = bound(database, connection, table)
        way = (
            _in_place(database, connection, request, table, why)
            if why
            else _beside(database, connection, request, table)
        )
        with way as landing:
            yield landing
        run_check(connection, request)


@contextmanager
def _in_place(
    database: RedshiftSession,
    connection: Connection,
    request: PublishRequest,
    table: Described,
    why: str,
) -> Iterator[Landing]:
    change = replace(request.reshape or Reshape(), retyped=(), loosened=())
    request = replace(request, reshape=change)
    stage = stage_name(database, request.table, temporary=True)
    with database.doing(f"cannot create a table like '{request.table}'"):
        empty(database, connection, stage, request)
    landing = Landing(connection=connection, table=stage, target=request.table)
    yield landing
    with database.doing(f"cannot replace the rows of '{request.table}'"):
        _refill(database, connection, request, table, stage)
    landing.notes.append(f"the rows were deleted and inserted, since {why}")
    landing.notes.extend(told_of(change))


@contextmanager
def _beside(
    database: RedshiftSession, connection: Connection, request: PublishRequest, table: Described
) -> Iterator[Landing]:
    asked = request.reshape or Reshape()
    stage = stage_name(database, request.table, temporary=False)
    with database.doing(f"cannot create a table like '{request.table}'"):
        like(database, connection, stage, table, asked)
    landing = Landing(connection=connection, table=stage, target=request.table)
    yield landing
    with database.doing(f"cannot put the new rows in the place of '{request.table}'"):
        change = needed(database, connection, stage, table.info, asked, SPELLING)
        made = as_needed(database, connection, request, table, stage, change)
        _dress(database, connection, table, made)
        _swap(database, connection, request.table, made)
    landing.notes.extend(told_of(change))


@contextmanager
def _upsert(database: RedshiftSession, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        stage = stage_name(database, request.table, temporary=True)
        with database.doing(f"cannot create a table like '{request.table}'"):
            columns = empty(database, connection, stage, request)
        yield Landing(connection=connection, table=stage, target=request.table)
        with database.doing(f"cannot merge the rows into table '{request.table}'"):
            check_key(database, connection, stage, request.key)
            words = Merging.of(database, stage, request.table, columns, request.key)
            # MERGE takes no less here than something to update and something to insert.
            database.run(connection, words.merge() if words.updates else words.insert())
        run_check(connection, request)
        with database.doing("cannot drop the temporary table"):
            database.drop(connection, stage)


def _refill(
    database: RedshiftSession,
    connection: Connection,
    request: PublishRequest,
    table: Described,
    stage: TableName,
) -> None:
    target = database.table_sql(request.table)
    names = request.columns or tuple(c.name for c in table.columns if not c.generated)
    listed = ", ".join(identifier(name) for name in names)
    database.run(connection, f"DELETE FROM {target}")
    for statement in alterations(database, request.table, request.reshape or Reshape()):
        database.run(connection, statement)
    database.run(
        connection,
        f"INSERT INTO {target} ({listed}) SELECT {listed} FROM {database.table_sql(stage)}",
    )
    database.drop(connection, stage)


def _dress(
    database: RedshiftSession, connection: Connection, table: Described, stage: TableName
) -> None:
    """Give the stage the grants of the table, and the comments but of columns that are gone."""
    made = database.table_sql(stage)
    there = {column.name for column in described(database, connection, stage).columns}
    for column, text in database.asked(connection, _COMMENTS.format(oid=table.oid)):
        if column is None or column in there:
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
    "SELECT a.attname, d.description FROM pg_catalog.pg_description d "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid "
    "WHERE d.objoid = {oid} AND d.classoid = 'pg_class'::regclass::oid ORDER BY d.objsubid"
)
_GRANTS = (
    "SELECT privilege_type, identity_type, identity_name, admin_option "
    "FROM svv_relation_privileges WHERE namespace_name = {schema} AND relation_name = {name} "
    "AND NOT (identity_type = 'user' AND identity_name = current_user)"
)


def _swap(
    database: RedshiftSession, connection: Connection, table: TableName, stage: TableName
) -> None:
    """Rename the table out of the way and the stage into its place, then drop the old one."""
    old = fresh_name(database, table, staging.OLD)
    database.rename(connection, table, old.name)
    database.rename(connection, stage, table.name)
    database.drop(connection, old)
