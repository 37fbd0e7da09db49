"""SQL text as tokens; the lexical rules are each server's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Lexer", "Token", "is_space", "join", "plain_meaning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of SQL as it was written, its kind, what it means and where it begins."""

    kind: str
    text: str
    value: str
    position: int = field(default=0, compare=False)

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

    @property
    def is_string(self) -> bool:
        """Whether this is a text constant."""
        return self.kind in ("string", "escaped", "unicode", "dollar")

    @property
    def name(self) -> str:
        """The identifier as it was spelled, quotes left out."""
        return self.text if self.kind == "word" else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexer:
    """The rules of a server."""

    pattern: re.Pattern[str]
    """A group for each kind of token; ``mark`` is what stands between a ``dollar``'s two signs."""
    meaning: Callable[[str, str], str]
    """What a token of a kind and a text means."""
    wrong: Callable[[str, int], Exception]
    """The error at a word that is no token, and where it begins."""

    def tokens(self, sql: str) -> list[Token]:
        """Cut a text into tokens; blanks and comments are tokens too."""
        found, at = list[Token](), 0
        while at < len(sql):
            match = self.pattern.match(sql, at)
            if match is None:
                raise self.wrong(sql[at : at + 20].split(maxsplit=1)[0], at + 1)
            kind = match.lastgroup or ""
            kind = "dollar" if kind == "mark" else kind
            text = match.group()
            value = self.meaning(kind, text)
            found.append(Token(kind=kind, text=text, value=value, position=at + 1))
            at = match.end()
        return found

    def split_statements(self, sql: str) -> list[list[Token]]:
        """Return the tokens of each statement, without those that hold nothing."""
        statements, now = list[list[Token]](), list[Token]()
        for token in self.tokens(sql):
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


def plain_meaning(kind: str, text: str) -> str:
    """Return what a token means whose kind no server reads in a way of its own."""
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    if kind == "dollar":
        mark = text[: text.index("$", 1) + 1]
        return text[len(mark) : -len(mark)]
    return text
