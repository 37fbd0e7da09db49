"""Rows that the server refuses late: deferred constraints, partitions, and its own encoding."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres.conftest import Bench

REFUSING = """CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN IF NEW.a = 7 THEN RAISE 'no seven'; END IF; RETURN NEW; END$$"""
CSV: dict[str, Any] = {"format": "delimited", "variant": "csv"}
DEFERRED = "DEFERRABLE INITIALLY DEFERRED"
TABLE = "CREATE TABLE t (a int, b text)"
LATE: dict[str, tuple[list[str], str]] = {
    "a deferred foreign key": (
        [
            "CREATE TABLE o (id int PRIMARY KEY)",
            "INSERT INTO o VALUES (1), (2), (3)",
            f"CREATE TABLE t (a int REFERENCES o {DEFERRED}, b text)",
        ],
        "is not present in table",
    ),
    "a deferred unique key, in the table": (
        [f"CREATE TABLE t (a int UNIQUE {DEFERRED}, b text)", "INSERT INTO t VALUES (7, 'old')"],
        "(a)=(7) already exists",
    ),
    "a deferred constraint trigger": (
        [
            TABLE,
            REFUSING,
            f"""CREATE CONSTRAINT TRIGGER n AFTER INSERT ON t {DEFERRED}
            FOR EACH ROW EXECUTE FUNCTION no()""",
        ],
        "no seven",
    ),
    "a trigger that raises": (
        [
            TABLE,
            REFUSING,
            "CREATE TRIGGER n BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
        ],
        "no seven",
    ),
    "a generated column": (
        ["CREATE TABLE t (a int, b text, g int GENERATED ALWAYS AS (1 / (a - 7)) STORED)"],
        "division by zero",
    ),
    "no partition": (
        [
            f"{TABLE} PARTITION BY LIST (a)",
            "CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 2, 3)",
        ],
        "no partition of relation",
    ),
    "a partition's own check": (
        [
            f"{TABLE} PARTITION BY RANGE (a)",
            "CREATE TABLE t1 (a int CHECK (a <> 7), b text)",
            "ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (0) TO (10)",
        ],
        "check constraint",
    ),
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text("a,b\n1,x\n7,y\n2,z\n3,z\n")
    return path


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "rejects.csv"


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("made", "reason"), LATE.values(), ids=LATE)
def test_what_is_refused_late_is_left_out_all_the_same(
    pg: Bench, source: Path, told: Path, made: list[str], reason: str
) -> None:
    pg.run(*made)
    before = pg.rows("SELECT a FROM t")
    with Session() as session:
        moved = session.move(str(source), f"{pg.url}::t", max_failure_rows=1, rejects=told)
    assert (moved.rows, moved.rejected) == (3, 1)
    assert sorted(pg.rows("SELECT a FROM t")) == sorted([*before, (1,), (2,), (3,)])
    (row,) = rejected(told)
    assert (row["file"], row["line"], row["text"]) == (str(source), "3", "7,y")
    assert reason in row["reason"]


@pytest.mark.parametrize(("made", "reason"), LATE.values(), ids=LATE)
def test_over_the_limit_all_of_it_is_undone(
    one_pg: Bench, source: Path, made: list[str], reason: str
) -> None:
    one_pg.run(*made)
    before = one_pg.rows("SELECT a FROM t")
    with Session() as session, pytest.raises(BadRowError, match="1 row does not fit, and 0 may"):
        session.move(str(source), f"{one_pg.url}::t", max_failure_rows=0)
    assert one_pg.rows("SELECT a FROM t") == before
    assert reason


def test_without_rejects_a_deferred_constraint_stays_deferred(
    one_pg: Bench, tmp_path: Path
) -> None:
    one_pg.run(f"CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t {DEFERRED})")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "1.csv").write_text("id,up\n1,2\n")
    (folder / "2.csv").write_text("id,up\n2,1\n")
    with Session() as session:
        assert session.move(f"{folder}/", f"{one_pg.url}::t").rows == 2


@pytest.fixture
def latin(pg: Bench) -> Iterator[str]:
    """The URL of a database that holds LATIN1, with a table."""
    name = f"{pg.database.engine.url.database}_latin"
    with pg.other().cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'")
    import psycopg2

    url = f"{pg.url.rpartition('/')[0]}/{name}"
    made = psycopg2.connect(url)
    with made, made.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a int, b text)")
    made.close()
    yield url
    with pg.other().cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_character_that_the_database_lacks_is_a_row_that_does_not_fit(
    latin: str, tmp_path: Path, told: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("a,b\n1,é\n2,€ 5\n3,\n4,".encode() + b"\xff\n" + "5,x€\n6,ü\n".encode())
    with Session() as session:
        with pytest.raises(BadRowError, match=r"line 3 of .* has no equivalent in encoding"):
            session.move(str(path), f"{latin}::t", **CSV)
        moved = session.move(str(path), f"{latin}::t", max_failure_rows=3, rejects=told, **CSV)
        session.move(f"{latin}::t", str(tmp_path / "out.csv"))
    assert (moved.rows, moved.rejected) == (3, 3)
    found = [(row["line"], row["column"]) for row in rejected_bytes(told)]
    assert found == [("3", "b"), ("5", "b"), ("6", "b")]
    assert "'€' has no equivalent in \"LATIN1\"" in rejected_bytes(told)[0]["reason"]
    assert (tmp_path / "out.csv").read_text() == "a,b\n1,é\n3,\n6,ü\n"


def rejected_bytes(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_rows_of_a_frame_are_told_by_their_number(pg: Bench, told: Path) -> None:
    import pandas as pd

    pg.run(f"CREATE TABLE t (a int UNIQUE {DEFERRED}, b varchar(3))")
    frame = pd.DataFrame({"a": [1, 2, 2, 3], "b": ["x", "y", "z", "too long"]})
    with Session() as session:
        source = session.sources.dataframe(df=frame)
        moved = session.move(source, f"{pg.url}::t", max_failure_rows=2, rejects=told)
    assert (moved.rows, moved.rejected) == (2, 2)
    numbers = [f"row {number} of those that were sent" for number in (3, 4)]
    assert [(row["line"], row["file"]) for row in rejected(told)] == [(one, "") for one in numbers]
