"""Takes away what hangs on a table, and gives it back, saying what the server would not do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg2

from mover_postgres.connections import fetch, set_locally
from mover_postgres.errors import translate
from mover_postgres.publish.stage import execute
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.publish.saved import Saved
    from records_mover.parts import TableName

__all__ = ["full_name", "give_back", "in_full", "run", "saying", "take_away"]


@contextmanager
def in_full(driver: PsycopgConnection) -> Iterator[None]:
    """Have the server write and read names in full: nothing is on the search path meanwhile."""
    with _locally(driver, "search_path", ""):
        yield


@contextmanager
def _locally(driver: PsycopgConnection, name: str, value: str) -> Iterator[None]:
    """Set a parameter until the block ends well; else the transaction is over anyway."""
    before = fetch(driver, "SELECT current_setting(%s)", (name,))[0][0]
    set_locally(driver, {name: value})
    yield
    set_locally(driver, {name: before})


def full_name(driver: PsycopgConnection, table: TableName) -> str:
    """Return a name as the server writes it."""
    asked = (relation(table).as_string(driver),)
    name: str = fetch(driver, "SELECT %s::regclass::text", asked)[0][0]
    return name


def take_away(driver: PsycopgConnection, saved: Saved, what: str) -> None:
    """Drop all that was saved; what needs a view goes before the view."""
    with _locally(driver, "check_function_bodies", "off"):
        for drop in (*saved.drops, *(view.drop for view in reversed(saved.views))):
            run(driver, drop, what)


def give_back(driver: PsycopgConnection, saved: Saved, what: str) -> None:
    """Make all of it again."""
    for view in saved.views:
        with saying(f"{what}: view {view.name} could not be made again"):
            for statement in view.creation:
                execute(driver, statement)
            view.rights.give(driver)
    for restore in saved.restores:
        run(driver, restore, what)


_SHOWN = 200


def run(driver: PsycopgConnection, statement: str, what: str) -> None:
    """Run a statement, and show it where the server would not."""
    shown = " ".join(statement.split("; ", maxsplit=1)[0].split())
    with saying(f"{what}: {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}...'}"):
        execute(driver, statement)


# Not a lock that did not come, nor a connection that was cut.
_REFUSALS = (psycopg2.ProgrammingError, psycopg2.InternalError, psycopg2.NotSupportedError)


@contextmanager
def saying(what: str) -> Iterator[None]:
    """Name the thing that the server would not do; it is all undone."""
    try:
        yield
    except _REFUSALS as error:
        said = translate(error, what)
        advice = "alter or drop what is in the way first, or cast the column in the source"
        raise DatabaseError(said.what, advice) from error
