"""Aliases of the select list inside WHERE, which Redshift reads and PostgreSQL does not.

Only in queries of the catalog, as drivers and dialects send them: elsewhere a column of that name
would have to win, and its table is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.lexer import Token, is_space

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["with_aliases"]

_ENDS = ("union", "except", "intersect", "minus", "order", "group", "having", "limit")


def with_aliases(tokens: Sequence[Token]) -> list[Token]:
    """Put the column that an alias stands for in its place."""
    scope = _Scope()
    written, meaning = list[Token](), [token for token in tokens if not is_space(token)]
    place = -1
    for token in tokens:
        if is_space(token):
            written.append(token)
            continue
        place += 1
        written += scope.read(meaning, place)
    return written


class _Scope:
    """Where in a statement the reading is: in a select list, or in its WHERE."""

    def __init__(self) -> None:
        self._aliases: dict[str, list[Token]] = {}
        self._where = False
        self._depth = 0

    def read(self, tokens: Sequence[Token], place: int) -> Sequence[Token]:
        token = tokens[place]
        self._depth += token.is_op("(") - token.is_op(")")
        if self._depth:
            return [token]
        if token.is_word("select"):
            self._aliases, self._where = {}, False
        elif token.is_word("where"):
            self._where = True
        elif token.is_word(*_ENDS):
            self._where = False
        elif token.is_word("as") and not self._where:
            self._learn(tokens, place)
        elif self._where and self._stands_alone(tokens, place):
            return self._aliases.get(token.value, [token])
        return [token]

    def _learn(self, tokens: Sequence[Token], place: int) -> None:
        begin = place
        while begin and (tokens[begin - 1].is_name or tokens[begin - 1].is_op(".")):
            begin -= 1
            if tokens[begin].is_word("select"):
                begin += 1
                break
        if begin < place and (tokens[begin - 1].is_op(",") or tokens[begin - 1].is_word("select")):
            self._aliases[tokens[place + 1].value] = list(tokens[begin:place])

    @staticmethod
    def _stands_alone(tokens: Sequence[Token], place: int) -> bool:
        before, after = tokens[place - 1], tokens[place + 1 : place + 2]
        follows = bool(after) and (after[0].is_op(".") or after[0].is_op("("))
        return tokens[place].is_name and not before.is_op(".") and not follows
