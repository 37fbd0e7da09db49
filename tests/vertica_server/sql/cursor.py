"""A reader of tokens that a grammar is written with."""

from __future__ import annotations

from typing import NoReturn

from standins import cursor
from standins.lexer import Token
from vertica_server.errors import VerticaError, syntax_error
from vertica_server.sql.names import MAX_NAME_BYTES, RESERVED, Name

__all__ = ["Cursor"]


class Cursor(cursor.Cursor):
    """Reads names as Vertica does: spelled as they are."""

    @property
    def place(self) -> int:
        """How many tokens were taken."""
        return self._at

    def one_of(self, *words: str) -> str | None:
        """Take the one of these keywords that comes next, if any."""
        for word in words:
            if self.take(word):
                return word
        return None

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
