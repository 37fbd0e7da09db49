"""SQL text as tokens, by the lexical rules of Redshift: backslashes escape inside quotes."""

from __future__ import annotations

import re

from redshift_server.errors import syntax_error
from standins.lexer import Lexer, plain_meaning

__all__ = ["split_statements", "tokens"]

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


def _value(kind: str, text: str) -> str:
    if kind == "word":
        return text.lower() if text.isascii() else _fold(text)
    if kind == "string":
        return _unescape(text[text.index("'") + 1 : -1])
    return plain_meaning(kind, text)


def _fold(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _unescape(inside: str) -> str:
    r"""Undo doubled quotes, ``\'`` and ``\\``; the manual's '\N' and '\t' stay as they are."""
    return re.sub(r"''|\\'|\\\\", lambda found: found.group()[-1], inside)


_LEXER = Lexer(pattern=_TOKEN, meaning=_value, wrong=lambda near, _: syntax_error(near))
tokens = _LEXER.tokens
split_statements = _LEXER.split_statements
