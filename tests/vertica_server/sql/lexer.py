"""SQL text as tokens, by the lexical rules of Vertica: a plain string keeps its backslashes."""

from __future__ import annotations

import re

from standins.lexer import Lexer, plain_meaning
from vertica_server.errors import syntax_error

__all__ = ["split_statements", "tokens"]

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


def _value(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower()
    if kind == "string":
        return text[1:-1].replace("''", "'")
    if kind == "unicode":
        return _code_points(text[3:-1].replace("''", "'"))
    if kind == "escaped":
        return _unescape(text[2:-1])
    return plain_meaning(kind, text)


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


_LEXER = Lexer(pattern=_TOKEN, meaning=_value, wrong=syntax_error)
tokens = _LEXER.tokens
split_statements = _LEXER.split_statements
