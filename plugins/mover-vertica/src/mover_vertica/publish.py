"""How a load becomes visible in a table that is there.

Every statement that defines something commits, TRUNCATE among them. So the rows land in a table
made LIKE the old one, which one statement puts in its place by renaming both.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_vertica.catalog import asking, described
from mover_vertica.holding import bound, projections
from mover_vertica.reshaping import SPELLING, made_like
from mover_vertica.words import identifier, literal
from records_mover.db.connections.transactions import settle
from records_mover.db.merge import Merging, check_key
from records_mover.db.publishing import staging
from records_mover.db.publishing.misfits import needed, taking_over
from records_mover.db.publishing.publish import (
    check,
    drop_quietly,
    fresh_name,
    run_check,
    staged,
    sweep,
)
from records_mover.db.publishing.reshaping import explained, told_of
from records_mover.errors import DatabaseError
from records_mover.parts import Landing, Reshape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from mover_vertica.catalog import Described
    from records_mover.db import SqlDatabase
    from records_mover.parts import PublishRequest, TableName

__all__ = ["explanation", "merge", "publishing"]


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
        words = (
            f"load into a staging table like '{request.table}', commit, and put it in its place by "
            "one statement, with its projections, grants and comments; where something is bound to "
            "the table itself, its rows are deleted and the new ones loaded in one transaction"
        )
        return "; ".join([words, *explained(request.reshape or Reshape())])
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
            why = bound(asking(database, connection), table)
        if why and request.reshape:
            what = f"'{request.table}' cannot take on the columns of the rows any more: {why}"
            raise DatabaseError(what, "move again")
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
    asked = request.reshape or Reshape()
    sweep(database, connection, request)
    with _stage(database, connection, table, asked) as stage:
        landing = Landing(connection=connection, table=stage, target=request.table)
        yield landing
        with database.doing(f"cannot look at the rows for '{request.table}'"):
            change = needed(database, connection, stage, table.info, asked, SPELLING)
        with _as_needed(database, connection, request, table, stage, change) as made:
            run_check(connection, request, made)
            aside = _put(database, connection, table, made)
    landing.notes.extend(told_of(change))
    for left in (aside, stage) if made != stage else (aside,):
        drop_quietly(database, connection, left)


@contextmanager
def _stage(
    database: SqlDatabase, connection: Connection, table: Described, change: Reshape
) -> Iterator[TableName]:
    with database.doing(f"cannot look at '{table.name}'"):
        laid = projections(asking(database, connection), table) if change else []
    stage = fresh_name(database, table.name, staging.STAGE)
    like = list(made_like(database, stage, table, laid, change))
    with staged(database, connection, stage, like):
        yield stage


@contextmanager
def _as_needed(
    database: SqlDatabase,
    connection: Connection,
    request: PublishRequest,
    table: Described,
    stage: TableName,
    change: Reshape,
) -> Iterator[TableName]:
    """Give the stage, or a table of its rows that changes no type which it need not."""
    if change == (request.reshape or Reshape()):
        yield stage
        return
    settle(database, connection)
    with _stage(database, connection, table, change) as made:
        with database.doing(f"cannot take the rows for '{request.table}' over"):
            database.run(connection, taking_over(database, stage, made, request, change))
        yield made


def _put(
    database: SqlDatabase, connection: Connection, table: Described, made: TableName
) -> TableName:
    """Put what was made in the place of the table; return what that is called by now."""
    with database.doing(f"cannot put the new rows in the place of '{table.name}'"):
        settle(database, connection)
        for statement in _dressing(database, connection, table, made):
            database.run(connection, statement)
        aside = fresh_name(database, table.name, staging.OLD)
        database.exchange(connection, made, table.name, aside)
    return aside


def _dressing(
    database: SqlDatabase, connection: Connection, table: Described, stage: TableName
) -> Iterator[str]:
    """Yield what gives the stage the grants of the table, and comments but of columns gone."""
    made, ask = database.table_sql(stage), asking(database, connection)
    named = f"object_schema = {literal(table.schema)} AND object_name = {literal(table.name.name)}"
    comments = ask(f"SELECT child_object, comment FROM v_catalog.comments WHERE {named}")
    there = {column.name for column in described(ask, stage).columns}
    for child, comment in comments:
        if child and child not in there:
            continue
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
