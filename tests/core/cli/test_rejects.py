"""Rows that do not fit: how many may be left out, what became of them, and the exit code."""

from __future__ import annotations

import csv
import json
import stat
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import BadRowError, StoreError, UsageError
from records_mover.parts import Reject
from records_mover.records.rejects import Rejects

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

SOME_BAD = "id,n\n1,1\n2,two\n3,3\n4\n5,5\n"


@pytest.fixture
def source(tmp_path: Path, sqlite_url: str) -> Path:
    """A file of which two rows do not fit the table ``t``."""
    from sqlalchemy import create_engine, text

    engine = create_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER, n INTEGER)"))
    engine.dispose()
    path = tmp_path / "some.csv"
    path.write_text(SOME_BAD)
    return path


def test_the_good_rows_move_and_the_bad_ones_are_in_the_file(
    runner: Callable[..., Result], source: Path, sqlite_url: str, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    rejects.write_text("of an earlier move")
    asked = ("--max-failure-rows", "2", "--rejects", rejects, "--json")
    ran = runner("move", source, f"{sqlite_url}::t", *asked)
    assert ran.exit_code == 4, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["rows"], told["rejected"]) == (3, 2)
    with rejects.open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["file", "line", "column", "reason", "text"]
    assert sorted((row[2], row[4]) for row in rows) == [("", "4"), ("n", "2,two")]
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600


def test_over_the_limit_the_move_fails_and_the_file_stays(
    runner: Callable[..., Result], source: Path, sqlite_url: str, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    ran = runner(
        "move", source, f"{sqlite_url}::t", "--max-failure-rows", "1", "--rejects", rejects
    )
    assert ran.exit_code == 1
    assert "2 rows do not fit, and 1 may be left out" in ran.stderr
    assert str(rejects) in ran.stderr
    assert len(rejects.read_text().splitlines()) == 3
    with Session() as session:
        assert session.move(f"{sqlite_url}::t", tmp_path / "out.csv").rows == 0


@pytest.mark.parametrize("mine", ["some.csv", "out.csv", "./sub/../out.csv", "link.csv"])
def test_rejects_never_take_the_place_of_the_source_or_the_target(
    runner: Callable[..., Result], source: Path, mine: str
) -> None:
    (source.parent / "sub").mkdir()
    (source.parent / "link.csv").symlink_to("some.csv")
    rejects = f"{source.parent}/{mine}"
    ran = runner(
        "move", source, source.parent / "out.csv", "--max-failure-rows", "2", "--rejects", rejects
    )
    assert ran.exit_code == 2
    assert "the rejects would be written over the" in ran.stderr
    assert source.read_text() == SOME_BAD
    assert not (source.parent / "out.csv").exists()


def test_rejects_need_a_number_and_a_place(
    runner: Callable[..., Result], source: Path, sqlite_url: str, tmp_path: Path
) -> None:
    ran = runner("move", source, f"{sqlite_url}::t", "--rejects", tmp_path / "r.csv")
    assert ran.exit_code == 2
    assert "--max-failure-rows" in ran.stderr
    with Session() as session, pytest.raises(StoreError, match="none"):
        session.move(
            source, f"{sqlite_url}::t", max_failure_rows=9, rejects=tmp_path / "none" / "r.csv"
        )
    with Session() as session, pytest.raises(UsageError, match="-1"):
        session.move(source, f"{sqlite_url}::t", max_failure_rows=-1)
    with Session() as session, pytest.raises(UsageError, match="'mend'"):
        session.move(source, f"{sqlite_url}::t", bad_bytes="mend")


def test_a_move_that_fails_for_another_reason_leaves_no_file(
    source: Path, sqlite_url: str, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    source.write_text("id,n\n1,1\n")
    source.with_suffix(".gz").write_bytes(b"\x1f\x8b no gzip")
    with Session() as session, pytest.raises(Exception, match="GZIP"):
        session.move(
            source.with_suffix(".gz"),
            f"{sqlite_url}::t",
            format="delimited",
            variant="csv",
            max_failure_rows=9,
            rejects=rejects,
        )
    assert not rejects.exists()


def test_the_first_rows_are_named_and_the_others_counted() -> None:
    rejects = Rejects(1)
    for line in (2, 5, 6, 7):
        rejects.add(Reject(source="a.csv", line=line, column="n", reason="no", text=""))
    with pytest.raises(BadRowError) as info:
        rejects.check()
    assert info.value.what == (
        "at least 4 rows do not fit, and 1 may be left out: "
        "a.csv:2: column 'n': no; a.csv:5: column 'n': no; a.csv:6: column 'n': no; ..."
    )
    assert "rejects=..." in str(info.value)
