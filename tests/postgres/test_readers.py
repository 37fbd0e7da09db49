"""Whoever reads while a table is replaced sees the old rows or the new ones, whole."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from support.readers import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench, Move


ROWS = 500
SUM = "SELECT count(*), min(version), max(version) FROM {}"


def _file(path: Path, version: int, columns: str = "id,version") -> str:
    """Write rows that all have one version; every other column is empty."""
    more = "," * (columns.count(",") - 1)
    lines = [columns, *(f"{number},{version}{more}" for number in range(ROWS))]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.slow
def test_readers_see_whole_versions_while_a_table_is_replaced_a_hundred_times(
    one_pg: Bench, move: Move, tmp_path: Path
) -> None:
    one_pg.run(
        "CREATE TABLE t (id int PRIMARY KEY, version int)",
        f"INSERT INTO t SELECT n, 0 FROM generate_series(1, {ROWS}) AS n",
        "CREATE VIEW v AS SELECT * FROM t",
    )
    readers = [
        Reader(one_pg.url, SUM.format("t")),
        Reader(one_pg.url, SUM.format("v")),
        Reader(one_pg.url, SUM.format("t"), repeatable=True),
        Reader(one_pg.url, SUM.format("t"), repeatable=True),
    ]
    for reader in readers:
        reader.start()
    for version in range(1, 101):
        # Every tenth time a column comes, and goes again the next time.
        columns = "id,version,extra" if version % 10 == 0 else "id,version"
        source = _file(tmp_path / "in.csv", version, columns)
        move(source, f"{one_pg.url}::t", if_exists="replace")
    for reader in readers:
        reader.stopping.set()
        reader.join(30)
        assert reader.errors == []
        assert reader.times > 10
        assert len(reader.seen) > 5
        for count, least, most in reader.seen:
            assert (count, least) == (ROWS, most)


def test_a_snapshot_from_before_sees_the_rows_from_before(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id int, version int)", "CREATE TABLE src (id int, version int)")
    move(_file(tmp_path / "in.csv", 1), f"{pg.url}::t", if_exists="replace")
    early = pg.other()
    early.set_session(isolation_level="REPEATABLE READ", autocommit=False)
    with early.cursor() as cursor:
        cursor.execute("SELECT 1")
        for version, columns in ((2, "id,version"), (3, "id,version,extra"), (4, "id,version")):
            source = _file(tmp_path / "in.csv", version, columns)
            move(source, f"{pg.url}::t", if_exists="replace")
        cursor.execute(SUM.format("t"))
        assert cursor.fetchone() == (ROWS, 1, 1)
    early.rollback()
    assert pg.rows(SUM.format("t")) == [(ROWS, 4, 4)]


def test_a_reader_who_holds_the_table_is_waited_for_when_its_shape_changes(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id int, version int)")
    holding, holds = threading.Event(), pg.other()
    holds.autocommit = False
    with holds.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t")

    def release() -> None:
        holding.wait(0.5)
        holds.rollback()

    releasing = threading.Thread(target=release, daemon=True)
    releasing.start()
    source = _file(tmp_path / "in.csv", 2, "id,version,extra")
    move(source, f"{pg.url}::t", if_exists="replace")
    releasing.join()
    assert pg.rows(SUM.format("t")) == [(ROWS, 2, 2)]
