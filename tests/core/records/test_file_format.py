"""A written file is what its name says, and hints that are nonsense are refused before a look."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import move
from records_mover.errors import FormatError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"a,b\n1,x\n"


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "in.csv").write_bytes(DATA)
    return str(tmp_path / "in.csv")


@pytest.mark.parametrize(
    "name",
    ["out.xlsx", "out.json", "out.JSON.gz", "out.zip", "out.feather", "a.parquet.gz", "x.db"],
)
def test_a_name_of_another_format_is_refused_with_what_to_write(
    source: str, tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    with pytest.raises(FormatError, match=r"is called like a file of a format .*target_format"):
        move(source, str(target))
    assert not target.exists()
    move(source, str(target), target_format="csv", target_hints={"compression": None})
    assert target.read_bytes() == DATA


def test_a_name_that_says_no_format_is_plain_csv_packed_as_it_says(
    source: str, tmp_path: Path
) -> None:
    for name in ("out", "out.txt", "out.v2", "a.json.d.csv"):
        move(source, str(tmp_path / name))
        assert (tmp_path / name).read_bytes() == DATA
    move(source, str(tmp_path / "out.gz"))
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()) == DATA
    with pytest.raises(FormatError, match="LZO"):
        move(source, str(tmp_path / "out.lzo"))


@pytest.mark.parametrize(
    ("hints", "message"),
    [
        ({"field-delimiter": ""}, "the value '' of the hint 'field-delimiter'"),
        ({"record-terminator": ""}, "the value '' of the hint 'record-terminator'"),
        ({"encoding": "nope"}, "the value 'nope' of the hint 'encoding'"),
        ({"skip-lines": "two"}, "the value 'two' of the hint 'skip-lines'"),
        ({"quotechar": "''"}, "of the hint 'quotechar'"),
        ({"nosuch": 1}, "unknown hint 'nosuch'"),
    ],
)
def test_a_hint_that_is_nonsense_is_refused_before_the_file_is_looked_at(
    source: str, tmp_path: Path, hints: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        move(source, str(tmp_path / "out.csv"), hints=hints)


@pytest.mark.parametrize("side", ["", "target_"])
def test_a_format_that_takes_no_hints_refuses_them(source: str, tmp_path: Path, side: str) -> None:
    options: dict[str, Any] = {f"{side}format": "jsonl", f"{side}hints": {"header-row": False}}
    with pytest.raises(UsageError, match="format 'jsonl' takes no hint 'header-row'"):
        move(source, str(tmp_path / "out.csv"), **options)
    with pytest.raises(UsageError, match="format 'parquet' takes no hint 'quoting'"):
        move(source, str(tmp_path / "out.parquet"), target_hints={"quoting": None})
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_json_lines_are_packed_as_a_hint_says(source: str, tmp_path: Path) -> None:
    packed = {"compression": "GZIP"}
    move(source, str(tmp_path / "out.jsonl"), target_hints=packed)
    assert gzip.decompress((tmp_path / "out.jsonl").read_bytes()) == b'{"a":1,"b":"x"}\n'
    move(source, str(tmp_path / "rows"), target_format="jsonl", target_hints=packed)
    back = move(str(tmp_path / "rows"), str(tmp_path / "b.csv"), format="jsonl", hints=packed)
    assert (back.rows, (tmp_path / "b.csv").read_bytes()) == (1, DATA)
