"""MERGE by page r_MERGE: PostgreSQL's statement with most of its freedoms taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.actions import Action, Forward, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError, syntax_error
from redshift_server.grammar.cursor import spelled
from redshift_server.rewrite import rewrite
from standins.lexer import is_space

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name
    from redshift_server.session import Session
    from standins.lexer import Token

__all__ = ["plan_merge"]


def plan_merge(cursor: Cursor, tokens: list[Token], session: Session) -> Action:
    """Check the shape, and hand it on; REMOVE DUPLICATES is done in two statements."""
    cursor.need("merge", "into")
    target = cursor.qualified()
    cursor.need("using")
    if cursor.at_op("("):
        raise RedshiftError("MERGE source can't be a subquery", sqlstate="0A000")
    source = cursor.qualified()
    if source == target:
        raise RedshiftError("MERGE source and target can't be the same table", sqlstate="0A000")
    if not cursor.at("on"):
        cursor.take("as")
        cursor.name()
    cursor.need("on")
    condition = _condition(cursor)
    _check_source(session, source)
    if cursor.take("remove"):
        cursor.need("duplicates")
        cursor.end()
        return _replacing(tokens, target, source, session)
    _clauses(cursor)
    if not any(token.is_op("=") for token in condition):
        raise RedshiftError("MERGE needs an equality condition", sqlstate="0A000")
    return Forward(sql=rewrite(tokens, session))


def _condition(cursor: Cursor) -> list[Token]:
    taken: list[Token] = []
    while cursor.here is not None and not (cursor.at("when") or cursor.at("remove", "duplicates")):
        token = cursor.next()
        if token.is_op("<") or token.is_op(">") or token.is_op("<>") or token.is_word("or"):
            said = "MERGE takes equality predicates only"
            raise RedshiftError(said, sqlstate="0A000")
        taken.append(token)
    return taken


def _clauses(cursor: Cursor) -> None:
    cursor.need("when", "matched", "then")
    if not cursor.take("delete"):
        cursor.need("update", "set")
        _until_when(cursor)
    if not cursor.at("when"):
        raise syntax_error(None)  # both clauses are compulsory
    cursor.need("when", "not", "matched", "then", "insert")
    if cursor.at_op("("):
        cursor.names()
    cursor.need("values")
    cursor.group()
    cursor.end()


def _until_when(cursor: Cursor) -> None:
    """Go over the assignments; a target column has no table's name before it."""
    depth, begins = 0, True
    while cursor.here is not None and not (depth == 0 and cursor.at("when", "not", "matched")):
        token = cursor.next()
        if begins and cursor.at_op("."):
            raise syntax_error(".")
        depth += token.is_op("(") - token.is_op(")")
        depth += token.is_word("case") - token.is_word("end")
        begins = token.is_op(",") and depth == 0


def _check_source(session: Session, source: Name) -> None:
    kind = (
        session.backend.query(
            "SELECT relkind FROM pg_catalog.pg_class"
            f" WHERE oid = to_regclass({literal(spelled(source))})"
        ).one()
        if session.backend.status != b"E"
        else None
    )
    if kind == "v":
        raise RedshiftError("MERGE source can't be a view", sqlstate="0A000")


def _replacing(tokens: list[Token], target: Name, source: Name, session: Session) -> Action:
    meaning = [token for token in tokens if not is_space(token)]
    start = next(place for place, token in enumerate(meaning) if token.is_word("using"))
    end = next(place for place, token in enumerate(meaning) if token.is_word("remove"))
    using = rewrite(_spaced(meaning[start:end]), session).replace(" on ", " WHERE ", 1)
    using = using.replace(" ON ", " WHERE ", 1)

    def work() -> None:
        if _shape(session, target) != _shape(session, source):
            said = "MERGE REMOVE DUPLICATES needs tables of the same columns and types"
            raise RedshiftError(said, sqlstate="42804")
        session.backend.query(f"DELETE FROM {spelled(target)} {using}")
        session.backend.query(
            f"INSERT INTO {spelled(target)} SELECT DISTINCT * FROM {spelled(source)}"
        )

    def run() -> str:
        session.atomic(work)
        return "MERGE"

    return Local(run=run)


def _shape(session: Session, name: Name) -> list[list[str | None]]:
    return session.backend.query(
        "SELECT format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute"
        f" WHERE attrelid = {literal(spelled(name))}::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum"
    ).texts()


def _spaced(tokens: list[Token]) -> list[Token]:
    from standins.lexer import Token

    blank = Token(kind="space", text=" ", value=" ")
    return [piece for token in tokens for piece in (token, blank)]
