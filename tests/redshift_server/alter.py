"""ALTER TABLE by pages r_ALTER_TABLE and r_ALTER_TABLE_APPEND."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server import append, external
from redshift_server.actions import Action, Forward, Local
from redshift_server.backend import literal
from redshift_server.create import remember_column
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.grammar.table_attributes import ENCODINGS, TableAttributes, take_attribute
from redshift_server.grammar.table_column import parse_column, parse_constraint
from redshift_server.grammar.types import parse_type
from redshift_server.keys import change_keys, check_droppable

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name
    from redshift_server.session import Session
    from standins.lexer import Token

__all__ = ["alter_table"]


def alter_table(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read ALTER TABLE; one change at a time."""
    cursor.need("alter", "table")
    table = cursor.qualified()
    head = f"ALTER TABLE {spelled(table)}"
    if cursor.take("append"):
        return append.plan_append(cursor, table, session)
    if (outside := external.alter_external(cursor, table, session)) is not None:
        return outside
    if cursor.take("add"):
        return _add(cursor, table, session)
    if cursor.take("drop"):
        return _drop(cursor, table, session)
    if cursor.take("rename"):
        return _rename(cursor, head)
    if cursor.take("owner", "to"):
        return _last(cursor, f"{head} OWNER TO {quoted(cursor.name())}")
    cursor.need("alter")
    return _alter(cursor, table, session)


def _last(cursor: Cursor, sql: str) -> Forward:
    cursor.end()
    return Forward(sql=sql)


def _add(cursor: Cursor, table: Name, session: Session) -> Action:
    regclass = literal(spelled(table)) + "::regclass"
    head = f"ALTER TABLE {spelled(table)}"
    if any(cursor.at(word) for word in ("primary", "unique", "foreign", "constraint")):
        kind, text = parse_constraint(cursor)
        cursor.end()

        def constrain() -> None:
            if kind == "foreign":
                session.backend.query(f"SELECT rs_catalog.add_foreign({regclass}, {literal(text)})")
                return
            session.backend.query(f"{head} ADD {text}")
            session.backend.query(f"SELECT rs_catalog.unenforce({regclass})")

        return _work(session, constrain)
    cursor.take("column")
    column = parse_column(cursor, table[1])
    cursor.end()
    if column.not_null and not column.default:
        said = f'ADD COLUMN "{column.name}" defined as NOT NULL must have a non-null default'
        raise RedshiftError(said, sqlstate="42P16")
    if column.key or column.references or column.identity or column.distkey or column.sortkey:
        raise RedshiftError("ALTER TABLE ADD COLUMN takes no such attribute", sqlstate="0A000")

    def add() -> None:
        session.backend.query(f"{head} ADD COLUMN {column.ddl()}")
        if column.encoding:
            remember_column(session, regclass, column.name, column.encoding, False, 0)

    return _work(session, add)


def _drop(cursor: Cursor, table: Name, session: Session) -> Action:
    head = f"ALTER TABLE {spelled(table)}"
    if cursor.take("constraint"):
        return _last(cursor, f"{head} DROP CONSTRAINT {quoted(cursor.name())}{_behaviour(cursor)}")
    cursor.take("column")
    name = cursor.name()
    behaviour = _behaviour(cursor)
    cursor.end()
    regclass = literal(spelled(table)) + "::regclass"

    def drop() -> None:
        check_droppable(session, regclass, name, cascade=bool(behaviour))
        session.backend.query(f"{head} DROP COLUMN {quoted(name)}{behaviour}")

    return _work(session, drop)


def _behaviour(cursor: Cursor) -> str:
    if cursor.take("cascade"):
        return " CASCADE"
    cursor.take("restrict")
    return ""


def _rename(cursor: Cursor, head: str) -> Action:
    if cursor.take("to"):
        return _last(cursor, f"{head} RENAME TO {quoted(cursor.name())}")
    cursor.take("column")
    old = quoted(cursor.name())
    cursor.need("to")
    return _last(cursor, f"{head} RENAME COLUMN {old} TO {quoted(cursor.name())}")


def _alter(cursor: Cursor, table: Name, session: Session) -> Action:
    regclass = literal(spelled(table)) + "::regclass"
    if cursor.take("column"):
        return _alter_column(cursor, table, session)
    if cursor.take("distkey"):
        said = TableAttributes(distkey=cursor.name(), diststyle="key")
    else:
        said = TableAttributes()
        if cursor.take("diststyle", "key"):
            said.diststyle = "key"
        if not take_attribute(cursor, said):
            cursor.fail()
    cursor.end()
    return _work(session, lambda: change_keys(session, regclass, said))


def _alter_column(cursor: Cursor, table: Name, session: Session) -> Action:
    regclass = literal(spelled(table)) + "::regclass"
    name = cursor.name()
    if cursor.take("encode"):
        encoding = cursor.name()
        if encoding not in ENCODINGS:
            said = f'invalid encoding type specified "{encoding}"'
            raise RedshiftError(said, sqlstate="42601")
        cursor.end()
        return _work(session, lambda: remember_column(session, regclass, name, encoding, False, 0))
    cursor.need("type")
    kind = parse_type(cursor, f"{table[1]}.{name}")
    cursor.end()
    if not kind.startswith("character varying"):
        said = "ALTER COLUMN TYPE changes the size of VARCHAR columns only"
        raise RedshiftError(said, sqlstate="0A000")

    def run() -> str:
        session.no_transaction("ALTER TABLE ALTER COLUMN")
        session.backend.query(
            f"ALTER TABLE {spelled(table)} ALTER COLUMN {quoted(name)} TYPE {kind}"
        )
        return "ALTER TABLE"

    return Local(run=run)


def _work(session: Session, work: object) -> Action:
    def run() -> str:
        assert callable(work)
        session.atomic(work)
        return "ALTER TABLE"

    return Local(run=run)
