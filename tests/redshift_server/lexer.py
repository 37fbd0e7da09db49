"""SQL text as tokens, by the lexical rules of Redshift: backslashes escape inside quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.errors import syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Token", "is_space", "join", "split_statements", "tokens"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<string>[eE]?'(?:[^'\\]|\\.|'')*')
    | (?P<dollar>\$(?P<mark>[A-Za-z_]\w*)?\$.*?\$(?P=mark)?\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[\#A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    | (?P<param>\$\d+)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<op>::|<>|!=|<=|>=|:=|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|[-+*/%<>=~!@^&|?:.,;()\[\]])
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of SQL as it was written, its kind, and what it means."""

    kind: str
    text: str
    value: str

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these keywords (lower case)."""
        return self.kind == "word" and self.value in words

    def is_op(self, text: str) -> bool:
        """Whether this is that piece of punctuation."""
        return self.kind == "op" and self.text == text

    @property
    def is_name(self) -> bool:
        """Whether this may name something."""
        return self.kind in ("word", "quoted")


def tokens(sql: str) -> list[Token]:
    """Cut a text into tokens; blanks and comments are tokens too."""
    found, at = list[Token](), 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise syntax_error(sql[at : at + 20].split(maxsplit=1)[0] if sql[at:].strip() else None)
        kind = match.lastgroup or ""
        kind = "dollar" if kind == "mark" else kind
        text = match.group()
        found.append(Token(kind=kind, text=text, value=_value(kind, text)))
        at = match.end()
    return found


def split_statements(sql: str) -> list[list[Token]]:
    """Return the tokens of each statement, without those that hold nothing."""
    statements, now = list[list[Token]](), list[Token]()
    for token in tokens(sql):
        if token.is_op(";"):
            statements.append(now)
            now = []
        else:
            now.append(token)
    statements.append(now)
    return [one for one in statements if any(not is_space(token) for token in one)]


def join(parts: Iterable[Token]) -> str:
    """Return tokens as text again."""
    return "".join(token.text for token in parts)


def is_space(token: Token) -> bool:
    """Whether a token means nothing."""
    return token.kind == "space"


def _value(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower() if text.isascii() else _fold(text)
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    if kind == "string":
        return _unescape(text[text.index("'") + 1 : -1])
    if kind == "dollar":
        mark = text[: text.index("$", 1) + 1]
        return text[len(mark) : -len(mark)]
    return text


def _fold(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _unescape(inside: str) -> str:
    r"""Undo doubled quotes, ``\'`` and ``\\``; the manual's '\N' and '\t' stay as they are."""
    return re.sub(r"''|\\'|\\\\", lambda found: found.group()[-1], inside)
