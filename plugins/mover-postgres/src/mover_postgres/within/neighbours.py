"""Whether one statement can read the source and write the target, and mean what a COPY would."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection, fetch
from mover_postgres.source import opened, source_types, target_types
from mover_postgres.statements import relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Ask, Stored, TableName

__all__ = ["obstacle"]


def obstacle(ask: Ask, source: Stored) -> str | None:
    """Return why not, in words for the user; None where nothing is in the way."""
    if source.database.identity() != ask.database.identity():
        return "the tables are in two databases, which cannot see each other"
    with _both(ask, source) as (reading, writing):
        return (
            _of_server(reading, writing)
            or _of_rights(reading, writing)
            or (source.selection.query and _of_settings(reading, writing))
            or _of_writing(source, writing)
            or _of_wiping(ask, source, writing)
            or _of_rules(ask, writing)
            or _of_types(ask, source)
        )


@contextmanager
def _both(ask: Ask, source: Stored) -> Iterator[tuple[PsycopgConnection, PsycopgConnection]]:
    from mover_postgres.errors import DRIVER_ERRORS, translate

    try:
        with opened(ask.database) as writing:
            if ask.database.engine is source.database.engine:
                yield driver_connection(writing), driver_connection(writing)
                return
            with opened(source.database) as reading:
                yield driver_connection(reading), driver_connection(writing)
    except DRIVER_ERRORS as error:
        raise translate(error, f"cannot compare {source.selection} and {ask.selection}") from error


_SEEN = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d
    ON d.oid = l.database AND d.datname = current_database()
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
    AND (l.classid, l.objid) = (%s::oid, %s::oid))
"""


def _of_server(reading: PsycopgConnection, writing: PsycopgConnection) -> str | None:
    """Tell a server from a copy of its files: they have one identity, but their own locks."""
    if reading is writing:
        return None
    import secrets

    key = (secrets.randbits(31), secrets.randbits(31))
    fetch(reading, "SELECT pg_advisory_xact_lock_shared(%s, %s)", key)
    if fetch(writing, _SEEN, key) == [(True,)]:
        return None
    return "the tables are on two servers, one of which was copied from the other"


_RIGHTS = "SELECT session_user::text, current_user::text"


def _of_rights(reading: PsycopgConnection, writing: PsycopgConnection) -> str | None:
    (reader,), (writer,) = fetch(reading, _RIGHTS), fetch(writing, _RIGHTS)
    if reader == writer:
        return None
    at = 0 if reader[0] != writer[0] else 1
    return f"the source is read as {reader[at]!r} and the target written as {writer[at]!r}"


# What the server reports to the client, and how the client calls itself, changes no query.
_SETTINGS = """
SELECT name, setting FROM pg_catalog.pg_settings
WHERE context IN ('user', 'superuser') AND name NOT IN ('application_name', 'client_encoding')
"""


def _of_settings(reading: PsycopgConnection, writing: PsycopgConnection) -> str | None:
    if reading is writing:
        return None
    here, there = dict(fetch(reading, _SETTINGS)), dict(fetch(writing, _SETTINGS))
    differ = sorted(name for name in here if here[name] != there.get(name))
    if not differ:
        return None
    return f"the two connections differ in {', '.join(differ)}, which the query may depend on"


def _of_writing(source: Stored, writing: PsycopgConnection) -> str | None:
    """On every other route the transaction is read only, so that nothing else is asked there."""
    from mover_postgres.within.harmless import may_write

    why = may_write(writing, source.selection)
    return why and f"{why}, so that it has to be read in a transaction that is read only"


_FAMILY = """
WITH RECURSIVE family AS (
    SELECT %s::regclass::oid AS oid
    UNION
    SELECT CASE WHEN i.inhrelid = family.oid THEN i.inhparent ELSE i.inhrelid END
    FROM family JOIN pg_catalog.pg_inherits i ON family.oid IN (i.inhrelid, i.inhparent)
)
SELECT c.relkind IN ('r', 'p') AND NOT c.relrowsecurity, %s::regclass::oid IN (TABLE family)
FROM pg_catalog.pg_class c WHERE c.oid = %s::regclass
"""


def _of_wiping(ask: Ask, source: Stored, writing: PsycopgConnection) -> str | None:
    """Rows that are deleted first must not be those that are to be read."""
    if ask.mode not in ("delete", "truncate"):
        return None
    table = source.selection.table
    if table is None:
        return "the target is emptied before the query would run, which may read it"
    here, there = _spelled(table, writing), _spelled(ask.selection.table, writing)
    plain, related = fetch(writing, _FAMILY, (here, there, here))[0]
    if related:
        return "the target is emptied before the source would be read, and they share rows"
    return None if plain else f"the target is emptied first, which {str(table)!r} may look at"


def _spelled(table: TableName | None, driver: PsycopgConnection) -> str:
    assert table is not None, "the target is a table"
    text: str = relation(table).as_string(driver)
    return text


_RULES = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_rewrite
    WHERE ev_class = %s::regclass AND ev_type = '3' AND ev_enabled <> 'D')
"""


def _of_rules(ask: Ask, writing: PsycopgConnection) -> str | None:
    if ask.into is None:
        return None
    ruled = fetch(writing, _RULES, (_spelled(ask.selection.table, writing),)) == [(True,)]
    return "the target has rules for INSERT, which COPY does not follow" if ruled else None


def _of_types(ask: Ask, source: Stored) -> str | None:
    types = source_types(source.database, source.selection)
    for here, there in zip(types, target_types(ask), strict=True):
        if not here.becomes(there):
            return (
                f"column {here.column!r} is {here.name} in the source and {there.name} "
                "in the target, and a cast is not what COPY does"
            )
    return None
