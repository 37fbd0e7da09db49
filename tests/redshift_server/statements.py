"""Which file answers which statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server import accounts, alter, create, external, merge, settings, views
from redshift_server.actions import Action, Forward, Local
from redshift_server.errors import RedshiftError, syntax_error
from redshift_server.grammar.copy import parse_copy
from redshift_server.grammar.cursor import Cursor, spelled
from redshift_server.grammar.unload import parse_unload
from redshift_server.refused import refuse_command
from redshift_server.rewrite import rewrite
from standins.lexer import Token, is_space

if TYPE_CHECKING:
    from collections.abc import Callable

    from redshift_server.session import Session

__all__ = ["plan"]

Planner = "Callable[[Cursor, list[Token], Session], Action]"
_HANDED_ON_WORDS = (
    "select with insert update delete begin start commit end rollback abort declare fetch close"
    " explain prepare execute deallocate comment call grant revoke lock analyze ( refresh"
)
_HANDED_ON = frozenset(_HANDED_ON_WORDS.split())


def plan(tokens: list[Token], session: Session) -> Action:
    """Return what to do for one statement; raise what Redshift's parser would."""
    meaning = [token for token in tokens if not is_space(token)]
    words = [token.value for token in meaning[:6]]
    refuse_command(words)
    cursor = Cursor(tokens, keep_case=session.settings.keep_case)
    for first_words, planner in _PLANNERS:
        if words[: len(first_words)] == list(first_words):
            return planner(cursor, tokens, session)
    if words[0] not in _HANDED_ON | {"create", "drop", "alter"}:
        raise syntax_error(meaning[0].text)
    external.refresh_named(meaning, session)
    return Forward(sql=views.expanded(rewrite(tokens, session), session))


def _copy(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    statement = parse_copy(cursor)

    def run() -> str:
        from redshift_server.load.run import run_copy

        return run_copy(statement, session)

    return Local(run=run)


def _unload(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    statement = parse_unload(cursor)

    def run() -> str:
        from redshift_server.unload.run import run_unload

        return run_unload(statement, session)

    return Local(run=run)


def _truncate(cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    """TRUNCATE commits the transaction that it is in (page r_TRUNCATE)."""
    cursor.need("truncate")
    cursor.take("table")
    name = cursor.qualified()
    cursor.end()

    def run() -> str:
        session.backend.query(f"TRUNCATE {spelled(name)}")
        if session.backend.status == b"T":
            session.backend.query("COMMIT")
        return "TRUNCATE"

    return Local(run=run)


def _vacuum(_cursor: Cursor, _tokens: list[Token], session: Session) -> Action:
    def run() -> str:
        session.no_transaction("VACUUM")
        return "VACUUM"

    return Local(run=run)


def _cancel(cursor: Cursor, _tokens: list[Token], _session: Session) -> Action:
    cursor.need("cancel")
    return Forward(sql=f"SELECT pg_cancel_backend({cursor.integer()})")


def _analyze_compression(_cursor: Cursor, _tokens: list[Token], _session: Session) -> Action:
    raise RedshiftError("this server proposes no encodings", sqlstate="0A000")


_PLANNERS: list[tuple[tuple[str, ...], Callable[[Cursor, list[Token], Session], Action]]] = [
    (("copy",), _copy),
    (("unload",), _unload),
    (("truncate",), _truncate),
    (("vacuum",), _vacuum),
    (("cancel",), _cancel),
    (("analyze", "compression"), _analyze_compression),
    (("merge",), merge.plan_merge),
    (("set",), settings.set_setting),
    (("reset",), settings.reset_setting),
    (("show",), settings.show_setting),
    (("create", "external", "schema"), external.create_schema),
    (("create", "external", "table"), external.create_table),
    (("create", "user"), accounts.create_user),
    (("drop", "user"), accounts.drop_user),
    (("create", "table"), create.create_table),
    (("create", "temp"), create.create_table),
    (("create", "temporary"), create.create_table),
    (("create", "local"), create.create_table),
    (("create", "view"), views.create_view),
    (("create", "or", "replace", "view"), views.create_view),
    (("alter", "table"), alter.alter_table),
]
