"""A large move by statements, row by row, is warned of before it starts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.records.route.plan import LARGE_ROWS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("rows", "warned"), [(LARGE_ROWS, False), (LARGE_ROWS + 1, True)])
def test_a_large_table_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, rows: int, warned: bool
) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER)")
        connection.executemany("INSERT INTO t VALUES (?)", ((n,) for n in range(rows)))
    ends = f"sqlite:///{tmp_path}/a.db::t", f"sqlite:///{tmp_path}/b.db::t"
    with Session() as session:
        plan = session.explain(*ends)
        assert ("sql-insert" in str(plan.warnings)) is warned
        assert ("warning " in str(plan)) is warned
        assert session.move(*ends).rows == rows
    assert ("the slowest way there is" in caplog.text) is warned
