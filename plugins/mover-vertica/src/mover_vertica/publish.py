"""How a load becomes visible in a table that is there.

Every statement that defines something commits, TRUNCATE among them. So the rows land in a table
made LIKE the old one, which one statement puts in its place by renaming both.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mover_vertica.catalog import asking, described
from mover_vertica.words import identifier, literal
from records_mover.db import staging
from records_mover.db.connections import settle
from records_mover.db.merge import Merging, check_key
from records_mover.db.publish import (
    check,
    drop_quietly,
    fresh_name,
    run_check,
    staged,
    sweep,
)
from records_mover.parts import Landing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from mover_vertica.catalog import Described
    from records_mover.db import SqlDatabase
    from records_mover.parts import PublishRequest, TableName

__all__ = ["explanation", "like_statement", "merge", "publishing"]


def publishing(
    database: SqlDatabase,
    request: PublishRequest,
    otherwise: Callable[[PublishRequest], AbstractContextManager[Landing]],
) -> AbstractContextManager[Landing]:
    """Return the context in which a load lands and at whose end it becomes visible."""
    if request.info is None or request.mode not in ("truncate", "replace"):
        return otherwise(request)
    check(database, request)
    return _replace(database, request)


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do; empty for what is as everywhere."""
    if request.info is None:
        return ""
    if request.mode in ("truncate", "replace"):
        return (
            f"load into a staging table like '{request.table}', commit, and put it in its place by "
            "one statement, with its projections, grants and comments; where something is bound to "
            "the table itself, its rows are deleted and the new ones loaded in one transaction"
        )
    if request.mode == "drop":
        return (
            f"load into a staging table, commit, and put it in the place of '{request.table}' by "
            "one statement"
        )
    if request.mode == "upsert":
        key = ", ".join(request.key)
        return (
            f"load into a staging table and MERGE it into '{request.table}' on {key}, then commit"
        )
    return ""


@contextmanager
def _replace(database: SqlDatabase, request: PublishRequest) -> Iterator[Landing]:
    with database.transaction() as connection:
        with database.doing(f"cannot look at '{request.table}'"):
            table = described(asking(database, connection), request.table)
            why = _bound(database, connection, table)
        if why:
            with _in_place(database, connection, request, why) as landing:
                yield landing
        else:
            with _beside(database, connection, request, table) as landing:
                yield landing


@contextmanager
def _in_place(
    database: SqlDatabase, connection: Connection, request: PublishRequest, why: str
) -> Iterator[Landing]:
    with database.doing(f"cannot empty table '{request.table}'"):
        database.wipe(connection, request.table, request.mode)
    landing = Landing(connection=connection, table=request.table)
    yield landing
    landing.notes.append(f"the rows were deleted and the new ones loaded, since {why}")
    run_check(connection, request)


@contextmanager
def _beside(
    database: SqlDatabase, connection: Connection, request: PublishRequest, table: Described
) -> Iterator[Landing]:
    sweep(database, connection, request)
    stage = fresh_name(database, request.table, staging.STAGE)
    like = like_statement(database, stage, request.table, inherits=table.inherits)
    with staged(database, connection, stage, [like]):
        yield Landing(connection=connection, table=stage, target=request.table)
        run_check(connection, request, stage)
        with database.doing(f"cannot put the new rows in the place of '{request.table}'"):
            settle(database, connection)
            for statement in _dressing(database, connection, table, stage):
                database.run(connection, statement)
            aside = fresh_name(database, request.table, staging.OLD)
            database.exchange(connection, stage, request.table, aside)
    drop_quietly(database, connection, aside)


def like_statement(
    database: SqlDatabase, stage: TableName, table: TableName, *, inherits: bool
) -> str:
    """Return the DDL of a table with the columns, constraints and projections of another."""
    made = f"CREATE TABLE {database.table_sql(stage)} LIKE {database.table_sql(table)}"
    inherited = " INCLUDE SCHEMA PRIVILEGES" if inherits else ""
    return f"{made} INCLUDING PROJECTIONS{inherited}"


def _bound(database: SqlDatabase, connection: Connection, table: Described) -> str:
    """Say what holds on to the table itself, so that no other can take its place."""
    ask = asking(database, connection)
    if any(column.identity for column in table.columns):
        return "the table counts an identity column up"
    where = f"table_schema = {literal(table.schema)} AND table_name = {literal(table.name.name)}"
    other = (
        f"reference_table_schema = {literal(table.schema)} AND "
        f"reference_table_name = {literal(table.name.name)}"
    )
    if _count(ask(f"SELECT COUNT(*) FROM v_catalog.foreign_keys WHERE {where} OR {other}")):
        return "foreign keys bind it to other tables"
    (user,) = ask("SELECT CURRENT_USER()")
    if str(user[0]).lower() != table.owner.lower():
        return "the table belongs to another user"
    laid = (
        "SELECT COUNT(*) FROM v_catalog.comments c JOIN v_catalog.projections p "
        "ON p.projection_name = c.object_name AND p.projection_schema = c.object_schema "
        f"WHERE p.projection_schema = {literal(table.schema)} "
        f"AND p.anchor_table_name = {literal(table.name.name)}"
    )
    return "its projections have comments" if _count(ask(laid)) else ""


def _count(rows: Sequence[Sequence[Any]]) -> int:
    return int(rows[0][0])


def _dressing(
    database: SqlDatabase, connection: Connection, table: Described, stage: TableName
) -> Iterator[str]:
    """Yield what gives the stage the comments and the grants of the table."""
    made, ask = database.table_sql(stage), asking(database, connection)
    named = f"object_schema = {literal(table.schema)} AND object_name = {literal(table.name.name)}"
    comments = ask(f"SELECT child_object, comment FROM v_catalog.comments WHERE {named}")
    for child, comment in comments:
        what = f"COLUMN {made}.{identifier(child)}" if child else f"TABLE {made}"
        yield f"COMMENT ON {what} IS {literal(str(comment))}"
    grants = ask(
        f"SELECT grantee, privileges_description FROM v_catalog.grants WHERE {named} "
        f"AND LOWER(grantee) <> {literal(table.owner.lower())}"
    )
    for grantee, privileges in grants:
        for option, words in _privileges(str(privileges)):
            to = database.grantee(str(grantee), group=False)
            yield f"GRANT {words} ON TABLE {made} TO {to}{option}"


def _privileges(description: str) -> Iterator[tuple[str, str]]:
    """Yield those that may be granted further, which a star marks, and the others."""
    words = [word.strip() for word in description.split(",") if word.strip()]
    for option, some in (
        (" WITH GRANT OPTION", [word[:-1] for word in words if word.endswith("*")]),
        ("", [word for word in words if not word.endswith("*")]),
    ):
        if some:
            yield option, ", ".join(some)


def merge(
    database: SqlDatabase,
    connection: Connection,
    stage: TableName,
    table: TableName,
    columns: tuple[str, ...],
    key: tuple[str, ...],
) -> None:
    """Run MERGE; keys are looked at before, as nothing has enforced them."""
    check_key(database, connection, stage, key)
    words = Merging.of(database, stage, table, columns, key)
    database.run(connection, words.merge("mover_old"))
