"""Whole moves through the core, as users make them."""

from __future__ import annotations

import bz2
import gzip
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import BadRowError, ColumnMismatchError, MoverError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres.conftest import Bench, Move
    from records_mover.parts import TableName


ROWS = b'id,name,when\n1,"a,b",2020-01-02 03:04:05\n2,"",\n3,,2020-01-02 03:04:05.000006\n'


def test_a_csv_goes_in_and_comes_out_the_same(pg: Bench, move: Move, tmp_path: Path) -> None:
    source, copy = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(ROWS)
    moved = move(str(source), f"{pg.url}::t")
    assert (moved.rows, moved.route) == (3, ("read", "postgres-copy-in"))
    back = move(f"{pg.url}::t", str(copy))
    assert (back.rows, back.route) == (3, ("postgres-copy-out", "write"))
    assert copy.read_bytes() == ROWS.replace(b'"a,b"', b'"a,b"')


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_compressed_files_are_unpacked_on_the_way(
    pg: Bench, move: Move, tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    source = tmp_path / f"in.csv.{suffix}"
    source.write_bytes(pack(ROWS))
    moved = move(str(source), f"{pg.url}::t")
    assert moved.route == ("read", "decompress", "postgres-copy-in")
    assert pg.rows("SELECT count(*) FROM t") == [(3,)]


def test_one_table_goes_into_another_of_its_database(pg: Bench, move: Move) -> None:
    pg.run(
        'CREATE TABLE t (a int, "B""%s" text, c bool, d numeric(5,2), e text[])',
        r"INSERT INTO t VALUES (1, E'x\ny\t\\', true, 1.50, '{a,NULL}'), (2, '', NULL, NULL, NULL)",
    )
    moved = move(f"{pg.url}::t", f"{pg.url}::copy")
    assert (moved.rows, moved.route) == (2, ("postgres-insert-select",))
    assert pg.rows("TABLE copy") == pg.rows("TABLE t")
    assert pg.info("copy").columns == pg.info("t").columns


def _named(name: str) -> TableName:
    from records_mover.parts import TableName

    return TableName(name=name)


def test_columns_are_matched_by_name_before_anything_is_touched(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"b,a\nx,1\n")
    pg.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (42, 'old')")
    move(str(source), f"{pg.url}::t", if_exists="delete")
    assert pg.rows("TABLE t") == [(1, "x")]
    source.write_bytes(b"b,c\nx,1\n")
    with pytest.raises(ColumnMismatchError):
        move(str(source), f"{pg.url}::t", if_exists="truncate")
    assert pg.rows("TABLE t") == [(1, "x")]


def test_a_bad_row_is_named_by_file_and_line(pg: Bench, move: Move, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"a\n1\nx\n")
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (42)")
    with pytest.raises(BadRowError, match=r"line 3 of '.*in\.csv': column 'a'"):
        move(str(source), f"{pg.url}::t", if_exists="truncate")
    assert pg.rows("TABLE t") == [(42,)]


def test_grants_are_given_to_a_new_table(pg: Bench, move: Move, tmp_path: Path) -> None:
    role = f'odd "role" {pg.database.engine.url.database}'
    quoted = pg.database.quote(role)
    pg.run(f"CREATE ROLE {quoted}")
    source = tmp_path / "in.csv"
    source.write_bytes(ROWS)
    try:
        move(str(source), f"{pg.url}::t", user_grants={"select": [role]})
        wanted = f"SELECT has_table_privilege({_literal(role)}, 't', 'SELECT')"
        assert pg.rows(wanted) == [(True,)]
        with pytest.raises(MoverError):
            move(str(source), f"{pg.url}::u", user_grants={"select": ["no-such-role"]})
        assert pg.database.inspect(_named("u")) is None
    finally:
        pg.run(f"DROP OWNED BY {quoted}", f"DROP ROLE {quoted}")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


CTRL_C = """
import sys
from records_mover import move
try:
    move(sys.argv[1], sys.argv[2])
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_ctrl_c_ends_a_load_that_waits_for_a_lock(pg: Bench, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"a\n" + b"1\n" * 5_000_000)
    pg.run("CREATE TABLE t (a int)")
    other = pg.other()
    other.autocommit = False
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN SHARE MODE")
    process = subprocess.Popen([sys.executable, "-c", CTRL_C, str(source), f"{pg.url}::t"])
    _wait_for(pg, "query LIKE 'COPY%' AND wait_event_type = 'Lock'")
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(15) == 7
    other.rollback()
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


def _wait_for(pg: Bench, what: str) -> None:
    deadline = time.monotonic() + 20
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {what}"
    while pg.rows(query) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
