r"""Regular expressions keep away from what some of the supported Pythons get wrong.

Possessive quantifiers (``(?:...)*+``) over a group that can backtrack match the wrong text before
Python 3.11.5 (https://github.com/python/cpython/issues/106052); atomic groups do not.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")])
POSSESSIVE = re.compile(r"(?:[^(]\)|[\].s])[*+?]\+")


def test_no_pattern_has_a_possessive_quantifier() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for path in SOURCES
        for line, text in _strings(path.read_text())
        if POSSESSIVE.search(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("pattern", ["(?:ab?c)*+", "[ab]++", ".*+", "%s?+"])
def test_a_possessive_quantifier_is_found(pattern: str) -> None:
    assert POSSESSIVE.search(pattern)


def _strings(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            yield node.lineno, value if isinstance(value, str) else value.decode("latin-1")
