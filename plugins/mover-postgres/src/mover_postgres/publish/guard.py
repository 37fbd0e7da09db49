"""What is refused before a row is read, as it could only fail or touch the rows of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection, fetch
from mover_postgres.publish.referrers import listed, referrers
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.db import SqlDatabase
    from records_mover.parts import PublishRequest

__all__ = ["guard"]

_EMPTYING = ("delete", "truncate", "replace")

_FACTS = """
SELECT row_security_active(c.oid),
    ARRAY(SELECT inhrelid::regclass::text FROM pg_inherits
        WHERE inhparent = c.oid AND c.relkind <> 'p' ORDER BY 1),
    ARRAY(SELECT rulename::text FROM pg_rewrite
        WHERE ev_class = c.oid AND rulename <> '_RETURN' AND ev_enabled IN ('O', 'A')
        AND CASE ev_type WHEN '4' THEN 'DELETE' WHEN '3' THEN 'INSERT' WHEN '2' THEN 'UPDATE' END
            = ANY (%s) ORDER BY 1)
FROM pg_class c WHERE c.oid = %s::regclass
"""
# COPY itself follows no rule; these are the statements that are run beside it.
_STATEMENTS = {
    "delete": ["DELETE"],
    "replace": ["DELETE", "INSERT", "UPDATE"],
    "upsert": ["UPDATE", "INSERT"],
}


def guard(database: SqlDatabase, request: PublishRequest) -> bool:
    """Raise where the mode cannot do what it says; return whether row security is in force.

    COPY does not ask row security, so that the server refuses it then.
    """
    with database.connection() as connection, database.doing(f"cannot look at '{request.table}'"):
        driver = driver_connection(connection)
        name = relation(request.table).as_string(driver)
        asked = (_STATEMENTS.get(request.mode, []), name)
        hidden, children, rules = fetch(driver, _FACTS, asked)[0]
        _refuse_hidden(request, hidden=hidden)
        _refuse_children(request, children)
        _refuse_rules(request, rules)
        _refuse_referrers(driver, request)
        return bool(hidden)


def _refuse_hidden(request: PublishRequest, *, hidden: bool) -> None:
    if hidden and request.mode in ("delete", "replace"):
        raise DatabaseError(
            f"row security hides rows of '{request.table}' from this user, and those would stay",
            "use 'append', 'upsert' or 'truncate', or a user with BYPASSRLS",
        )


def _refuse_children(request: PublishRequest, children: list[str]) -> None:
    if children and request.mode in _EMPTYING:
        names = ", ".join(f"'{name}'" for name in children)
        raise DatabaseError(
            f"'{request.table}' has children by inheritance, whose rows would go with its own: "
            f"{names}",
            "use 'append', or move into the children one by one",
        )


def _refuse_rules(request: PublishRequest, rules: list[str]) -> None:
    if rules:
        names = ", ".join(f"'{name}'" for name in rules)
        raise DatabaseError(
            f"'{request.table}' has rules that say what its statements do: {names}",
            "use 'append', or disable the rules",
        )


def _refuse_referrers(driver: PsycopgConnection, request: PublishRequest) -> None:
    """Refuse what foreign keys of others forbid, or what would change their tables in silence."""
    if request.mode not in ("delete", "truncate"):
        return
    found = referrers(driver, request.table)
    advice = "use the mode 'replace', which keeps rows that are referred to, or 'upsert'"
    if request.mode == "truncate" and found:
        what = f"'{request.table}' cannot be truncated: {listed(found)} may refer to its rows"
        raise DatabaseError(what, advice)
    used = [
        each
        for each in found
        if not (each.waits and each.deferred) and each.readable and each.is_used(driver)
    ]
    if used:
        raise DatabaseError(f"rows of {listed(used)} refer to those of '{request.table}'", advice)
