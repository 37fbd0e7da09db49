"""Columns of files that name them find a table's by their names, whatever the order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import move

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_a_file_of_another_order_is_matched_by_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"name": ["x"], "id": ["1"]}), path)
    else:
        path.write_text({"jsonl": '{"name":"x","id":"1"}\n', "csv": "name,id\nx,1\n"}[kind])
    database = tmp_path / "there.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE t (id TEXT, name TEXT)")
        connection.commit()
        move(str(path), f"sqlite:///{database}::t")
        assert connection.execute("SELECT id, name FROM t").fetchall() == [("1", "x")]
