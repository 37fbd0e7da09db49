"""The stand-ins are judges: they know nothing of what they judge, and neither knows the other."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
LIBRARIES = {"boto3", "botocore", "fastavro", "pyarrow", "zstandard"}


def _imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, for types only or inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in {path}"
            yield str(node.module)


@pytest.mark.parametrize(
    ("package", "may"),
    [
        ("standins", set[str]()),
        ("redshift_server", {"standins"}),
        ("vertica_server", {"standins", "support.postgres"}),  # by hand it brings a PostgreSQL
    ],
    ids=["standins", "redshift", "vertica"],
)
def test_a_stand_in_knows_neither_the_project_nor_the_other(package: str, may: set[str]) -> None:
    files = sorted((TESTS / package).rglob("*.py"))
    assert files
    modules = {(path, name) for path in files for name in _imported(path)}
    fine = {package, *may, *LIBRARIES, *sys.stdlib_module_names}
    strange = {
        f"{path.relative_to(TESTS)} imports {name}"
        for path, name in modules
        if name not in may and name.split(".")[0] not in fine
    }
    assert strange == set()
