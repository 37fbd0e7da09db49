"""Which file answers which statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from standins.lexer import Token, is_space
from vertica_server import control
from vertica_server.actions import Action, Forward, Local, Result
from vertica_server.ddl import access, alter, create, drop, projections, views
from vertica_server.errors import not_supported, syntax_error
from vertica_server.grammar.table import parse_create_table
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.nulls import has_order, with_nulls
from vertica_server.sql.rewrite import rewrite, spellings

if TYPE_CHECKING:
    from vertica_server.session import Session

__all__ = ["plan"]

Runner = Callable[["Cursor", "Session"], Result]


def plan(tokens: list[Token], session: Session) -> Action:
    """Return what to do for one statement; raise what Vertica's parser would."""
    meaning = [token for token in tokens if not is_space(token)]
    words = [token.value for token in meaning[:6]]
    cursor = Cursor(meaning)
    for first_words, runner in _OWN:
        if words[: len(first_words)] == list(first_words):
            return runner(cursor, session)
    for first_words, definer in _DDL:
        if words[: len(first_words)] == list(first_words):
            return Local(run=_bound(definer, cursor, session), commits=True)
    if words[0] in ("select", "with", "("):
        return control.special_select(meaning, session) or _forward(meaning, session)
    if words[0] in ("insert", "update", "delete", "merge"):
        return _forward(meaning, session, is_change=True)
    if words[0] in _REFUSED:
        raise not_supported(words[0].upper())
    raise syntax_error(meaning[0].text, meaning[0].position)


def _forward(meaning: list[Token], session: Session, *, is_change: bool = False) -> Forward:
    sql = rewrite(meaning, session.functions)
    if not is_change and has_order(meaning):
        sql = rewrite(with_nulls(meaning, session.smallest(sql)), session.functions)
    return Forward(sql=sql, spelled=spellings(meaning), is_change=is_change)


def _bound(runner: Runner, cursor: Cursor, session: Session) -> Callable[[], Result]:
    return lambda: runner(cursor, session)


def _create_table(cursor: Cursor, session: Session) -> Action:
    made = parse_create_table(cursor)

    def run() -> Result:
        result = create.create_table(made, session)
        if not made.temporary:
            views.renew(views.broken(session), session)
        return result

    return Local(run=run, commits=not made.temporary)


def _copy(cursor: Cursor, session: Session) -> Action:
    from vertica_server.load.run import plan_copy

    return plan_copy(cursor, session)


def _export(cursor: Cursor, session: Session) -> Action:
    from vertica_server.unload.export import plan_export

    return plan_export(cursor, session)


_OWN: list[tuple[tuple[str, ...], Callable[[Cursor, Session], Action]]] = [
    (("copy",), _copy),
    (("export", "to"), _export),
    (("create", "table"), _create_table),
    (("create", "temp"), _create_table),
    (("create", "temporary"), _create_table),
    (("create", "local", "temp"), _create_table),
    (("create", "local", "temporary"), _create_table),
    (("create", "global"), _create_table),
    (("begin",), control.begin),
    (("start", "transaction"), control.begin),
    (("commit",), control.commit),
    (("end",), control.commit),
    (("rollback",), control.rollback),
    (("abort",), control.rollback),
    (("savepoint",), control.savepoint),
    (("release",), control.savepoint),
    (("set",), control.set_setting),
    (("show",), control.show),
    (("alter", "session"), control.alter_session),
    (("explain",), control.explain),
    (("profile",), control.explain),
]
_DDL: list[tuple[tuple[str, ...], Runner]] = [
    (("alter", "table"), alter.alter_table),
    (("drop", "table"), drop.drop_table),
    (("drop", "view"), drop.drop_view),
    (("drop", "schema"), drop.drop_schema),
    (("truncate",), drop.truncate),
    (("create", "schema"), views.create_schema),
    (("create", "view"), views.create_view),
    (("create", "or", "replace", "view"), views.create_view),
    (("create", "local", "temp", "view"), views.create_view),
    (("create", "projection"), projections.create),
    (("create", "or", "replace", "projection"), projections.create),
    (("drop", "projection"), projections.drop),
    (("comment",), access.comment),
    (("grant",), access.grant),
    (("revoke",), access.grant),
    (("create", "user"), access.create_user),
    (("create", "role"), access.create_user),
    (("alter", "user"), access.alter_user),
    (("drop", "user"), access.drop_user),
    (("drop", "role"), access.drop_user),
    (("create", "authentication"), control.accept),
    (("drop", "authentication"), control.accept),
    (("alter", "database"), control.alter_database),
]
_REFUSED = frozenset(
    [
        "vacuum",
        "analyze",
        "analyse",
        "cluster",
        "listen",
        "notify",
        "unlisten",
        "prepare",
        "execute",
        "deallocate",
        "declare",
        "fetch",
        "close",
        "move",
        "do",
        "call",
        "lock",
        "reindex",
        "reset",
        "discard",
        "checkpoint",
        "values",
        "table",
        "unload",
    ]
)
