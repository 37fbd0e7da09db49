"""What a plugin may import is listed, described, and enough for the plugins of strangers."""

from __future__ import annotations

import ast
import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing.public import BELOW, is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGE = (DOCS / "writing-a-plugin.md").read_text()
PARTS = (DOCS / "api-parts.md").read_text()
ENTRIES = re.findall(r"^::: (\S+)", PARTS + (DOCS / "api.md").read_text(), re.MULTILINE)
# What needs Airflow is imported in its own environment.
DESCRIBED = {entry for entry in ENTRIES if not entry.startswith("records_mover.airflow.")}
WORDS = {"name": "moonbase", "title": "Moonbase"}
WHOLE = ("records_mover.parts", "records_mover.testing", "records_mover.url.store")
"""Modules of which every name is for plugins."""


def strangers() -> dict[str, str]:
    """Return the code of plugins that are written as somebody else would."""
    skeleton = ROOT / "core/src/records_mover/cli/skeleton"
    duck = ROOT / "tests/thirdparty/mover-duckdb"
    found = {path.name: path.read_text().format(**WORDS) for path in skeleton.glob("*.py.txt")}
    found |= {f"duckdb {path.name}": path.read_text() for path in duck.rglob("*.py")}
    blocks = enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    return found | {f"the page's {at}": text for at, text in blocks}


STRANGERS = strangers()


def imported(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("records_mover"):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            assert not [each.name for each in node.names if each.name.startswith("records_mover")]


def is_described(module: str, name: str) -> bool:
    """Whether a name has an entry in the reference: its own, or one of a module that lists it."""
    value: Any = getattr(import_module(module), name)
    home = getattr(value, "__module__", module)
    return bool({f"{home}.{name}", f"{module}.{name}"} & DESCRIBED) or any(
        name in there.__all__ and getattr(there, name) is value for there in _modules()
    )


@cache
def _modules() -> list[ModuleType]:
    there = (pkgutil.resolve_name(entry) for entry in sorted(DESCRIBED))
    return [one for one in there if isinstance(one, ModuleType) and hasattr(one, "__all__")]


@pytest.mark.parametrize("which", STRANGERS)
def test_what_strangers_import_is_public_and_described(which: str) -> None:
    names = sorted(set(imported(STRANGERS[which])) - {("records_mover", "hookimpl")})
    assert [one for one in names if not is_public(*one)] == []
    assert [one for one in names if not is_described(*one)] == []


def test_the_strangers_are_there() -> None:
    assert len(STRANGERS) > 15
    everything = [one for text in STRANGERS.values() for one in imported(text)]
    assert ("records_mover", "hookimpl") in everything
    assert "`records_mover.hookimpl`" in PARTS


@pytest.mark.parametrize("module", sorted(BELOW))
def test_a_module_for_plugins_below_a_room_is_named_and_described(module: str) -> None:
    assert module in DESCRIBED
    assert import_module(module).__all__
    short = module.removeprefix("records_mover.").removeprefix("db.")
    assert f"`{short}`" in PAGE or f"`db.{short}." in PAGE


@pytest.mark.parametrize("module", WHOLE)
def test_every_name_of_a_room_for_plugins_is_described(module: str) -> None:
    listed = import_module(module).__all__
    assert listed
    assert [name for name in listed if not is_described(module, name)] == []


@pytest.mark.parametrize(
    ("module", "name", "public"),
    [
        ("records_mover.parts", "Batches", True),
        ("records_mover.db.interrupts", "InterruptibleDatabase", True),
        ("records_mover", "", True),  # import records_mover
        ("records_mover", "parts", True),  # from records_mover import parts
        ("records_mover.db", "interrupts", True),
        ("records_mover.parts.payloads", "Batches", False),
        ("records_mover.db", "no_such_name", False),
        ("records_mover.db", "sqlite", False),
        ("records_mover.db.sqlite", "", False),
        ("records_mover.errors", "redact", False),  # imported there, and not listed
    ],
)
def test_a_name_is_public_where_a_room_lists_it(module: str, name: str, public: bool) -> None:
    assert is_public(module, name) is public
