"""DROP and TRUNCATE; both commit (pages DROP TABLE, TRUNCATE TABLE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.actions import Result
from vertica_server.ddl import views
from vertica_server.ddl.record import forget_relation, relation
from vertica_server.errors import VerticaError, missing_schema
from vertica_server.sql.names import Name, inner, literal, quoted

if TYPE_CHECKING:
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["drop_schema", "drop_table", "drop_view", "truncate"]


def drop_table(cursor: Cursor, session: Session) -> Result:
    """DROP TABLE [IF EXISTS] a, b [CASCADE]."""
    cursor.need("drop", "table")
    _drop(cursor, session, "r", "Table")
    return Result(tag="DROP TABLE")


def drop_view(cursor: Cursor, session: Session) -> Result:
    """DROP VIEW [IF EXISTS] a, b."""
    cursor.need("drop", "view")
    _drop(cursor, session, "v", "View")
    return Result(tag="DROP VIEW")


def _drop(cursor: Cursor, session: Session, kind: str, what: str) -> None:
    exists = cursor.take("if", "exists")
    names = [cursor.qualified()]
    while cursor.take_op(","):
        names.append(cursor.qualified())
    cursor.one_of("cascade", "restrict")
    cursor.end()
    for name in names:
        _drop_one(name, session, kind, what, exists=exists)


def _drop_one(name: Name, session: Session, kind: str, what: str, *, exists: bool) -> None:
    try:
        oid = relation(session, name, kinds=kind)
    except VerticaError as error:
        if exists:
            session.notice(f"Nothing was dropped: {error.message}")
            return
        if error.code == 4566:
            said = f'{what} "{name.table}" does not exist'
            raise VerticaError(
                said, sqlstate="42V01", code=4883 if kind == "r" else 5436
            ) from error
        raise
    where = session.engine.texts(f"SELECT {oid}::regclass::text")[0][0]
    lookers = views.lookers([oid], session)
    forget_relation(session, oid)
    session.engine.run(f"DROP {'TABLE' if kind == 'r' else 'VIEW'} {where} CASCADE")
    views.renew(lookers, session)


def truncate(cursor: Cursor, session: Session) -> Result:
    """TRUNCATE TABLE t."""
    cursor.need("truncate", "table")
    oid = relation(session, cursor.qualified(), kinds="r")
    cursor.end()
    where = session.engine.texts(f"SELECT {oid}::regclass::text")[0][0]
    session.engine.run(f"TRUNCATE {where}")
    return Result(tag="TRUNCATE TABLE")


def drop_schema(cursor: Cursor, session: Session) -> Result:
    """DROP SCHEMA [IF EXISTS] s [CASCADE]."""
    cursor.need("drop", "schema")
    exists = cursor.take("if", "exists")
    names = [cursor.name()]
    while cursor.take_op(","):
        names.append(cursor.name())
    cascade = cursor.one_of("cascade", "restrict") == "cascade"
    cursor.end()
    for name in names:
        _drop_one_schema(name, session, exists=exists, cascade=cascade)
    return Result(tag="DROP SCHEMA")


def _drop_one_schema(name: str, session: Session, *, exists: bool, cascade: bool) -> None:
    found = session.engine.texts(
        f"SELECT oid FROM pg_namespace WHERE nspname = {literal(inner(name))}"
    )
    if not found:
        if not exists:
            raise missing_schema(name)
        session.notice(f'Nothing was dropped: schema "{name}" does not exist')
        return
    if inner(name) in ("public", "v_catalog", "v_monitor", "v_internal"):
        raise VerticaError(f'Cannot drop schema "{name}"', sqlstate="0A000", code=2433)
    inside = session.engine.texts(
        f"SELECT relid FROM v_internal.table_facts WHERE schema = {found[0][0]}"
    )
    if inside and not cascade:
        raise VerticaError(
            "DROP failed due to dependencies", sqlstate="2BP01", code=3128,
            detail=f"Cannot drop Schema {name} because other objects depend on it",
            hint="Use DROP ... CASCADE to drop the dependent objects too",
        )  # fmt: skip
    for (oid,) in inside:
        forget_relation(session, int(oid or 0))
    session.engine.run(f"DROP SCHEMA {quoted(name)} CASCADE")
    session.engine.run(f"DELETE FROM v_internal.schema_facts WHERE oid = {found[0][0]}")
