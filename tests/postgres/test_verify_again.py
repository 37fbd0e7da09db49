"""``verify`` where one end is no PostgreSQL: both are read again, and compared here."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from records_mover.errors import VerifyError

if TYPE_CHECKING:
    from postgres.conftest import Bench, Move


WIDE = """
CREATE TABLE t (id bigint, a text, n numeric(12,3), f float8, d date, s timestamp,
    z timestamptz, b boolean, y bytea, u uuid, r real, w numeric, l int[])
"""
FILLED = """
INSERT INTO t SELECT i, CASE WHEN i % 7 > 0 THEN 'x' || i END, i / 8.0, i / 3.0,
    date '2020-01-01' + i, timestamp '2020-01-01' + i * interval '1.000001 s',
    timestamptz '2020-01-01 00:00+02' + i * interval '1 h', i % 2 = 0,
    decode(lpad(to_hex(i), 8, '0'), 'hex'), gen_random_uuid(), i / 7.0, i / 9.0, ARRAY[i, NULL]
FROM generate_series(1, 500) AS i
"""
NULLS = "INSERT INTO t (id, f) VALUES (NULL, 'NaN'), (0, '-0')"
SPOILING = """
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN {} RETURN NEW; END $$
"""
TRIGGER = "CREATE TRIGGER s BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION spoil()"


@pytest.fixture
def filled(pg: Bench) -> Bench:
    pg.run(WIDE, FILLED, NULLS)
    return pg


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet", "folder/"])
def test_a_file_that_is_written_is_read_again_and_so_is_one_that_is_loaded(
    filled: Bench, move: Move, tmp_path: Path, name: str
) -> None:
    place = f"{tmp_path}/{name}"
    written = move(f"{filled.url}::t", place, verify=True, allow_lossy="all")
    assert written.compared.startswith("the count of rows and a checksum of 1")
    text_of_lists = "; in 'l', spelled anew, only which values are NULL"
    assert ("spelled anew" in written.compared) == (text_of_lists in written.compared)
    names = [path.name for path in tmp_path.iterdir()]
    assert names == [name.rstrip("/")], "nothing else is left"
    filled.run(WIDE.replace("TABLE t", "TABLE back"))
    back = move(place, f"{filled.url}::back", verify=True, allow_lossy="all")
    assert back.verified
    assert back.rows == 502


def test_a_file_with_other_values_does_not_appear(
    filled: Bench, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records_mover.url.local import LocalStore

    whole = LocalStore.open
    old = tmp_path / "t.csv"
    old.write_bytes(b"as it was\n")

    def bent(self: LocalStore, url: str, **where: int) -> object:
        if ".mover" in url:
            at = Path(url.removeprefix("file://"))
            at.write_bytes(at.read_bytes().replace(b"x123", b"x124"))
        return whole(self, url, **where)

    monkeypatch.setattr(LocalStore, "open", bent)
    with pytest.raises(VerifyError, match="sent in 'a';"):
        move(f"{filled.url}::t", str(old), verify=True, allow_lossy="all")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    assert old.read_bytes() == b"as it was\n"


@pytest.mark.parametrize("mode", ["append", "truncate", "replace", "drop", "upsert"])
def test_a_value_of_a_file_that_changes_on_the_way_names_its_column(
    pg: Bench, move: Move, tmp_path: Path, mode: str
) -> None:
    pg.run("CREATE TABLE t (id int, a text, n numeric(10,2))", "INSERT INTO t VALUES (9, 'q', 9)")
    source = tmp_path / "t.csv"
    source.write_bytes(b"id,a,n\n1,x,1.50\n2,,\n3,y,007.1\n")
    key = {"key": ("id",)} if mode == "upsert" else {}
    moved = move(str(source), f"{pg.url}::t", if_exists=mode, verify=True, **key)
    assert moved.compared == (
        "the count of rows and a checksum of 3 columns, read again at both ends"
    )
    if mode == "drop":
        return
    before = pg.rows("SELECT * FROM t ORDER BY id")
    pg.run(SPOILING.format("NEW.a := upper(NEW.a);"), TRIGGER)
    with pytest.raises(VerifyError, match="sent in 'a';"):
        move(str(source), f"{pg.url}::t", if_exists=mode, verify=True, **key)
    assert pg.rows("SELECT * FROM t ORDER BY id") == before


def test_rows_that_are_appended_are_told_from_those_that_are_there(pg: Bench, move: Move) -> None:
    pg.run("CREATE TABLE t (id bigint, a text)", "INSERT INTO t VALUES (99999999999, 'old')")
    pg.run("INSERT INTO t SELECT i, i::text FROM generate_series(1, 1000) AS i")
    data = pa.table({"id": pa.array([1, 2, None], pa.int16()), "a": ["1", None, "3"]})
    assert move(data, f"{pg.url}::t", verify=True).verified
    pg.run(SPOILING.format("NEW.id := NEW.id + 1;"), TRIGGER)
    with pytest.raises(VerifyError, match="sent in 'id';"):
        move(data, f"{pg.url}::t", verify=True)
    assert pg.rows("SELECT count(*) FROM t") == [(1004,)]


def test_sqlite_is_verified_both_ways(pg: Bench, move: Move, tmp_path: Path) -> None:
    pg.run(
        "CREATE TABLE t (id bigint, a text, n numeric(12,3), f float8, d date, s timestamp)",
        "INSERT INTO t SELECT i, 'x' || i, i / 8.0, i / 3.0, date '2020-01-01' + i, "
        "timestamp '2020-01-01' + i * interval '1.000001 s' FROM generate_series(1, 500) AS i",
        "INSERT INTO t (id) VALUES (NULL)",
    )
    lite = f"sqlite:///{tmp_path}/x.db::t"
    there = move(f"{pg.url}::t", lite, verify=True, allow_lossy="all")
    assert there.verified
    back = move(lite, f"{pg.url}::back", verify=True, allow_lossy="all")
    assert back.verified
    connection = sqlite3.connect(tmp_path / "x.db")
    with connection:
        connection.execute(
            "CREATE TRIGGER s AFTER INSERT ON t BEGIN "
            "UPDATE t SET a = 'y' WHERE rowid = NEW.rowid AND id = 7; END"
        )
    connection.close()
    with pytest.raises(VerifyError, match="sent in 'a';"):
        move(f"{pg.url}::t", lite, verify=True, allow_lossy="all")


def test_an_upsert_into_sqlite_is_verified_by_the_rows_with_its_keys(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id bigint, a text)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    lite = f"sqlite:///{tmp_path}/x.db::t"
    move(f"{pg.url}::t", lite)
    pg.run("UPDATE t SET a = a || id", "DELETE FROM t WHERE id = 1")
    upsert = {"if_exists": "upsert", "key": ("id",), "verify": True}
    assert move(f"{pg.url}::t", lite, **upsert).verified
    connection = sqlite3.connect(tmp_path / "x.db")
    with connection:
        connection.execute(
            "CREATE TRIGGER s AFTER UPDATE ON t WHEN NEW.a = 'y2' BEGIN "
            "UPDATE t SET a = 'z' WHERE rowid = NEW.rowid; END"
        )
    connection.close()
    with pytest.raises(VerifyError, match="sent in 'a';"):
        move(f"{pg.url}::t", lite, **upsert)


def test_a_stream_that_is_read_once_is_kept_to_be_compared(pg: Bench) -> None:
    pg.run("CREATE TABLE t (id int, a text)")
    command = [
        str(Path(sys.executable).with_name("mvrec")),
        "move",
        "-",
        f"{pg.url}::t",
        "--verify",
    ]
    ran = subprocess.run(command, input=b"id,a\n1,x\n2,y\n", capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert b"read again at both ends" in ran.stdout + ran.stderr
    assert pg.rows("SELECT count(*) FROM t") == [(2,)]


def test_what_the_server_spells_anew_is_said_not_to_be_compared(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id int, i inet)")
    source = tmp_path / "t.csv"
    source.write_bytes(b"id,i\n1,::0001\n2,\n")
    moved = move(str(source), f"{pg.url}::t", verify=True)
    assert moved.compared.endswith("in 'i', spelled anew, only which values are NULL")


def test_files_are_compared_with_files(move: Move, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes(b"id,a\n" + b"".join(b"%d,x%d\n" % (i, i) for i in range(1000)))
    for name in ("b.csv", "b.parquet", "b.csv.gz", "b.jsonl", "c/"):
        moved = move(str(source), f"{tmp_path}/{name}", verify=True)
        assert "a checksum of 2 columns" in moved.compared, name
