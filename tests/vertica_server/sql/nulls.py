"""Where NULL stands in an ORDER BY: before numbers and times, after texts (page ORDER BY)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.lexer import Token
from vertica_server.sql.lexer import tokens
from vertica_server.sql.names import inner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["has_order", "with_nulls"]

_ENDS = ("limit", "offset", "union", "intersect", "except", "minus", "for", "fetch")
_FIRST = tokens(" NULLS FIRST")
_LAST = tokens(" NULLS LAST")


def has_order(meaning: Sequence[Token]) -> bool:
    """Whether a query sorts its rows."""
    return _begin(meaning) is not None


def with_nulls(meaning: Sequence[Token], smallest: Mapping[str, bool]) -> list[Token]:
    """Return a query that says where NULL goes.

    ``smallest`` tells for each column, and for its number, whether NULL is its smallest value.
    """
    begin = _begin(meaning)
    if begin is None:
        return list(meaning)
    found, item, depth = list(meaning[:begin]), list[Token](), 0
    for place in range(begin, len(meaning)):
        token = meaning[place]
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        ends = depth < 0 or (depth == 0 and (token.is_op(",") or token.is_word(*_ENDS)))
        if ends:
            found += _said(item, smallest)
            item = []
            if not token.is_op(","):
                return [*found, *meaning[place:]]
            found.append(token)
        else:
            item.append(token)
    return [*found, *_said(item, smallest)]


def _begin(meaning: Sequence[Token]) -> int | None:
    """The place behind the ORDER BY that is outside of all parentheses."""
    depth, found = 0, None
    for place, token in enumerate(meaning):
        depth += token.is_op("(") - token.is_op(")")
        if depth == 0 and token.is_word("by") and place and meaning[place - 1].is_word("order"):
            found = place + 1
    return found


def _said(item: list[Token], smallest: Mapping[str, bool]) -> list[Token]:
    words = [token.value for token in item]
    if "nulls" in words or not item:
        return item
    descends = words[-1] == "desc"
    names = item[:-1] if words[-1] in ("asc", "desc") else item
    if len(names) not in (1, 3) or not smallest.get(inner(names[-1].name), False):
        return item
    return [*item, *(_LAST if descends else _FIRST)]
