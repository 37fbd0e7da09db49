"""The command line's options as a Python program writes them, for messages that name both."""

from __future__ import annotations

import re
import shlex

__all__ = ["OPTIONS", "as_keywords"]

OPTIONS = frozenset(
    {
        *("allow-lossy", "bad-bytes", "bytes-per-file", "columns", "format", "hint", "if-exists"),
        *("key", "max-failure-rows", "parallel", "query", "rejects", "rows-per-file", "schema"),
        *("scratch", "target-format", "target-hint", "target-variant", "variant", "verify"),
    }
)
"""Options of a move, which are keywords of ``move`` too."""

_WORD = r"(?:'[^']*'|\"[^\"]*\"|[^\s,;'\"\\])+"
_SAID = re.compile(
    rf"(?P<hints>(?:--(?:target-)?hint {_WORD} ?)+)"
    rf"|(?P<lossy>(?:--allow-lossy (?!or\b){_WORD} ?)+)"
    rf"|--(?P<option>if-exists|bad-bytes|scratch) (?P<value>(?!or\b){_WORD})"
    r"|option --(?P<named>[a-z-]+)"
    r"|--(?P<bare>[a-z-]+)"
)
_VALUES = {"true": True, "false": False, "null": None}


def as_keywords(said: str) -> str:
    """Return a sentence with keywords in the place of options: ``--key`` is ``key=...``."""
    return _SAID.sub(_keyword, said) if "--" in said else said


def _keyword(found: re.Match[str]) -> str:
    if found["hints"]:
        return _hints(found["hints"])
    if found["lossy"]:
        names = shlex.split(found["lossy"])[1::2]
        return _spaced(f"allow_lossy={names if names[1:] else repr(names[0])}", found["lossy"])
    if found["option"]:
        value = found["value"]
        shown = value if value.isupper() else repr(value)  # as URL, which stands for one
        return f"{found['option'].replace('-', '_')}={shown}"
    name = found["named"] or found["bare"]
    if name not in OPTIONS:
        return found[0]
    keyword = re.sub("hint$", "hints", name).replace("-", "_")
    return f"option {keyword!r}" if found["named"] else f"{keyword}=..."


def _hints(said: str) -> str:
    words = shlex.split(said)
    pairs = (word.partition("=") for word in words[1::2])
    hints = {name: _VALUES.get(value, value) for name, _, value in pairs}
    return _spaced(f"{words[0][2:].replace('-', '_')}s={hints}", said)


def _spaced(keyword: str, said: str) -> str:
    """Return a keyword with the space behind what it stands for."""
    return f"{keyword} " if said.endswith(" ") else keyword
