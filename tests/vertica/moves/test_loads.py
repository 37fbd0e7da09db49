"""Rows of files, streams and frames are loaded by COPY FROM STDIN, and none is changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover.errors import BadRowError, LoadUnloadError, MoverError
from support.packed import packed

if TYPE_CHECKING:
    from pathlib import Path

TRAPS = [
    "", " ", "plain", "\\", "\\N", "\\n", "N", "null", "NULL", "a,b", "a|b", "\"", "\"\"",
    "it's", "\n",
    "\r\n", "\r", "\t", "\x01", "\x02", "\\\n", "é", "€𝄞", "~mover~no~null~", "a\\", ",", "\\,",
]  # fmt: skip


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    """Every trap for a text, each beside others, and a row of NULLs."""
    path = tmp_path / "traps.parquet"
    table = pa.table(
        {
            "id": pa.array(range(len(TRAPS) + 1), pa.int64()),
            "text": pa.array([*TRAPS, None]),
            "again": pa.array([None, *reversed(TRAPS)]),
            "raw": pa.array([*(trap.encode() + b"\x00\xff" for trap in TRAPS), None], pa.binary()),
        }
    )
    pq.write_table(table, path)
    return path


def test_traps_in_text_arrive_as_they_are(bare: Any, warehouse: Any, parquet: Path) -> None:
    result = bare.move(parquet, warehouse.url("t"))
    assert result.rows == len(TRAPS) + 1
    assert result.route[-1] == "vertica-copy"
    rows = warehouse.rows("t")
    assert [row[1] for row in rows] == [*TRAPS, None]
    assert [row[2] for row in rows] == [None, *reversed(TRAPS)]
    assert [row[3] for row in rows] == [*(t.encode() + b"\x00\xff" for t in TRAPS), None]


@pytest.mark.parametrize("kind", ["large_string", "string_view", "dictionary"])
def test_every_type_that_arrow_has_for_text_is_one_to_copy(
    bare: Any, warehouse: Any, tmp_path: Path, kind: str
) -> None:
    texts = pa.array([*TRAPS, None])
    kinds = {"large_string": pa.large_string(), "string_view": pa.string_view()}
    column = texts.dictionary_encode() if kind == "dictionary" else texts.cast(kinds[kind])
    path = tmp_path / "traps.parquet"
    pq.write_table(pa.table({"id": range(len(texts)), "text": column}), path)
    bare.move(path, warehouse.url("t"))
    assert [row[1] for row in warehouse.rows("t")] == [*TRAPS, None]


def test_a_single_column_may_be_empty_or_null(bare: Any, warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "one.parquet"
    pq.write_table(pa.table({"text": pa.array(["", None, "a", "", None])}), path)
    assert bare.move(path, warehouse.url("t")).rows == 5
    found = sorted(str(row[0]) for row in warehouse.rows("t"))
    assert found == ["", "", "None", "None", "a"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_file_of_one_column_without_a_name_keeps_its_empty_rows(
    bare: Any, warehouse: Any, tmp_path: Path, exists: bool
) -> None:
    path = tmp_path / "one.txt"
    path.write_bytes(b"a\n\\N\nb\n")
    if exists:
        warehouse.ask("CREATE TABLE t (name VARCHAR(9))")
    hints = {"compression": None}
    result = bare.move(path, warehouse.url("t"), variant="bluelabs", hints=hints)
    assert result.route == ("read", "decode", "vertica-copy")
    assert result.rows == 3


def test_a_csv_file_is_read_here_as_copy_knows_no_doubled_quotes(
    bare: Any, warehouse: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,name\n1,"a ""b"", c"\n2,\n3,""\n4,"two\nlines"\n')
    plan = str(bare.explain(path, warehouse.url("t")))
    assert "COPY knows no doubled quotes" in plan
    assert bare.move(path, warehouse.url("t")).rows == 4
    assert warehouse.rows() == [[1, 'a "b", c'], [2, None], [3, ""], [4, "two\nlines"]]


@pytest.mark.parametrize(
    ("name", "word", "route"),
    [
        ("GZIP", "STDIN GZIP", ("read", "vertica-copy")),
        ("BZIP", "STDIN BZIP", ("read", "vertica-copy")),
        ("ZSTD", "STDIN ZSTD", ("read", "vertica-copy")),
        ("LZO", "STDIN LZO", ("read", "vertica-copy")),
        ("LZ4", "STDIN A", ("read", "decompress", "vertica-copy")),
        (None, "STDIN A", ("read", "vertica-copy")),
    ],
)
def test_text_with_escapes_is_sent_as_it_is_packed_or_not(
    bare: Any,
    warehouse: Any,
    tmp_path: Path,
    name: str | None,
    word: str,
    route: tuple[str, ...],
) -> None:
    path = tmp_path / "rows.txt"
    text = b"1,a\\,b,2020-01-02 03:04:05+02\n2,\\N,\\N\n3,two\\\nlines,\\N\n"
    path.write_bytes(packed(name, text))
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(20), at TIMESTAMPTZ)")
    hints = {"compression": name}
    result = bare.move(path, warehouse.url("t"), variant="bluelabs", hints=hints)
    assert result.route == route
    assert word in warehouse.statements("copy")[-1]
    at = dt.datetime(2020, 1, 2, 1, 4, 5, tzinfo=dt.UTC)
    assert warehouse.rows() == [[1, "a,b", at], [2, None, None], [3, "two\nlines", None]]


def test_dates_are_read_by_the_hints(bare: Any, warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_bytes(b"31.12.2020|31.12.2020 23.59|x\n")
    warehouse.ask("CREATE TABLE t (d DATE, at TIMESTAMP, name VARCHAR(20))")
    hints = {
        "compression": None,
        "field-delimiter": "|",
        "dateformat": "DD.MM.YYYY",
        "datetimeformat": "DD.MM.YYYY HH24.MI",
    }
    result = bare.move(path, warehouse.url("t"), variant="bluelabs", hints=hints)
    assert result.route == ("read", "vertica-copy")
    assert warehouse.rows() == [[dt.date(2020, 12, 31), dt.datetime(2020, 12, 31, 23, 59), "x"]]


def test_columns_are_matched_by_name_and_others_get_their_defaults(
    bare: Any, warehouse: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("B,a\n1,2\n")
    warehouse.ask("CREATE TABLE t (a INT, b INT, c VARCHAR(9) DEFAULT 'x')")
    bare.move(path, warehouse.url("t"))
    assert warehouse.rows() == [[2, 1, "x"]]


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"id,name\n1,fine\n2,much too long\nthree,c\n4,d\n")
    return path


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(5))")
    warehouse.ask("INSERT INTO t VALUES (0, 'old')")
    warehouse.ask("COMMIT")
    return warehouse


def test_a_row_that_is_too_long_ends_the_move_and_is_never_cut(
    bare: Any, table: Any, tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"id,name\n1,fine\n2,much too long\n")
    hints = {"compression": None, "header-row": True}
    with pytest.raises(BadRowError, match="13-byte value is too long") as caught:
        bare.move(path, table.url("t"), variant="bluelabs", hints=hints)
    assert (caught.value.line, caught.value.column) == (3, "name")
    assert table.rows() == [[0, "old"]]


def test_bad_rows_are_left_out_and_told(bare: Any, table: Any, bad: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.jsonl"
    result = bare.move(bad, table.url("t"), max_failure_rows=2, rejects=rejects)
    assert (result.rows, result.rejected) == (2, 2)
    assert table.rows() == [[0, "old"], [1, "fine"], [4, "d"]]
    told = rejects.read_text()
    assert "too long" in told
    assert "three" in told


@pytest.mark.parametrize("limit", [0, 1])
def test_more_bad_rows_than_are_tolerated_end_the_move(
    bare: Any, table: Any, bad: Path, limit: int
) -> None:
    with pytest.raises(MoverError):
        bare.move(bad, table.url("t"), max_failure_rows=limit)
    assert table.rows() == [[0, "old"]]


def test_numbers_keep_all_their_digits(bare: Any, warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    number = Decimal("12345678901234567890123456789012345678.901234567890")
    pq.write_table(
        pa.table(
            {
                "n": pa.array([number], pa.decimal256(50, 12)),
                "i": pa.array([-(2**63) + 1], pa.int64()),
                "f": pa.array([0.1 + 0.2]),
            }
        ),
        path,
    )
    bare.move(path, warehouse.url("t"))
    assert warehouse.rows("t", "n, i") == [[number, -(2**63) + 1]]
    assert warehouse.rows("t", "f = 0.30000000000000004::FLOAT") == [[True]]


def test_the_least_integer_is_refused(bare: Any, warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    pq.write_table(
        pa.table({"i": pa.array([1, -(2**63)], pa.int64()), "j": pa.array([1, 2])}), path
    )
    with pytest.raises(BadRowError, match="out of range"):
        bare.move(path, warehouse.url("t"))
    assert warehouse.tables() == []


def test_a_count_that_differs_is_no_success(
    bare: Any, warehouse: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_vertica.copying import Copying

    path = tmp_path / "n.parquet"
    pq.write_table(pa.table({"i": [1], "j": [1]}), path)
    monkeypatch.setattr(Copying, "_counts", lambda _self: (2, 0))
    with pytest.raises(LoadUnloadError, match="the server counts 2"):
        bare.move(path, warehouse.url("t"))
    assert warehouse.tables() == []
