"""Views; a late-binding one is kept as text and put in wherever it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.actions import Action, Forward, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.lexer import tokens
from redshift_server.rewrite import rewrite
from standins.lexer import Token, is_space

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor
    from redshift_server.session import Session

__all__ = ["create_view", "expanded"]

_NO_BINDING = ["with", "no", "schema", "binding"]
_NOT_AN_ALIAS_WORDS = (
    "where join inner left right full cross natural on using group order having limit union"
    " except intersect minus as set when"
)
_NOT_AN_ALIAS = frozenset(_NOT_AN_ALIAS_WORDS.split())
_DEPTH = 20


def create_view(cursor: Cursor, parts: list[Token], session: Session) -> Action:
    """Read CREATE VIEW (page r_CREATE_VIEW)."""
    meaning = [token for token in parts if not is_space(token)]
    if [token.value for token in meaning[-4:]] != _NO_BINDING:
        return Forward(sql=expanded(rewrite(parts, session), session))
    cursor.need("create")
    replace = cursor.take("or", "replace")
    cursor.need("view")
    name = cursor.qualified()
    if cursor.at_op("("):
        raise RedshiftError("a late-binding view takes its names from its query", sqlstate="0A000")
    cursor.need("as")
    body = rewrite(_query(parts), session)

    def run() -> str:
        session.atomic(lambda: _create(name, body, replace, session))
        return "CREATE VIEW"

    return Local(run=run)


def _query(parts: list[Token]) -> list[Token]:
    start = next(place for place, token in enumerate(parts) if token.is_word("as")) + 1
    ends = [place for place, token in enumerate(parts) if not is_space(token)]
    return parts[start : ends[-4]]


def _create(name: tuple[str | None, str], body: str, replace: bool, session: Session) -> None:
    """Put a view of typed nothings where the catalog looks, and keep the text."""
    backend = session.backend
    if replace:
        backend.query(f"DROP VIEW IF EXISTS {spelled(name)}")
    columns = _columns(body, session)
    nothings = ", ".join(f"NULL::{kind} AS {quoted(column)}" for column, kind in columns)
    backend.query(f"CREATE VIEW {spelled(name)} AS SELECT {nothings or 'NULL AS unknown'}")
    backend.query(
        "INSERT INTO rs_catalog.late_views SELECT c.oid, n.nspname, c.relname,"
        f" {literal(body)} FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.oid = {literal(spelled(name))}::regclass"
    )
    session.server.has_late_views = True


def _columns(body: str, session: Session) -> list[tuple[str, str]]:
    """Return names and types of what the query gives now, none if its tables are not there yet."""
    backend = session.backend
    backend.query("SAVEPOINT late")
    try:
        found = backend.query(f"SELECT * FROM ({expanded(body, session)}) q LIMIT 0")
    except RedshiftError:
        backend.query("ROLLBACK TO SAVEPOINT late")
        return []
    kinds = [f"SELECT format_type({c.oid}, {c.modifier})" for c in found.columns]
    return [
        (column.name, str(backend.query(kind).one()))
        for column, kind in zip(found.columns, kinds, strict=True)
    ]


def expanded(sql: str, session: Session, depth: int = _DEPTH) -> str:
    """Put the text of every late-binding view where a query names it."""
    known = _known(session)
    if not known or not depth:
        return sql
    parts, written, at, found = tokens(sql), list[str](), 0, False
    while at < len(parts):
        body, after = _named(parts, at, known)
        if body is None:
            written.append(parts[at].text)
            at += 1
            continue
        found = True
        alias = "" if _has_alias(parts, after) else f" AS {quoted(parts[after - 1].value)}"
        written.append(f"({body}){alias}")
        at = after
    return expanded("".join(written), session, depth - 1) if found else sql


def _known(session: Session) -> dict[tuple[str, str], str]:
    if not session.server.has_late_views:
        return {}
    inside = session.backend.status == b"T"
    rows = (session.backend.query if inside else session.server.admin_rows)(
        "SELECT v.schemaname, v.viewname, v.definition FROM rs_catalog.late_views v"
        " JOIN pg_catalog.pg_class c ON c.oid = v.reloid"
    ).texts()
    return {(str(schema), str(name)): str(body) for schema, name, body in rows}


def _named(
    parts: list[Token], at: int, known: dict[tuple[str, str], str]
) -> tuple[str | None, int]:
    """Return the text of the view named at a place behind FROM or JOIN, and the place after it."""
    before = [token for token in parts[:at] if not is_space(token)][-1:]
    if not parts[at].is_name or not before or not before[0].is_word("from", "join"):
        return None, at
    qualified = at + 2 < len(parts) and parts[at + 1].is_op(".")
    schema = parts[at].value if qualified else "public"
    last = at + 2 if qualified else at
    return known.get((schema, parts[last].value)), last + 1


def _has_alias(parts: list[Token], at: int) -> bool:
    after = next((token for token in parts[at:] if not is_space(token)), None)
    if after is None or not after.is_name:
        return False
    return after.is_word("as") or not after.is_word(*_NOT_AN_ALIAS)
