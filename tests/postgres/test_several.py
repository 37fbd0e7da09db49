"""One file by several connections: cut where it is sure, whole or not at all, nothing left."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres.loading.cuts import ranges_of_file
from mover_postgres.options import CopyOptions, LoadOptions
from records_mover.errors import BadRowError, MoverError
from records_mover.parts import Part
from records_mover.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

MIB = 1 << 20


def _options(mode: str = "csv", **changed: object) -> LoadOptions:
    quote = '"' if mode == "csv" else None
    told = {"mode": mode, "delimiter": ",", "null": "", "encoding": "UTF8", "quote": quote}
    copy = CopyOptions(**{**told, "escape": quote, **changed})  # type: ignore[arg-type]
    return LoadOptions(copy=copy, date_style="ISO, YMD")


def _pieces(content: bytes, pieces: int, options: LoadOptions) -> list[bytes]:
    part = Part(name="x", open=lambda: io.BytesIO(content), size=len(content))
    found = []
    for one in ranges_of_file(part, pieces, options):
        with closing(one.part.open()) as stream:
            found.append(b"".join(iter(lambda: stream.read(MIB), b"")))
    assert b"".join(found) == content
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_cut_outside_of_quotes_alone(end: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    rows = [(str(n), 'a "b"\n,\n\n' * (n % 40), "\n") for n in range(60_000)]
    writer.writerows(rows)
    found = _pieces(text.getvalue().encode(), 4, _options())
    assert len(found) == 4
    read = [list(csv.reader(io.StringIO(one.decode(), newline=""))) for one in found]
    assert [tuple(row) for piece in read for row in piece] == rows


def test_text_is_cut_where_no_backslash_escapes_the_line_end() -> None:
    line = b"a\\\nb\\\\\\\nc\\\\\n"
    found = _pieces(line * (5 * MIB // len(line)), 3, _options("text"))
    assert len(found) == 3
    assert all(len(one) % len(line) == 0 for one in found)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b'"' + b"\n" * 4 * MIB + b'"\n', _options()),
        (b"a\r" * 2 * MIB, _options()),
        (b"a\n" * 2 * MIB, _options(escape="\\")),
        (b"a\n" * 2 * MIB, _options(encoding="SJIS")),
        (b"a\n" * 1000, _options()),
    ],
    ids=["one field", "lone returns", "another escape", "another encoding", "small"],
)
def test_where_it_is_not_sure_the_file_goes_in_one_piece(
    content: bytes, options: LoadOptions
) -> None:
    assert _pieces(content, 4, options) == [content]


ROWS = 400_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.csv"
    words = 'some words, "quoted"\nover two lines'
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "words"))
        writer.writerows((n, words) for n in range(ROWS))
    return path


def _tables(pg: Bench) -> list[str]:
    return [
        row[0]
        for row in pg.rows(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND "
            "relnamespace = 'public'::regnamespace ORDER BY 1"
        )
    ]


@pytest.mark.parametrize("mode", ["append", "drop"])
def test_a_new_table_is_filled_by_several_connections(
    pg: Bench, session: Session, large: Path, mode: str
) -> None:
    if mode == "drop":
        pg.run("CREATE TABLE t (old text)", "INSERT INTO t VALUES ('x')")
    plan = session.explain(str(large), f"{pg.url}::t", if_exists=mode, parallel=3)
    assert "by 3 connections" in str(plan)
    moved = session.move(str(large), f"{pg.url}::t", if_exists=mode, parallel=3, verify=True)
    assert moved.rows == ROWS
    assert moved.bytes == large.stat().st_size
    found = "SELECT count(*), count(DISTINCT id), min(id), max(id), count(DISTINCT words) FROM t"
    assert pg.rows(found) == [(ROWS, ROWS, 0, ROWS - 1, 1)]
    assert _tables(pg) == ["t"]
    assert pg.rows("SELECT count(*) FROM pg_constraint WHERE conname LIKE 'mover%'") == [(0,)]


def test_many_files_are_shared_out(pg: Bench, session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(5):
        rows = "".join(f"{number * 100_000 + n},x\n" for n in range(100_000))
        (folder / f"{number}.csv").write_text(f"id,word\n{rows}")
    assert session.move(f"{folder}/", f"{pg.url}::t", parallel=2).rows == 500_000
    assert pg.rows("SELECT count(*), count(DISTINCT id) FROM t") == [(500_000, 500_000)]


def test_one_connection_and_a_table_that_is_there_stay_in_one_transaction(
    one_pg: Bench, session: Session, large: Path
) -> None:
    alone = session.explain(str(large), f"{one_pg.url}::t", parallel=1)
    assert "connections" not in str(alone)
    one_pg.run("CREATE TABLE t (id int, words text)")
    there = session.explain(str(large), f"{one_pg.url}::t", parallel=3)
    assert "hidden" not in str(there)


def test_a_bad_row_in_a_later_piece_is_told_by_its_line_and_nothing_stays(
    pg: Bench, session: Session, large: Path, tmp_path: Path
) -> None:
    lines = large.read_bytes()
    at = lines.index(b"\n350000,") + 1
    line = lines.count(b"\n", 0, at) + 1
    bad = tmp_path / "bad.csv"
    bad.write_bytes(lines[:at] + b"350000,one,too many\n" + lines[at:])
    schema = session.schema(str(large))
    (tmp_path / "schema.json").write_text(schema.to_json())
    told: dict[str, Any] = {"schema": tmp_path / "schema.json", "format": "csv", "parallel": 3}
    with pytest.raises(BadRowError, match=f"line {line} of") as caught:
        session.move(str(bad), f"{pg.url}::t", **told)
    assert caught.value.line == line
    assert _tables(pg) == []


_KILLED = """
import sys
from records_mover import move
move(sys.argv[1], f"{sys.argv[2]}::t", parallel=2)
"""


def test_a_killed_move_leaves_nothing_that_the_next_one_does_not_sweep(
    pg: Bench, session: Session, large: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(large), pg.url]) as process:
        end = time.monotonic() + 60
        while not _tables(pg) and time.monotonic() < end:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    (stray,) = _tables(pg)
    assert stray.startswith("mover_stage_")
    assert session.move(str(large), f"{pg.url}::t", parallel=2).rows == ROWS
    assert _tables(pg) == ["t"]


def test_the_stage_of_a_living_move_is_left_alone(
    one_pg: Bench, session: Session, large: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(large), one_pg.url]) as process:
        while not _tables(one_pg):
            assert process.poll() is None, "the other move is over"
            time.sleep(0.005)
        try:
            session.move(str(large), f"{one_pg.url}::u", parallel=2)
        except MoverError as error:  # pragma: no cover  told by what is asserted below
            raise AssertionError(str(error)) from error
        assert process.wait(60) == 0
    assert _tables(one_pg) == ["t", "u"]
