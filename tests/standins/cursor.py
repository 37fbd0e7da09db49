"""A reader of tokens that a grammar is written with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn

from standins.lexer import Token, is_space

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cursor"]


class Cursor(ABC):
    """Goes over the tokens of one statement, blanks left out."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = [token for token in tokens if not is_space(token)]
        self._at = 0

    @property
    def here(self) -> Token | None:
        """The next token, or None at the end."""
        return self.ahead(0)

    def ahead(self, count: int) -> Token | None:
        """The token so many places ahead, or None."""
        at = self._at + count
        return self._tokens[at] if 0 <= at < len(self._tokens) else None

    def next(self) -> Token:
        """Take whatever comes."""
        token = self.here
        if token is None:
            self.fail()
        self._at += 1
        return token

    def at(self, *words: str) -> bool:
        """Whether these keywords come next, in this order."""
        ahead = [self.ahead(place) for place in range(len(words))]
        return all(t is not None and t.is_word(w) for t, w in zip(ahead, words, strict=True))

    def take(self, *words: str) -> bool:
        """Take these keywords if they come next, in this order."""
        if not self.at(*words):
            return False
        self._at += len(words)
        return True

    def need(self, *words: str) -> None:
        """Take these keywords, or fail."""
        for word in words:
            if not self.take(word):
                self.fail()

    def at_op(self, text: str) -> bool:
        """Whether this punctuation comes next."""
        return self.here is not None and self.here.is_op(text)

    def take_op(self, text: str) -> bool:
        """Take this punctuation if it comes next."""
        if not self.at_op(text):
            return False
        self._at += 1
        return True

    def need_op(self, text: str) -> None:
        """Take this punctuation, or fail."""
        if not self.take_op(text):
            self.fail()

    def string(self) -> str:
        """Take a quoted text."""
        if self.here is None or not self.here.is_string:
            self.fail()
        return self.next().value

    @abstractmethod
    def name(self) -> str:
        """Take an identifier, as the server reads it."""

    def names(self) -> list[str]:
        """Take a list of names in parentheses."""
        self.need_op("(")
        found = [self.name()]
        while self.take_op(","):
            found.append(self.name())
        self.need_op(")")
        return found

    def group(self) -> list[Token]:
        """Take everything between parentheses, which come next."""
        self.need_op("(")
        depth, inside = 1, list[Token]()
        while depth:
            token = self.next()
            depth += token.is_op("(") - token.is_op(")")
            inside.append(token)
        return inside[:-1]

    def rest(self) -> list[Token]:
        """Take everything that is left."""
        left = self._tokens[self._at :]
        self._at = len(self._tokens)
        return left

    def end(self) -> None:
        """Fail unless everything was taken."""
        if self.here is not None:
            self.fail()

    @abstractmethod
    def fail(self) -> NoReturn:
        """Raise the parser's error at the next token."""
