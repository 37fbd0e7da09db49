"""SQL text as tokens, by the lexical rules of Vertica: a plain string keeps its backslashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertica_server.errors import syntax_error

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Token", "is_space", "join", "split_statements", "tokens"]

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<bits>[xXbB]'[^']*')
    | (?P<unicode>[uU]&'(?:[^']|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<dollar>\$(?P<mark>[A-Za-z_]\w*)?\$.*?\$(?P=mark)?\$)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    | (?P<param>\?)
    | (?P<op>::!?|<=>|<>|!=|<=|>=|:=|\|\||//|!~~\*|!~~|~~\*|~~|!~\*|!~|~\*
        |[-+*/%<>=~!@^&|:.,;()\[\]{}\#])
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)|''", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A piece of SQL as it was written, its kind, what it means and where it begins."""

    kind: str
    text: str
    value: str
    position: int

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


def tokens(sql: str) -> list[Token]:
    """Cut a text into tokens; blanks and comments are tokens too."""
    found, at = list[Token](), 0
    while at < len(sql):
        match = _TOKEN.match(sql, at)
        if match is None:
            raise syntax_error(sql[at : at + 20].split(maxsplit=1)[0], at + 1)
        kind = match.lastgroup or ""
        kind = "dollar" if kind == "mark" else kind
        text = match.group()
        found.append(Token(kind=kind, text=text, value=_value(kind, text), position=at + 1))
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
        return text.lower()
    if kind == "quoted":
        return text[1:-1].replace('""', '"')
    if kind == "string":
        return text[1:-1].replace("''", "'")
    if kind == "unicode":
        return _code_points(text[3:-1].replace("''", "'"))
    if kind == "escaped":
        return _unescape(text[2:-1])
    if kind == "dollar":
        mark = text[: text.index("$", 1) + 1]
        return text[len(mark) : -len(mark)]
    return text


def _unescape(inside: str) -> str:
    """Undo the escapes of E'...'; an octal one is a byte, and bytes make UTF-8."""

    def one(found: re.Match[str]) -> bytes:
        what = found.group(1)
        if what is None:
            return b"'"
        if what[0] in "01234567":
            return bytes([int(what, 8) & 255])
        if what[0] == "x" and len(what) > 1:
            return bytes([int(what[1:], 16)])
        return _ESCAPES.get(what, what).encode("utf-8", "surrogateescape")

    whole, at = bytearray(), 0
    for found in _ESCAPE.finditer(inside):
        whole += inside[at : found.start()].encode("utf-8", "surrogateescape") + one(found)
        at = found.end()
    whole += inside[at:].encode("utf-8", "surrogateescape")
    return whole.decode("utf-8", "surrogateescape")


def _code_points(inside: str) -> str:
    return re.sub(r"\\([0-9A-Fa-f]{4})", lambda found: chr(int(found.group(1), 16)), inside)
