"""Where a query of the user's ends, before semicolons and comments behind it; and as a table."""

from __future__ import annotations

import re

__all__ = ["plain_query", "subquery"]

# What may hold a semicolon or the sign of a comment and be neither, then what is left out.
_PIECE = r"""
    (?P<text>
        (?:(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*') | {text}
        | "(?:[^"]|"")*" | `[^`]*`
        | (?<![\w$])\$(?P<tag>[^\W\d]\w*)?\$.*?\$(?(tag)(?P=tag)|)\$
    )
    | (?P<blank> \s+ | ; | --[^\n]*(?:\n|\Z) | (?P<comment>/\*) )
    | (?P<word> [\w$]+ | [^'"`;] )
"""
_PLAIN = re.compile(_PIECE.format(text=r"'(?:[^']|'')*'"), re.VERBOSE | re.DOTALL)
_ESCAPED = re.compile(_PIECE.format(text=r"'(?:[^'\\]|\\.|'')*'"), re.VERBOSE | re.DOTALL)
_EDGE = re.compile(r"/\*|\*/")


def plain_query(query: str) -> str:
    r"""Return a query without the semicolons and comments that it ends with.

    Databases differ in whether ``\'`` ends a text; where that matters only semicolons at the very
    end are taken off, as they are where a text has no end.
    """
    stripped = query.strip()
    end = _end(stripped, _PLAIN)
    if end is None or ("\\" in stripped and end != _end(stripped, _ESCAPED)):
        return stripped.rstrip(";").rstrip()
    return stripped[:end]


def subquery(query: str) -> str:
    """Return a query as it stands behind FROM, where it is called ``mover_query``.

    The parenthesis is on a line of its own, since the query's last one may end in a comment.
    """
    return f"({plain_query(query)}\n) mover_query"


def _end(query: str, tokens: re.Pattern[str]) -> int | None:
    """Return where the last word ends, None for what cannot be read."""
    at = end = 0
    while at < len(query):
        found = tokens.match(query, at)
        if found is None:
            return None
        at = found.end() if found["comment"] is None else _after_comment(query, at)
        if found["blank"] is None:
            end = at
    return end


def _after_comment(query: str, at: int) -> int:
    """Return where a comment ends; it may hold others, where the database nests them."""
    depth = 0
    for edge in _EDGE.finditer(query, at):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    first = query.find("*/", at)
    return len(query) if first < 0 else first + 2
