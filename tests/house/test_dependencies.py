"""Each distribution asks for what it imports, so that it works where nothing else is installed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from importlib_metadata import PackageNotFoundError, packages_distributions, requires

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "core", *sorted((ROOT / "plugins").glob("mover-*"))]

# What is not installed here cannot be looked up.
KNOWN = {"airflow": "apache-airflow"}
# The standard library's types that have no name in it: each type checker brings them.
STANDARD = sys.stdlib_module_names | {"_typeshed"}


HEAVY = re.compile(
    r"pandas|polars|boto|awscli|psycopg|asyncpg|redshift|vertica|mysql|duckdb|adbc|airflow|google"
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_distribution_asks_for_what_it_imports(folder: Path) -> None:
    owners = packages_distributions()
    needed = {
        KNOWN.get(name) or _canonical(owners.get(name, [name])[0]) for name in _imported(folder)
    }
    assert needed <= _declared(folder)


def _imported(folder: Path) -> set[str]:
    own = {path.name for path in (folder / "src").iterdir()}
    files = (folder / "src").rglob("*.py")
    return {name for path in files for name in _imports(path)} - own - STANDARD


def _imports(path: Path) -> Iterator[str]:
    """Yield the first word of every module that a file imports, for types only or not."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _declared(folder: Path) -> set[str]:
    """Return what a distribution asks for, extras included, and what the core brings it."""
    required, extras = _asked(folder)
    brought = _asked(ROOT / "core")[0] if "records-mover" in required else set()
    return required | extras | brought


def _asked(folder: Path) -> tuple[set[str], set[str]]:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = chain.from_iterable(project.get("optional-dependencies", {}).values())
    return set(map(_name, project["dependencies"])), set(map(_name, extras))


def _name(requirement: str) -> str:
    return _canonical(re.split(r"[^\w.-]", requirement)[0])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_core_alone_brings_no_driver_no_pandas_and_no_boto3() -> None:
    brought = _brought("records-mover", set())
    assert {"sqlalchemy", "pyarrow", "pluggy"} <= brought
    assert not [name for name in brought if HEAVY.search(name)]


def _brought(distribution: str, known: set[str]) -> set[str]:
    """Return what the metadata of a distribution asks for, and of all that this brings along."""
    try:
        asked = requires(distribution) or []
    except PackageNotFoundError:  # for another system than this one
        asked = []
    for requirement in asked:
        name = _name(requirement)
        if "extra ==" not in requirement and name not in known:
            known.add(name)
            _brought(name, known)
    return known
