"""A reader of tokens that a grammar is written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from vertica_server.errors import VerticaError, syntax_error
from vertica_server.sql.lexer import Token, is_space
from vertica_server.sql.names import MAX_NAME_BYTES, RESERVED, Name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cursor"]


class Cursor:
    """Goes over the tokens of one statement, blanks left out."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = [token for token in tokens if not is_space(token)]
        self._at = 0

    @property
    def here(self) -> Token | None:
        """The next token, or None at the end."""
        return self.ahead(0)

    @property
    def place(self) -> int:
        """How many tokens were taken."""
        return self._at

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

    def one_of(self, *words: str) -> str | None:
        """Take the one of these keywords that comes next, if any."""
        for word in words:
            if self.take(word):
                return word
        return None

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
        if not self.at_string():
            self.fail()
        return self.next().value

    def at_string(self) -> bool:
        """Whether a quoted text comes next."""
        return self.here is not None and self.here.is_string

    def at_integer(self) -> bool:
        """Whether digits come next."""
        return self.here is not None and self.here.kind == "number" and self.here.text.isdigit()

    def integer(self) -> int:
        """Take a number without a fraction; it may have a sign."""
        negative = self.take_op("-")
        if not self.at_integer():
            self.fail()
        return int(self.next().text) * (-1 if negative else 1)

    def name(self) -> str:
        """Take an identifier, spelled as it is; an unquoted keyword is none."""
        token = self.here
        if token is None or not token.is_name:
            self.fail()
        if token.kind == "word" and token.value in RESERVED:
            self.fail()
        self._at += 1
        return checked(token.name)

    def qualified(self, database: str = "") -> Name:
        """Take ``[[database.]schema.]name``."""
        parts = [self.name()]
        while self.take_op("."):
            parts.append(self.name())
        if len(parts) == 3 and parts.pop(0).lower() != (database or "vmart").lower():
            said = f'References to other databases are not supported: "{parts[0]}"'
            raise VerticaError(said, sqlstate="0A000", code=4365)
        if len(parts) > 2:
            self.fail()
        return Name(schema=parts[0] if len(parts) == 2 else None, table=parts[-1])

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

    def until(self, *stops: str) -> list[Token]:
        """Take an expression: everything up to one of these at this depth, which is left."""
        depth, inside = 0, list[Token]()
        while (token := self.here) is not None:
            if depth == 0 and (token.text in stops or token.is_word(*stops)):
                break
            depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
            if depth < 0:
                break
            inside.append(self.next())
        if not inside:
            self.fail()
        return inside

    def rest(self) -> list[Token]:
        """Take everything that is left."""
        left = self._tokens[self._at :]
        self._at = len(self._tokens)
        return left

    def end(self) -> None:
        """Fail unless everything was taken."""
        if self.here is not None:
            self.fail()

    def fail(self) -> NoReturn:
        """Raise the parser's error at the next token."""
        token = self.here
        raise syntax_error(
            None if token is None else token.text, 0 if token is None else token.position
        )


def checked(name: str) -> str:
    """Return a name that is not too long."""
    if not name:
        raise VerticaError("Zero-length delimited identifier", sqlstate="42602", code=5687)
    size = len(name.encode("utf-8", "surrogateescape"))
    if size > MAX_NAME_BYTES:
        said = (
            f'Identifier "{name}" is {size} octets long. Maximum limit is {MAX_NAME_BYTES} octets'
        )
        raise VerticaError(said, sqlstate="42622", code=4961)
    return name
