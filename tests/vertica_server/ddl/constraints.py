"""Constraints: written down, enforced only where ENABLED (page Constraint enforcement)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.ddl.record import array, relation
from vertica_server.errors import VerticaError
from vertica_server.sql.names import inner, literal, quoted
from vertica_server.sql.rewrite import rewrite

if TYPE_CHECKING:
    from vertica_server.grammar.table import Constraint
    from vertica_server.session import Session

__all__ = ["add", "copy", "drop", "switch"]

_WORDS = {"p": "PRIMARY", "u": "UNIQUE", "f": "FOREIGN", "c": "CHECK"}


def add(one: Constraint, oid: int, session: Session) -> None:
    """Write a constraint down; make it one behind if it is enforced."""
    names = _named(one.columns, oid, session)
    name = one.name or _free_name(one.kind, oid, session)
    other = relation(session, one.table, kinds="rp") if one.table is not None else None
    others = _named(one.others, other, session) if other is not None else []
    if other is not None and not others:
        others = _key_of(other, session)
    enabled = one.kind == "c" if one.enabled is None else one.enabled
    predicate = " ".join(token.text for token in one.check)
    if enabled and one.kind != "f":
        _enforce(one.kind, name, names, rewrite(one.check, session.functions), oid, session)
    session.engine.run(
        "INSERT INTO v_internal.constraint_facts (relid, name, kind, columns, enabled, other,"
        f" other_columns, predicate) VALUES ({oid}, {literal(name)}, {literal(one.kind)},"
        f" {array(names)}, {literal(enabled)}, {literal(other)}, {array(others)},"
        f" {literal(predicate)})"
    )


def _enforce(
    kind: str, name: str, columns: list[str], check: str, oid: int, session: Session
) -> None:
    listed = ", ".join(quoted(column) for column in columns)
    what = f"CHECK ({check})" if kind == "c" else f"UNIQUE ({listed})"
    where = _regclass(oid, session)
    session.engine.run(f"ALTER TABLE {where} ADD CONSTRAINT {_behind(name, oid)} {what}")


def _behind(name: str, oid: int) -> str:
    """A name is a table's own here, and a schema's in the PostgreSQL behind."""
    return quoted(f"{name}~{oid}")


def drop(name: str, oid: int, session: Session) -> None:
    """Strike a constraint out."""
    found = session.engine.texts(
        f"DELETE FROM v_internal.constraint_facts WHERE relid = {oid}"
        f" AND lower(name) = {literal(name.lower())} RETURNING name"
    )
    if not found:
        said = f'Constraint "{name}" does not exist'
        raise VerticaError(said, sqlstate="42704", code=2859)
    where = _regclass(oid, session)
    session.engine.run(f"ALTER TABLE {where} DROP CONSTRAINT IF EXISTS {_behind(name, oid)}")


def switch(name: str, oid: int, session: Session, *, enabled: bool) -> None:
    """Enable or disable a constraint that is there."""
    found = session.engine.texts(
        f"UPDATE v_internal.constraint_facts SET enabled = {literal(enabled)}"
        f" WHERE relid = {oid} AND lower(name) = {literal(name.lower())}"
        " RETURNING kind, array_to_string(columns, chr(1)), predicate"
    )
    if not found:
        said = f'Constraint "{name}" does not exist'
        raise VerticaError(said, sqlstate="42704", code=2859)
    where = _regclass(oid, session)
    session.engine.run(f"ALTER TABLE {where} DROP CONSTRAINT IF EXISTS {_behind(name, oid)}")
    if enabled:
        kind, columns, predicate = (str(value) for value in found[0])
        _enforce(kind, name, columns.split("\1"), predicate, oid, session)


def copy(source: int, target: int, session: Session) -> None:
    """Copy all but foreign keys to a table that was made LIKE another."""
    rows = session.engine.texts(
        "INSERT INTO v_internal.constraint_facts (relid, name, kind, columns, enabled,"
        f" other_columns, predicate) SELECT {target}, name, kind, columns, enabled,"
        f" other_columns, predicate FROM v_internal.constraint_facts WHERE relid = {source}"
        " AND kind <> 'f' RETURNING name, kind, array_to_string(columns, chr(1)), enabled,"
        " predicate"
    )
    for name, kind, columns, enabled, predicate in rows:
        if enabled == "t":
            listed = str(columns).split("\1")
            _enforce(str(kind), str(name), listed, str(predicate), target, session)


def _named(columns: tuple[str, ...], oid: int, session: Session) -> list[str]:
    """Return columns as they were spelled when they were made."""
    found = session.engine.texts(f"SELECT spelled FROM v_internal.column_facts WHERE relid = {oid}")
    known = {inner(str(name)): str(name) for (name,) in found}
    for column in columns:
        if inner(column) not in known:
            said = f'Column "{column}" does not exist'
            raise VerticaError(said, sqlstate="42703", code=2624)
    return [known[inner(column)] for column in columns]


def _key_of(oid: int, session: Session) -> list[str]:
    found = session.engine.texts(
        "SELECT unnest(columns) FROM v_internal.constraint_facts"
        f" WHERE relid = {oid} AND kind = 'p'"
    )
    if not found:
        raise VerticaError(
            "There is no primary key for referenced table", sqlstate="42830", code=4889
        )
    return [str(name) for (name,) in found]


def _free_name(kind: str, oid: int, session: Session) -> str:
    found = session.engine.texts(
        f"SELECT name FROM v_internal.constraint_facts WHERE relid = {oid}"
    )
    taken, base = {str(name) for (name,) in found}, f"C_{_WORDS[kind]}"
    names = [base, *(f"{base}_{number}" for number in range(1, 100))]
    return next(name for name in names if name not in taken)


def _regclass(oid: int, session: Session) -> str:
    return str(session.engine.texts(f"SELECT {oid}::regclass::text")[0][0])
