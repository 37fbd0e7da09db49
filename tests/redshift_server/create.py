"""CREATE TABLE: the table behind, keys that nobody enforces, and what Redshift remembers of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.actions import Action, Local
from redshift_server.backend import literal
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.grammar.table import parse_create_table
from redshift_server.rewrite import rewrite
from standins.lexer import Token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redshift_server.grammar.cursor import Cursor
    from redshift_server.grammar.table import CreateTable
    from redshift_server.session import Session

__all__ = ["create_table", "remember_column"]

_STYLES = {"even": 0, "key": 1, "all": 8, "auto": 10}
_BLANK = Token(kind="space", text=" ", value=" ")


def create_table(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """Read CREATE TABLE in all its forms."""
    made = parse_create_table(cursor)

    def run() -> str:
        if made.if_not_exists and _exists(made, session):
            name = made.table[1]
            session.notice(f'Relation "{name}" already exists and will be skipped')
            return "CREATE TABLE"
        session.atomic(lambda: _create(made, session))
        return "CREATE TABLE" if made.query is None else "SELECT"

    return Local(run=run)


def _exists(made: CreateTable, session: Session) -> bool:
    asked = f"SELECT to_regclass({literal(spelled(made.table))})"
    return session.backend.query(asked).one() is not None


def _create(made: CreateTable, session: Session) -> None:
    if made.query is None:
        session.backend.query(f"{made.head()} ({made.body()})")
    else:
        names = f" ({', '.join(map(quoted, made.names))})" if made.names else ""
        query = rewrite(list(_spaced(made.query)), session)
        session.backend.query(f"{made.head()}{names} AS {query}")
    table = literal(spelled(made.table)) + "::regclass"
    session.backend.query(f"SELECT rs_catalog.unenforce({table})")
    for foreign in made.foreign:
        session.backend.query(f"SELECT rs_catalog.add_foreign({table}, {literal(foreign)})")
    _remember(made, session, table)


def _remember(made: CreateTable, session: Session, table: str) -> None:
    said = made.attributes
    for name, _ in made.like:
        _inherit(session, table, literal(spelled(name)) + "::regclass")
    style = said.diststyle or ("key" if said.distkey else "")
    if style or said.sortkey:
        session.backend.query(
            f"INSERT INTO rs_catalog.table_facts VALUES ({table}, {_STYLES[style or 'auto']},"
            f" {literal(said.interleaved)}) ON CONFLICT (reloid) DO UPDATE SET"
            " diststyle = excluded.diststyle, interleaved = excluded.interleaved"
        )
    encodings = {column.name: column.encoding for column in made.columns if column.encoding}
    for column in dict.fromkeys([*encodings, *said.sortkey, *filter(None, [said.distkey])]):
        sortkey = said.sortkey.index(column) + 1 if column in said.sortkey else 0
        sortkey *= -1 if said.interleaved and sortkey % 2 == 0 else 1  # as attsortkeyord has it
        encoding = encodings.get(column, "")
        remember_column(session, table, column, encoding, column == said.distkey, sortkey)


def _inherit(session: Session, table: str, parent: str) -> None:
    """A table made LIKE another one has its keys and encodings (page r_CREATE_TABLE_NEW)."""
    session.backend.query(
        f"INSERT INTO rs_catalog.table_facts SELECT {table}, diststyle, interleaved"
        f" FROM rs_catalog.table_facts WHERE reloid = {parent} ON CONFLICT DO NOTHING"
    )
    session.backend.query(
        "INSERT INTO rs_catalog.column_facts SELECT c.attrelid, c.attnum, f.encoding, f.distkey,"
        " f.sortkey FROM rs_catalog.column_facts f JOIN pg_attribute p ON p.attrelid = f.reloid"
        f" AND p.attnum = f.attnum JOIN pg_attribute c ON c.attrelid = {table}"
        f" AND c.attname = p.attname WHERE f.reloid = {parent} ON CONFLICT DO NOTHING"
    )


def remember_column(
    session: Session, table: str, name: str, encoding: str, distkey: bool, sortkey: int
) -> None:
    """Keep what Redshift's catalog says of a column."""
    encoding = {"raw": "none", "auto": ""}.get(encoding, encoding)
    session.backend.query(
        "INSERT INTO rs_catalog.column_facts SELECT attrelid, attnum,"
        f" (SELECT code FROM rs_catalog.encodings WHERE name = {literal(encoding)}),"
        f" {literal(distkey)}, {sortkey} FROM pg_attribute WHERE attrelid = {table}"
        f" AND attname = {literal(name)} ON CONFLICT (reloid, attnum) DO UPDATE SET"
        " encoding = excluded.encoding, distkey = excluded.distkey, sortkey = excluded.sortkey"
    )


def _spaced(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        yield token
        yield _BLANK
