"""The reference backend as an installed plugin, and a bench that looks at it by sqlite3 alone."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.testing import SqlBench
from support.fakeplugins import FakeSite
from support.reference import PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1]
TOKEN = "kanarie-of-the-reference"


@pytest.fixture(scope="module", autouse=True)
def reference_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeSite]:
    """Install the reference backend for this module's tests."""
    site = FakeSite(tmp_path_factory.mktemp("reference"))
    site.install(PLUGIN)
    with site.on_path(), pytest.MonkeyPatch.context() as patch:
        paths = os.pathsep.join([str(site.path), str(TESTS)])
        patch.setenv("PYTHONPATH", paths)
        yield site


@pytest.fixture
def reference_bench(tmp_path: Path) -> SqlBench:
    """An empty database."""
    folder = tmp_path / "reference"
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    path = folder / "db"
    ask(path, "CREATE TABLE privileges (name, who)")

    def shown(column: str, _: Any) -> str:
        return column

    return ReferenceBench(
        url=f"reference:///{path}?token={TOKEN}",
        run=lambda sql: ask(path, sql),
        rows=lambda sql: ask(path, sql),
        names="SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'privileges'",
        privileges="SELECT who FROM privileges WHERE name = '{table}'",
        shown=shown,
        options={"scratch_s3_url": f"{scratch}/"},
        scratch=lambda: [str(each) for each in scratch.rglob("*")],
        secrets=(TOKEN,),
    )


class ReferenceBench(SqlBench):
    """Grants are rows of a table, as SQLite has none."""

    __slots__ = ()

    def grant(self, table: Any) -> None:
        self.run(f"INSERT INTO privileges VALUES ('{table.name}', 'everybody')")


def ask(path: Path, sql: str) -> list[Any]:
    """Run a statement by a connection of its own."""
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        return connection.execute(sql).fetchall()
