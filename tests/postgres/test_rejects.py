"""Moves of which some rows do not fit: the others arrive, and a file says what became of these."""

from __future__ import annotations

import csv
import gzip
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import BadRowError, MoverError, UsageError

if TYPE_CHECKING:
    from postgres.conftest import Bench, Move
    from support.postgres import PostgresServer


TABLE = """CREATE TABLE t (
    id int PRIMARY KEY, day date, price numeric(6,2) NOT NULL CHECK (price > 0),
    code varchar(5), note text)"""
CSV: dict[str, Any] = {
    "format": "delimited",
    "variant": "csv",
    "hints": {"dateformat": "YYYY-MM-DD", "compression": None},
}
HEADER = b"id,day,price,code,note\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


class Rejects:
    """The file of rejects, and a way to read it without the first column."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> list[tuple[int, str, str, str]]:
        with self.path.open(newline="", errors="surrogateescape") as file:
            header, *rows = csv.reader(file)
        assert header == ["file", "line", "column", "reason", "text"]
        return [
            (int("".join(filter(str.isdigit, line))), column, reason, text)
            for _, line, column, reason, text in rows
        ]

    def lines(self) -> list[int]:
        return [row[0] for row in self.rows()]


@pytest.fixture
def rejects(tmp_path: Path) -> Rejects:
    return Rejects(tmp_path / "rejects.csv")


def _row(
    number: object,
    *,
    day: str = "2020-01-02",
    price: str = "1.50",
    code: str = "abc",
    note: str = "fine",
) -> bytes:
    return f"{number},{day},{price},{code},{note}\n".encode()


EVERY_KIND = [
    (_row(2, day="soon"), "day", "soon"),
    (_row(3, day="2020-02-30"), "day", "2020-02-30"),
    (_row("x"), "id", '"x"'),
    (_row(99999999999), "id", "out of range"),
    (_row(4, price="12345.00"), "price", "numeric field overflow"),
    (_row(5, price=""), "price", "not-null constraint"),
    (_row(6, price="-1"), "price", '"t_price_check"'),
    (_row(7, code="toolong"), "code", "too long"),
    (_row(1), "", "t_pkey"),
    (_row(40), "", "t_pkey"),
    (b"8,2020-01-02,1.50,abc\n", "note", "missing data"),
    (b"9,2020-01-02,1.50,abc,x,y\n", "", "extra data"),
    (b"\n", "day", "missing data"),
    (_row(10, note="a\rb"), "", "carriage return"),
    (b"11,2020-01-02,1.50,abc,x\x00y\n", "note", "0x00"),
    (b"12,2020-01-02,1.50,abc,x\xffy\n", "note", "0xff"),
    (b'13,2020-01-02,1.50,abc,"x\n', "", "unterminated"),
]


def test_every_kind_of_bad_row_is_left_out_and_explained(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(TABLE, "INSERT INTO t VALUES (40, NULL, 1, NULL, 'old')")
    content, bad = HEADER + _row(1), []
    for number, (row, column, reason) in enumerate(EVERY_KIND, 100):
        bad.append((content.count(b"\n") + 1, column, reason, row))
        content += row + _row(number)
    source.write_bytes(content)
    moved = move(str(source), f"{pg.url}::t", **CSV, max_failure_rows=100, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (len(EVERY_KIND) + 1, len(EVERY_KIND))
    assert moved.bytes == len(content)
    for (line, column, reason, row), found in zip(bad, rejects.rows(), strict=True):
        assert found[:2] == (line, column)
        assert reason in found[2]
        assert os.fsencode(found[3]) == row[:-1]
    there = [row[0] for row in pg.rows("SELECT id FROM t ORDER BY id")]
    assert there == [1, 40, *range(100, 100 + len(EVERY_KIND))]
    assert pg.rows("SELECT note FROM t WHERE id = 40") == [("old",)]
    assert stat.S_IMODE(rejects.path.stat().st_mode) == 0o600


def test_without_the_option_the_first_bad_row_ends_the_move(
    pg: Bench, move: Move, source: Path
) -> None:
    pg.run(TABLE)
    source.write_bytes(HEADER + _row(1) + _row("x"))
    with pytest.raises(BadRowError, match=r"line 3 of '.*': column 'id'"):
        move(str(source), f"{pg.url}::t")
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


def test_rejects_without_a_number_make_no_sense(move: Move, source: Path, rejects: Rejects) -> None:
    with pytest.raises(UsageError, match="max_failure_rows"):
        move(str(source), "-", rejects=rejects.path)


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "replace", "upsert", "drop"])
def test_over_the_limit_the_old_rows_stay_and_the_file_says_why(
    pg: Bench, move: Move, source: Path, rejects: Rejects, mode: str
) -> None:
    pg.run(TABLE, "INSERT INTO t VALUES (1000, NULL, 1, NULL, 'old')")
    good = b"".join(_row(number) for number in range(50))
    source.write_bytes(HEADER + good + b"1,2\n" + _row(100) + b"3,4\n" + b"5,6,7\n")
    key = {"key": ("id",)} if mode == "upsert" else {}
    with pytest.raises(BadRowError, match=r"3 rows do not fit, and 2 may be.*:52: .*:54: .*:55"):
        move(
            str(source),
            f"{pg.url}::t",
            if_exists=mode,
            max_failure_rows=2,
            rejects=rejects.path,
            **key,
        )
    assert pg.rows("SELECT id FROM t") == [(1000,)]
    assert rejects.lines() == [52, 54, 55]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "replace", "upsert"])
def test_in_every_mode_the_good_rows_arrive(
    pg: Bench, move: Move, source: Path, rejects: Rejects, mode: str
) -> None:
    pg.run(TABLE, "INSERT INTO t VALUES (1000, NULL, 1, NULL, 'old'), (1, NULL, 1, NULL, 'old')")
    rows = [_row(0), _row(2, price="-1"), _row(3, price=""), _row(4, day="?"), _row(0, note="2nd")]
    source.write_bytes(HEADER + b"".join(rows) + _row(5))
    key = {"key": ("id",)} if mode == "upsert" else {}
    moved = move(
        str(source), f"{pg.url}::t", if_exists=mode, max_failure_rows=9, rejects=rejects.path, **key
    )
    assert (moved.rows, moved.rejected) == (2, 4)
    assert rejects.lines() == [3, 4, 5, 6]
    assert "mover_" not in rejects.path.read_text()
    old = [] if mode in ("delete", "truncate", "replace") else [1, 1000]
    there = [row[0] for row in pg.rows("SELECT id FROM t WHERE note <> '2nd' ORDER BY id")]
    assert there == sorted([0, 5, *old])


def test_records_of_many_lines_are_told_by_their_first_line(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    source.write_bytes(b'a,"b"\r\n1,"x\r\ny\r\nz"\r\nbad,"p\r\nq"\r\n2,""\r\n3\r\n4,"\r\n"\r\n')
    moved = move(str(source), f"{pg.url}::t", max_failure_rows=9, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (3, 2)
    assert [(line, text) for line, _, _, text in rejects.rows()] == [
        (5, 'bad,"p\r\nq"'),
        (8, "3"),
    ]
    assert pg.rows("SELECT * FROM t ORDER BY a") == [(1, "x\r\ny\r\nz"), (2, ""), (4, "\r\n")]


def test_stray_quotes_take_no_good_rows_with_them(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run("CREATE TABLE t (a int, b text, c text)")
    rows = [f"{number},x,y\n" for number in range(1000)]
    rows[100] = '100,5" pipe,y\n'
    rows[400] = '400,x,"5 pipe\n'
    rows[900] = '900,"x,y\n'
    source.write_text("a,b,c\n" + "".join(rows))
    moved = move(str(source), f"{pg.url}::t", max_failure_rows=9, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (997, 3)
    assert rejects.lines() == [102, 402, 902]


def test_text_mode_knows_its_escapes(pg: Bench, move: Move, source: Path, rejects: Rejects) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    source.write_bytes(b"1,x\\,y\n2,\\N\n3,a\\\nb\nx,\\\\\n4\n5,\\\\\n")
    hints = {"compression": None}
    moved = move(
        str(source),
        f"{pg.url}::t",
        format="delimited",
        variant="bluelabs",
        hints=hints,
        max_failure_rows=5,
        rejects=rejects.path,
    )
    assert (moved.rows, moved.rejected) == (4, 2)
    assert rejects.lines() == [5, 6]
    assert pg.rows("TABLE t") == [(1, "x,y"), (2, None), (3, "a\nb"), (5, "\\")]


def test_what_only_an_insert_can_find_is_found(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "INSERT INTO parent SELECT generate_series(0, 9)",
        "CREATE TABLE t (a int REFERENCES parent, lo int, hi int, "
        "EXCLUDE USING gist (int4range(lo, hi) WITH &&))",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN IF new.lo = 70 THEN RAISE 'seventy'; END IF; RETURN new; END$$",
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
    )
    rows = [
        f"{10 if n == 3 else n % 10},{n * 10},{n * 10 + (15 if n == 5 else 9)}\n"
        for n in range(600)
    ]
    source.write_text("a,lo,hi\n" + "".join(rows))
    moved = move(str(source), f"{pg.url}::t", max_failure_rows=5, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (597, 3)
    assert [(line, reason.split()[0]) for line, _, reason, _ in rejects.rows()] == [
        (5, "insert"),
        (8, "conflicting"),
        (9, "seventy"),
    ]


def test_the_first_of_duplicates_stays_unless_it_is_bad_itself(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(
        "CREATE TABLE t (a int UNIQUE, b text, lo int, hi int CHECK (hi > 0))",
        "CREATE UNIQUE INDEX ON t (lower(b)) WHERE lo > 0",
    )
    rows = ["1,A,1,1", "1,B,1,1", "2,a,1,1", "3,a,0,1", "4,C,1,-1", "4,c,1,1", ",a,0,1", ",d,1,1"]
    source.write_text("a,b,lo,hi\n" + "\n".join(rows) + "\n")
    moved = move(str(source), f"{pg.url}::t", max_failure_rows=5, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (5, 3)
    assert rejects.lines() == [3, 4, 6]
    assert "(a)=(1) already exists" in rejects.rows()[0][2]


def test_types_whose_input_alone_knows_what_it_takes(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(
        "CREATE DOMAIN short AS varchar(3) CHECK (VALUE <> 'no') NOT NULL",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE t (n int, s short, m mood, b bit(3), a varchar(2)[], j jsonb, c char(2))",
    )
    good = "ok,sad,101,{a},{},x"
    rows = [good, good.replace("ok", "long"), good.replace("ok", "no"), good.replace("ok", "")]
    rows += [good.replace("sad", "mad"), good.replace("101", "10"), good.replace("{a}", "{abc}")]
    rows += [good.replace("{}", "{"), good.replace(",x", ",xyz"), good.replace(",x", ",x   ")]
    source.write_text("n,s,m,b,a,j,c\n" + "".join(f"{n},{row}\n" for n, row in enumerate(rows, 2)))
    moved = move(str(source), f"{pg.url}::t", max_failure_rows=9, rejects=rejects.path)
    assert [(line, column) for line, column, _, _ in rejects.rows()] == [
        (3, "s"), (4, "s"), (5, "s"), (6, "m"), (7, "b"), (8, "a"), (9, "j"), (10, "c"),
    ]  # fmt: skip
    assert moved.rows == 2


def test_compressed_files_and_several_files_are_told_apart(
    pg: Bench, move: Move, tmp_path: Path, rejects: Rejects
) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    folder = tmp_path / "data"
    folder.mkdir()
    for number in (1, 2):
        rows = b"a,b\n1,x\n" + b"bad,y\n" * number
        (folder / f"{number}.csv.gz").write_bytes(gzip.compress(rows))
    moved = move(f"{folder}/", f"{pg.url}::t", max_failure_rows=3, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (2, 3)
    assert rejects.lines() == [3, 3, 4]
    with pytest.raises(BadRowError, match="3 rows do not fit"):
        move(f"{folder}/", f"{pg.url}::t", max_failure_rows=2)
    assert pg.rows("SELECT count(*) FROM t") == [(2,)]


def test_standard_input_is_kept_only_to_be_read_again(pg: Bench, rejects: Rejects) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    rows = "".join(f"{n if n % 1000 else 'bad'},{'x' * 50}\n" for n in range(1, 50_001))
    mvrec = Path(sys.executable).with_name("mvrec")
    options = ["--max-failure-rows", "50", "--rejects", str(rejects.path), "--json", "--quiet"]
    ran = subprocess.run(
        [mvrec, "move", "-", f"{pg.url}::t", *options],
        input="a,b\n" + rows,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 4, ran.stderr
    assert '"rejected": 50' in ran.stdout
    assert f'"bytes": {len(rows) + 4}' in ran.stdout
    assert rejects.lines()[:2] == [1001, 2001]
    assert pg.rows("SELECT count(*), max(a) FROM t") == [(49_950, 49_999)]


def test_a_full_disk_for_what_is_kept_is_said_in_one_line(pg: Bench, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pg.run("CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (0, 'old')")
    pq.write_table(
        pa.table({"a": range(100_000), "b": ["x" * 50] * 100_000}), tmp_path / "in.parquet"
    )
    options = "--max-failure-rows 1 --rejects out.csv"
    command = f'ulimit -f 1000; "$0" move in.parquet "$1::t" {options}'
    ran = subprocess.run(
        ["bash", "-c", command, Path(sys.executable).with_name("mvrec"), pg.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 1
    assert "cannot keep what was sent to read it twice: File too large" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert pg.rows("SELECT a, b FROM t") == [(0, "old")]


def test_rows_that_are_no_text_are_told_by_their_number(
    pg: Bench, move: Move, tmp_path: Path, rejects: Rejects
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pg.run("CREATE TABLE t (a int CHECK (a < 50000), b text)")
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"a": pa.array(range(50_003)), "b": ["\ufeffx"] * 50_003}), path)
    moved = move(str(path), f"{pg.url}::t", max_failure_rows=3, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (50_000, 3)
    assert rejects.lines() == [50_001, 50_002, 50_003]
    assert rejects.path.read_text().count(",row 5000") == 3
    assert rejects.path.read_text().count(" of those that were sent,a,") == 3
    assert pg.rows("SELECT DISTINCT b FROM t") == [("\ufeffx",)]


def test_rows_of_another_table_are_told_by_what_was_sent(
    pg: Bench, move: Move, rejects: Rejects
) -> None:
    pg.run("CREATE TABLE s AS SELECT 1 AS a UNION ALL SELECT -2", "CREATE TABLE t (a int)")
    pg.run("ALTER TABLE t ADD CHECK (a > 0)")
    moved = move(f"{pg.url}::s", f"{pg.url}::t", max_failure_rows=3, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (1, 1)
    assert "line 2 of what was sent,a," in rejects.path.read_text()


def test_rows_that_are_parsed_first_are_told_by_their_lines(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run("CREATE TABLE t (a int CHECK (a > 0), b text)")
    source.write_bytes('a,b\n1\n2,"x\ny"\n-3,z\n4,v\n-5,w\n'.encode("utf-16"))
    hints = {"encoding": "UTF16", "compression": None}
    options = {**CSV, "hints": hints, "max_failure_rows": 3, "rejects": rejects.path}
    moved = move(str(source), f"{pg.url}::t", **options)
    assert moved.route == ("read", "decode", "postgres-copy-in")
    assert (moved.rows, moved.rejected) == (2, 3)
    assert sorted(rejects.lines()) == [2, 5, 7]
    assert rejects.path.read_text().count(str(source)) == 3


def test_a_move_without_bad_rows_leaves_a_file_without_rows(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(TABLE)
    source.write_bytes(HEADER + _row(1))
    assert move(str(source), f"{pg.url}::t", max_failure_rows=0, rejects=rejects.path).rejected == 0
    assert rejects.rows() == []


def test_no_table_of_ours_is_left_for_the_next_move(
    pg: Bench, move: Move, source: Path, rejects: Rejects
) -> None:
    pg.run(TABLE)
    source.write_bytes(HEADER + _row(1) + _row("x"))
    for _ in range(2):
        moved = move(str(source), f"{pg.url}::t", if_exists="delete", max_failure_rows=1)
        assert moved.rejected == 1
    found = "SELECT count(*) FROM pg_class WHERE relname LIKE 'mover%'"
    assert pg.rows(found) == [(0,)]


@pytest.mark.parametrize(("policy", "text"), [("strip", "xy"), ("replace", "x\ufffdy")])
@pytest.mark.parametrize("bad", [b"\x00", b"\xff"])
def test_bad_bytes_are_stripped_or_replaced_and_counted(
    pg: Bench,
    move: Move,
    source: Path,
    caplog: pytest.LogCaptureFixture,
    policy: str,
    text: str,
    bad: bytes,
) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    source.write_bytes(b"a,b\n1,\xc3\xa9\n2,x" + bad + b"y\n3,x" + bad + b"y\n")
    moved = move(str(source), f"{pg.url}::t", bad_bytes=policy, **CSV)
    assert (moved.rows, moved.bad_bytes) == (3, 2)
    assert moved.first_bad_bytes == f"line 3 of '{source}'"
    assert "first on line 3" in caplog.text
    assert pg.rows("TABLE t") == [(1, "é"), (2, text), (3, text)]


@pytest.mark.parametrize("bad", [b"\x00", b"\xff"])
def test_by_default_bad_bytes_fail_with_line_and_column(
    pg: Bench, move: Move, source: Path, bad: bytes
) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    source.write_bytes(b'a,b\n1,"x\ny"\n2,x' + bad + b"y\n")
    with pytest.raises(
        BadRowError, match=r"line 4 of '.*in.csv': column 'b': invalid byte"
    ) as info:
        move(str(source), f"{pg.url}::t", **CSV)
    assert (info.value.line, info.value.column) == (4, "b")


def test_the_mark_that_ends_data_is_refused_as_ever(pg: Bench, move: Move, source: Path) -> None:
    pg.run("CREATE TABLE t (a text)")
    source.write_bytes(b"a\nx\n\\.\ny\n")
    if int(pg.rows("SHOW server_version_num")[0][0]) >= 180000:
        assert move(str(source), f"{pg.url}::t", max_failure_rows=9).rows == 3
    else:
        with pytest.raises(MoverError, match="at which PostgreSQL stops"):
            move(str(source), f"{pg.url}::t", max_failure_rows=9)
        assert pg.rows("SELECT count(*) FROM t") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("share", [200_000, 20])
def test_two_hundred_thousand_rows_with_bad_ones_among_them(
    pg: Bench, each_postgres: PostgresServer, source: Path, rejects: Rejects, share: int
) -> None:
    """One bad row of all, and one of twenty: no load starts again for each of them.

    Measured in seconds of processors, the server's included, which other work leaves as they are.
    """
    pg.run(TABLE)
    count = 200_000
    took = {}
    for bad in (None, share):
        source.write_bytes(
            HEADER
            + b"".join(
                _row(n, day="soon" if bad and n % bad == 0 else "2020-01-02", note="a note " * 5)
                for n in range(1, count + 1)
            )
        )
        best = []
        for _ in range(3):
            started = _processor_seconds(each_postgres)
            with Session() as session:
                moved = session.move(
                    str(source),
                    f"{pg.url}::t",
                    if_exists="truncate",
                    max_failure_rows=count,
                    rejects=rejects.path,
                )
            time.sleep(0.3)  # until the server has counted its backend in
            best.append(_processor_seconds(each_postgres) - started)
        took[bad] = min(best)
        assert moved.rejected == (count // bad if bad else 0)
        assert moved.rows == count - moved.rejected
    print(f"share {share}: {took}")
    assert rejects.lines()[0] == share + 1
    assert took[share] < 3 * took[None]


def _processor_seconds(server: PostgresServer) -> float:
    """Return what this process, and the backends of the server that have ended, have used."""
    words = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    theirs = (int(words[13]) + int(words[14])) / os.sysconf("SC_CLK_TCK")
    mine = os.times()
    return theirs + mine.user + mine.system


def test_routes_that_take_all_or_none_stand_back(pg: Bench, move: Move, rejects: Rejects) -> None:
    pg.run(
        "CREATE TABLE s (id int, n int)",
        "INSERT INTO s VALUES (1, 1), (2, -1)",
        "CREATE TABLE t (id int, n int CHECK (n > 0))",
    )
    ends = f"{pg.url}::s", f"{pg.url}::t"
    moved = move(*ends, max_failure_rows=1, rejects=rejects.path)
    assert (moved.rows, moved.rejected) == (1, 1)
    assert "postgres-insert-select" not in moved.route
    with pytest.raises(MoverError):
        move(*ends)
    assert pg.rows("TABLE t") == [(1, 1)]
