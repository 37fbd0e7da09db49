"""A statement that PostgreSQL can answer, in PostgreSQL's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.aliases import with_aliases
from redshift_server.backend import literal
from redshift_server.grammar.cursor import quoted
from redshift_server.names import is_known, short
from redshift_server.refused import check_refused
from redshift_server.startup import VERSION
from standins.lexer import Token, is_space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redshift_server.session import Session

__all__ = ["rewrite"]

_KEPT = 63  # bytes of a name that the PostgreSQL behind keeps
_CATALOG = ("pg_", "svv_", "stl_", "stv_", "sys_")


def rewrite(tokens: Sequence[Token], session: Session) -> str:
    """Return the statement as the PostgreSQL behind has to read it."""
    meaning = [token for token in tokens if not is_space(token)]
    check_refused(meaning)
    known = session.server.relations
    if any(token.value in known and token.value.startswith(_CATALOG) for token in meaning):
        tokens = with_aliases(tokens)
    return _Rewriter(tokens, session).text()


class _Rewriter:
    def __init__(self, tokens: Sequence[Token], session: Session) -> None:
        self._tokens = list(tokens)
        self._session = session
        self._functions: dict[str, Callable[[], str]] = {
            "current_database": lambda: f"{literal(session.config.database)}::varchar",
            "version": lambda: f"{literal(VERSION)}::text",
            "pg_last_copy_count": lambda: f"{session.last_copy_count}::bigint",
            "pg_last_copy_id": lambda: f"({session.last_copy_id})::int",
            "pg_last_unload_count": lambda: f"{session.last_unload_count}::bigint",
            "pg_last_unload_id": lambda: f"({session.last_unload_id})::int",
            "pg_last_query_id": lambda: f"({session.last_query_id})::int",
        }
        self._written: list[str] = []

    def text(self) -> str:
        at = 0
        while at < len(self._tokens):
            at = self._one(at)
        return "".join(self._written)

    def _one(self, at: int) -> int:
        """Write what stands at a place; return the place after it."""
        token = self._tokens[at]
        if token.kind == "quoted":
            self._written.append(self._quoted(token))
        elif token.kind == "string" and len(token.value.encode()) > _KEPT:
            self._written.append(self._named_in_quotes(token))
        elif token.kind == "number":
            self._written.append(self._number(at))
        elif token.kind == "word":
            return self._word(at)
        else:
            self._written.append(token.text)
        return at + 1

    def _word(self, at: int) -> int:
        token = self._tokens[at]
        if token.value == "pg_catalog" and self._next_is(at, "."):
            name = self._tokens[at + 2] if at + 2 < len(self._tokens) else None
            if name is not None and (self._is_ours(name) or name.value in self._functions):
                return self._word(at + 2)
        if self._is_ours(token) and not self._after_dot(at):
            self._written.append(f"rs_catalog.{token.value}")
        elif token.value in self._functions and self._is_empty_call(at):
            self._written.append(f"(SELECT {self._functions[token.value]()} AS {token.value})")
            return self._after_call(at)
        elif token.is_word("sysdate"):
            self._written.append("(now() AT TIME ZONE 'UTC')")
        elif token.is_word("minus"):
            self._written.append("EXCEPT")
        elif token.is_word("max") and self._before_is(at, "("):
            self._written.append(self._max(at))
        elif token.is_word("json_serialize"):  # a word of PostgreSQL's own grammar
            self._written.append("pg_catalog.json_serialize")
        elif token.text.startswith("#") or len(token.text.encode()) > _KEPT:
            self._written.append(quoted(token.value))
        else:
            self._written.append(token.text)
        return at + 1

    def _quoted(self, token: Token) -> str:
        value = token.value
        if not self._session.settings.keep_case:
            value = "".join(c.lower() if c.isascii() else c for c in value)
        return quoted(value)

    @staticmethod
    def _named_in_quotes(token: Token) -> str:
        """A long name that is asked for in the catalog is kept there under its short one."""
        made = short(token.value) if is_known(token.value) else ""
        return literal(made) if made else token.text

    def _number(self, at: int) -> str:
        """Redshift takes the number 1 where PostgreSQL wants a truth: ``WHERE 1 AND ...``."""
        token, before = self._tokens[at], self._meaning(at, -1)
        after = self._meaning(at, 1)
        bare = after is None or after.is_word("and", "or", "union", "order", "group", "limit")
        if token.text in "01" and before is not None and before.is_word("where") and bare:
            return "true" if token.text == "1" else "false"
        return token.text

    def _max(self, at: int) -> str:
        """VARCHAR(MAX) has its most bytes; the function of the same name keeps its name."""
        before = [token for token in self._tokens[:at] if not is_space(token)][-2:]
        sized = len(before) == 2 and before[0].is_word("varchar", "varying", "nvarchar")
        return "65535" if sized else self._tokens[at].text

    def _is_ours(self, token: Token) -> bool:
        known = token.value in self._session.server.relations
        return token.is_name and known and token.value.startswith(_CATALOG)

    def _after_dot(self, at: int) -> bool:
        before = self._meaning(at, -1)
        if before is None or not before.is_op("."):
            return False
        return not (self._tokens[at - 2].is_word("pg_catalog"))

    def _next_is(self, at: int, op: str) -> bool:
        return at + 1 < len(self._tokens) and self._tokens[at + 1].is_op(op)

    def _before_is(self, at: int, op: str) -> bool:
        before = self._meaning(at, -1)
        return before is not None and before.is_op(op)

    def _meaning(self, at: int, step: int) -> Token | None:
        at += step
        while 0 <= at < len(self._tokens):
            if not is_space(self._tokens[at]):
                return self._tokens[at]
            at += step
        return None

    def _is_empty_call(self, at: int) -> bool:
        ahead = [token for token in self._tokens[at + 1 : at + 6] if not is_space(token)][:2]
        return len(ahead) == 2 and ahead[0].is_op("(") and ahead[1].is_op(")")

    def _after_call(self, at: int) -> int:
        while not self._tokens[at].is_op(")"):
            at += 1
        return at + 1
