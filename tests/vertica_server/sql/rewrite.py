"""A statement that PostgreSQL can answer, in PostgreSQL's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from standins.lexer import Token, is_space
from vertica_server.errors import VerticaError, missing_schema
from vertica_server.grammar.types import VType, parse_type
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.names import inner, literal, quoted
from vertica_server.sql.refused import check_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["rewrite", "spellings"]

_HIDDEN_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")
_BARE = ("current_schema", "current_user", "session_user")
_WORDS = {
    "minus": "EXCEPT",
    "sysdate": "v_internal.statement_moment()",
    "nullsequal": "IS NOT DISTINCT FROM",
    "current_database": "v_internal.current_database()",
}
# Functions that PostgreSQL's grammar or catalog gives another meaning.
_CALLS = {
    "isnull": "coalesce",
    "ifnull": "coalesce",
    "nvl": "coalesce",
    "length": "v_internal.length",
    "lengthb": "octet_length",
    "substr": "v_internal.substr",
    "substring": "substring",
    "upper": "upper",
    "hash": "v_internal.hash",
    "version": "v_internal.version",
    "current_session": "v_internal.current_session",
    "mod": "mod",
    "decode": "v_internal.decode",
    "now": "now",
    "datediff": "v_internal.datediff",
    "to_date": "v_internal.to_date",
    "to_timestamp": "v_internal.to_timestamp",
    "to_timestamp_tz": "v_internal.to_timestamp",
}


def rewrite(tokens: Sequence[Token], functions: Mapping[str, Callable[[], object]]) -> str:
    """Return a statement as the PostgreSQL behind has to read it; ``?`` becomes ``$n``."""
    meaning = [token for token in tokens if not is_space(token)]
    check_refused(meaning)
    return _Rewriter(meaning, functions).text()


def spellings(tokens: Sequence[Token]) -> dict[str, str]:
    """Return how each name of a statement was spelled, by its name behind."""
    found = dict[str, str]()
    for token in tokens:
        if token.is_name:
            found.setdefault(inner(token.name), token.name)
    return found


class _Rewriter:
    def __init__(self, tokens: list[Token], functions: Mapping[str, Callable[[], object]]) -> None:
        self._tokens = tokens
        self._functions = functions
        self._written: list[str] = []
        self._params = 0
        self._casts: list[bool] = []

    def text(self) -> str:
        at = 0
        while at < len(self._tokens):
            at = self._one(at)
        return " ".join(self._written)

    def _one(self, at: int) -> int:
        """Write what stands at a place; return the place after it."""
        token = self._tokens[at]
        if token.kind == "op":
            return self._op(at)
        if token.kind == "word":
            return self._word(at)
        self._written.append(self._other(token))
        return at + 1

    def _other(self, token: Token) -> str:
        if token.kind == "quoted":
            return quoted(token.value)
        if token.kind == "param":
            self._params += 1
            return f"${self._params}"
        if token.kind == "bits":
            return _octets(token)
        if token.kind == "string":
            return token.text
        if token.is_string:
            return literal(token.value)
        return token.text

    def _op(self, at: int) -> int:
        token = self._tokens[at]
        if token.text in ("::", "::!"):
            return self._cast(at + 1, "::")
        if token.text == "<=>":
            self._written.append("IS NOT DISTINCT FROM")
        elif token.text == "//":
            self._written.append("OPERATOR(v_internal.//)")
        else:
            self._nest(token)
            self._written.append(token.text)
        return at + 1

    def _nest(self, token: Token) -> None:
        if token.is_op("("):
            self._casts.append(self._written[-1:] == ["CAST"])
        elif token.is_op(")") and self._casts:
            self._casts.pop()

    def _cast(self, at: int, begin: str) -> int:
        """Write a type in PostgreSQL's words."""
        cursor = Cursor(self._tokens[at:])
        kind = parse_type(cursor)
        self._written.append(begin + " " + _unsized(kind, self._tokens[at : at + cursor.place]))
        return at + cursor.place

    def _word(self, at: int) -> int:
        token = self._tokens[at]
        word, after_dot = token.value, at > 0 and self._tokens[at - 1].is_op(".")
        if word in _HIDDEN_SCHEMAS and self._is_op(at + 1, "."):
            raise missing_schema(token.name)
        if word == "as" and self._casts and self._casts[-1]:
            self._casts[-1] = False
            return self._cast(at + 1, "AS")
        if self._is_op(at + 1, "(") and not after_dot:
            return self._call(at)
        if word == "set" and self._is_op(at + 1, "["):
            self._written.append("ARRAY")
            return at + 1
        if word in _BARE and not after_dot and not self._is_op(at + 1, "."):
            self._written.append(str(self._functions[word]()))
            return at + 1
        if word == "cast":
            self._written.append("CAST")
        elif word in ("interval", "date", "time", "timestamp") and self._is_string(at + 1):
            self._written.append(word)
        elif word in ("timestamptz", "timetz", "uuid", "datetime", "smalldatetime"):
            self._written.append("timestamp" if "date" in word else word)
        elif word in _WORDS and not after_dot and not self._is_op(at + 1, "."):
            self._written.append(_WORDS[word])
            return at + (3 if self._is_op(at + 1, "(") and self._is_op(at + 2, ")") else 1)
        else:
            self._written.append(_plain(token))
        return at + 1

    def _call(self, at: int) -> int:
        token = self._tokens[at]
        if token.value in self._functions:
            end = self._closing(at + 1)
            self._written.append(str(self._functions[token.value]()))
            return end
        if token.value == "cast":
            self._written.append("CAST")
        elif token.value == "try_cast":
            raise VerticaError('Syntax error at or near "try_cast"', sqlstate="42601", code=4856)
        elif token.value in _WORDS:
            self._written.append(_WORDS[token.value])
            return at + (3 if self._is_op(at + 2, ")") else 1)
        else:
            self._written.append(_CALLS.get(token.value, _plain(token)))
        return at + 1

    def _closing(self, at: int) -> int:
        depth = 0
        while at < len(self._tokens):
            depth += self._is_op(at, "(") - self._is_op(at, ")")
            at += 1
            if depth == 0:
                break
        return at

    def _is_op(self, at: int, text: str) -> bool:
        return 0 <= at < len(self._tokens) and self._tokens[at].is_op(text)

    def _is_string(self, at: int) -> bool:
        return at < len(self._tokens) and self._tokens[at].is_string


def _plain(token: Token) -> str:
    """A word as it is, unless PostgreSQL would fold or cut it in its own way."""
    if token.text.isascii() and len(token.text) < 64:
        return token.text
    return quoted(token.text)


def _unsized(kind: VType, said: Sequence[Token]) -> str:
    """A cast to VARCHAR without a length keeps what is there."""
    has_size = any(token.is_op("(") for token in said)
    if kind.kind in ("varchar", "varbinary", "long_varchar", "long_varbinary") and not has_size:
        return kind.pg.split("(")[0]
    return kind.pg


def _octets(token: Token) -> str:
    digits = token.text[2:-1]
    if token.text[0] in "xX":
        digits = digits if len(digits) % 2 == 0 else "0" + digits
        return f"'\\x{digits}'::v_internal.varbinary"
    size = max(1, (len(digits) + 7) // 8)
    return f"'\\x{int(digits or '0', 2):0{2 * size}x}'::v_internal.varbinary"
