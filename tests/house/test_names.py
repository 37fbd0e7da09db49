"""The core names no backend: what is special about one belongs to its plugin."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

CORE = Path(__file__).parents[2] / "core" / "src" / "records_mover"
BACKEND = re.compile(r"postgres|psycopg|redshift|vertica|boto|aws|mover_s3|mover-s3", re.IGNORECASE)

# A variant of delimited text has the name of a backend: the word alone in the room of the formats,
# and anywhere in a list of the variants.
VARIANTS = re.compile(r"\bvertica\b")


def test_the_core_names_no_backend_in_its_code() -> None:
    found = [
        f"{path.relative_to(CORE)}:{line}: {text!r}"
        for path in sorted(CORE.rglob("*.py"))
        for line, text in _code_words(path.read_text())
        if BACKEND.search(_without_variants(text, path.relative_to(CORE).parts[0]))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import psycopg2",
        "from mover_redshift import plugin",
        "if dialect == 'postgresql': pass",
        "def is_vertica(): pass",
        "server.aws_region = 1",
    ],
)
def test_a_backend_in_code_is_found(source: str) -> None:
    assert any(BACKEND.search(text) for _, text in _code_words(source))


def test_a_backend_in_a_docstring_is_an_example() -> None:
    assert not list(_code_words('def move():\n    """As in postgresql://host/db."""'))[1:]


@pytest.mark.parametrize(
    ("text", "room", "kept"),
    [
        ("vertica", "formats", ""),
        ("vertica", "db", "vertica"),
        ("one of bluelabs, csv or vertica", "cli", "one of bluelabs, csv or "),
        ("is_vertica", "formats", "is_vertica"),
    ],
)
def test_a_variant_of_delimited_text_is_no_backend(text: str, room: str, kept: str) -> None:
    assert _without_variants(text, room) == kept


def _without_variants(text: str, room: str) -> str:
    listed = "bluelabs" in text
    return VARIANTS.sub("", text) if listed or (room, text) == ("formats", "vertica") else text


def _code_words(source: str) -> Iterator[tuple[int, str]]:
    """Yield the identifiers and the strings of a module, docstrings left out."""
    tree = ast.parse(source)
    docstrings = set(_docstrings(tree))
    for node in ast.walk(tree):
        if id(node) in docstrings:
            continue
        for _, value in ast.iter_fields(node):
            if isinstance(value, str):
                yield getattr(node, "lineno", 0), value


def _docstrings(tree: ast.AST) -> Iterator[int]:
    """Yield the identity of every string that stands alone as a statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
