"""Rows that are sure to fit go to the table at once; none of the others changes what arrives."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from postgres.conftest import Bench
    from records_mover.records import MoveResult

    Load = Callable[..., MoveResult]

# Of each type good values, plainly written or not, and bad ones.
VALUES: dict[str, tuple[list[str], list[str]]] = {
    "smallint": (["1", "-32768", "32767", " 7 "], ["32768", "x", "1.5"]),
    "integer": (["0", "2147483647", "-2147483648", "+5"], ["2147483648", "3000000000", "1e3"]),
    "bigint": (["9223372036854775807", "-1"], ["9223372036854775808", "9" * 30]),
    "real": (["1.5", "1e10", "-0.25", "NaN", "infinity"], ["1e39", "1e-60", "1.2.3"]),
    "double precision": (["1.5", "1e300", "-1e-300"], ["1e999", "1e-999", "--1"]),
    "numeric": (["1", "-1.50", "NaN", "1" * 150, "1e5"], ["1..2", "abc"]),
    "numeric(5,2)": (["999.99", "-999.99", ".5", "1", "1e2"], ["1000", "999.999", "0.001"]),
    "numeric(2,2)": (["0.99", ".01", "0"], ["1", "1.00"]),
    "boolean": (["t", "FALSE", "yes", "0", "of"], ["maybe", "2"]),
    "date": (["2020-02-29", "0999-12-31", "infinity", "2020-01-31"], ["2019-02-29", "2020-04-31"]),
    "time": (["23:59:59.999999", "24:00:00", "12:00"], ["25:00", "12:60"]),
    "time(2)": (["23:59:59.99", "12:00:00.100"], ["12:00:00.123"]),
    "timestamp": (["2020-01-01 00:00:00", "2020-01-01"], ["2020-13-01 00:00", "soon"]),
    "timestamptz": (["2020-01-01T00:00:00+02:00", "2020-01-01 00:00 UTC"], ["2020-01-01 99:00Z"]),
    "uuid": (["12345678-1234-1234-1234-123456789ABC", "{" + "1" * 32 + "}"], ["1234", "x" * 36]),
    "varchar(3)": (["abc", "äöü", ""], ["abcd", "äöüß"]),
    "char(2)": (["ab", "ä"], ["abc"]),
    "jsonb": (["{}", "[1]"], ["{", "x"]),
    "interval": (["1 day", "PT5M"], ["ages"]),
}


@pytest.fixture
def load(pg: Bench, tmp_path: Path) -> Iterator[Load]:
    """What moves a text into the table ``t``, and leaves the rejects in ``rejects.csv``."""
    path = tmp_path / "in.csv"
    with Session() as session:

        def run(text: str, **options: Any) -> MoveResult:
            path.write_text(text, newline="")
            told: dict[str, Any] = (
                {"rejects": tmp_path / "rejects.csv"} if "max_failure_rows" in options else {}
            )
            return session.move(str(path), f"{pg.url}::t", **told, **options)

        yield run


@pytest.fixture
def rejected(tmp_path: Path) -> Callable[[], list[tuple[int, str, str]]]:
    def read() -> list[tuple[int, str, str]]:
        with (tmp_path / "rejects.csv").open(newline="") as file:
            return [
                (int(row["line"]), row["column"], row["reason"]) for row in csv.DictReader(file)
            ]

    return read


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_is_judged_by_the_server_however_it_is_written(
    pg: Bench, load: Load, rejected: Callable[[], Any], kind: str
) -> None:
    good, bad = VALUES[kind]
    pg.run(f"CREATE TABLE t (id int, v {kind}, note text)")
    values = [*bad[:1], *good, *bad, *good]
    quoted = range(len(good), len(values))
    lines = [
        f'{number},"{value}",n\n' if number in quoted else f"{number},{value},n\n"
        for number, value in enumerate(values)
    ]
    moved = load("id,v,note\n" + "".join(lines), max_failure_rows=99)
    wrong = {0, *range(1 + len(good), 1 + len(good) + len(bad))}
    assert (moved.rows, moved.rejected) == (2 * len(good), len(wrong))
    assert [(line, column) for line, column, _ in rejected()] == [
        (number + 2, "v") for number in sorted(wrong)
    ]
    arrived = dict(pg.rows("SELECT id, v::text FROM t"))
    for number in set(range(len(values))) - wrong:
        text = values[number].replace("'", "''")
        (alone,) = pg.rows(f"SELECT ('{text}'::{kind})::text")
        expected = None if text == "" and number not in quoted else alone[0]
        assert arrived[number] == expected


def test_what_would_be_rounded_is_refused_in_every_piece(
    pg: Bench, load: Load, rejected: Callable[[], Any]
) -> None:
    pg.run("CREATE TABLE t (n numeric(9,2), at time(1), v varchar(3), d date)")
    rows = ["1.25,12:00:00.5,abc,2020-01-01\n"] * 60_000
    rows[10] = "1.25,12:00:00.5,abc,soon\n"
    rows[11] = "1.255,12:00:00.5,abc,2020-01-01\n"
    rows[30_000] = '1.25,12:00:00.55,"abc",2020-01-01\n'
    rows[59_999] = "1.25,12:00:00.5,abc  ,2020-01-01\n"
    moved = load("n,at,v,d\n" + "".join(rows), max_failure_rows=9)
    assert (moved.rows, moved.rejected) == (59_996, 4)
    assert [(line, column) for line, column, _ in rejected()] == [
        (12, "d"), (13, "n"), (30_002, "at"), (60_001, "v"),
    ]  # fmt: skip
    reasons = [reason for _, _, reason in rejected()]
    assert reasons[1] == (
        "what has more than 2 decimals would be rounded as numeric(9,2) ('1.255')"
    )
    assert "blanks past 3 characters would be cut" in reasons[3]
    assert pg.rows("SELECT DISTINCT n::text, at::text, v FROM t") == [("1.25", "12:00:00.5", "abc")]


def test_what_would_be_rounded_first_of_all_is_a_row_to_leave_out_too(
    pg: Bench, load: Load, rejected: Callable[[], Any]
) -> None:
    pg.run("CREATE TABLE t (a int, n numeric(9,2))")
    moved = load("a,n\n1,0.125\n2,0.25\n", max_failure_rows=1)
    assert (moved.rows, moved.rejected) == (1, 1)
    assert [(line, column) for line, column, _ in rejected()] == [(2, "n")]
    with pytest.raises(BadRowError, match="1 row does not fit, and 0 may"):
        load("a,n\n1,0.125\n2,0.25\n", max_failure_rows=0)
    with pytest.raises(BadRowError, match="would be rounded"):
        load("a,n\n1,0.125\n2,0.25\n")


def test_what_is_allowed_to_be_rounded_is_rounded(pg: Bench, load: Load) -> None:
    pg.run("CREATE TABLE t (a int, n numeric(9,2))")
    text = "a,n\n1,0.125\nx,0.25\n2,0.135\n"
    moved = load(text, max_failure_rows=1, allow_lossy=("n",))
    assert (moved.rows, moved.rejected) == (2, 1)
    assert pg.rows("SELECT n::text FROM t ORDER BY a") == [("0.13",), ("0.14",)]


def test_bad_values_in_several_columns_and_pieces_are_all_found(
    pg: Bench, load: Load, rejected: Callable[[], Any]
) -> None:
    pg.run("CREATE TABLE t (a int, d date, u uuid, t text NOT NULL)")
    uuid = "12345678-1234-1234-1234-123456789abc"
    rows = [f"{n},2020-01-01,{uuid},x\n" for n in range(60_000)]
    wrong = {
        100: ("a", f"x,2020-01-01,{uuid},x\n"),
        20_000: ("d", f"1,2020-01-32,{uuid},x\n"),
        20_001: ("u", "1,2020-01-01,no,x\n"),
        40_000: ("t", f"1,2020-01-01,{uuid},\n"),
        59_999: ("a", f"x,2020-01-01,{uuid},x"),
    }
    for number, (_, row) in wrong.items():
        rows[number] = row
    moved = load("a,d,u,t\n" + "".join(rows), max_failure_rows=9)
    assert (moved.rows, moved.rejected) == (59_995, 5)
    assert [(line, column) for line, column, _ in rejected()] == [
        (number + 2, column) for number, (column, _) in wrong.items()
    ]


def test_the_first_of_two_stays_though_it_is_looked_at_more_closely(
    pg: Bench, load: Load, rejected: Callable[[], Any]
) -> None:
    pg.run("CREATE TABLE t (k int UNIQUE, d date)")
    rows = [f"{n},2020-01-01\n" for n in range(100)]
    rows[3] = "3,soon\n"
    rows[5] = "7,Jan 2 2020\n"  # which only the server can tell from a bad one
    moved = load("k,d\n" + "".join(rows), max_failure_rows=9)
    assert (moved.rows, moved.rejected) == (98, 2)
    assert [line for line, _, _ in rejected()] == [5, 9]
    assert pg.rows("SELECT d::text FROM t WHERE k = 7") == [("2020-01-02",)]


def test_duplicates_in_a_late_piece_are_found_with_what_came_before_in_place(
    pg: Bench, load: Load, rejected: Callable[[], Any]
) -> None:
    pg.run("CREATE TABLE t (k int UNIQUE, d date, note text)")
    rows = [f"{n},2020-01-01,{'x' * 40}\n" for n in range(60_000)]
    rows[3] = "3,soon,x\n"
    rows[50_000] = "7,2020-01-01,again\n"
    rows[59_000] = "8,soon,x\n"
    moved = load("k,d,note\n" + "".join(rows), max_failure_rows=9)
    assert (moved.rows, moved.rejected) == (59_997, 3)
    assert [line for line, _, _ in rejected()] == [5, 50_002, 59_002]
    assert pg.rows("SELECT count(*), max(note) FROM t WHERE k = 7") == [(1, "x" * 40)]


def test_many_megabytes_are_read_again_to_tell_the_rows(
    one_pg: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mover_postgres.salvage.run._KEPT_BYTES", 1 << 20)
    one_pg.run("CREATE TABLE t (k int UNIQUE, d date, note text)")
    rows = [f"{n},2020-01-01,{'x' * 40}\n" for n in range(60_000)]
    for number in range(0, 60_000, 50):
        rows[number] = f"{number},soon,{'y' * 40}\n"
    rows[50_001] = "7,2020-01-01,again\n"
    path = tmp_path / "in.csv"
    path.write_text("k,d,note\n" + "".join(rows))
    with Session() as session:
        moved = session.move(
            str(path), f"{one_pg.url}::t", max_failure_rows=9999, rejects=tmp_path / "rejects.csv"
        )
    assert (moved.rows, moved.rejected) == (58_799, 1201)
    with (tmp_path / "rejects.csv").open(newline="") as file:
        lines = [(int(row["line"]), row["text"]) for row in csv.DictReader(file)]
    expected = sorted([*range(0, 60_000, 50), 50_001])
    assert [line for line, _ in lines] == [number + 2 for number in expected]
    assert all(text == rows[line - 2].rstrip() for line, text in lines)
