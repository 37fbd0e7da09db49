"""Rows that a table refuses after they were read: they are told by where they stand in the file."""

from __future__ import annotations

import csv
import random
import sqlite3
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from records_mover import Session
from records_mover.formats import DelimitedRecordsFormat
from records_mover.formats.delimited.dialect import dialect_of
from records_mover.formats.delimited.places import Places, quick_marks
from records_mover.formats.reading import read_batches
from records_mover.instructions import ProcessingInstructions
from records_mover.parts import Reject
from records_mover.records.rejects import Rejects, SentRows

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "plain": b"a,n\n1,1\n2,-2\n3,3\n4,-4\n",
    "rows left out before": b"a,n\n1\n2,-2\n3,3,3\n4,4\n5,-5",
    "values of many lines": b'a,n,t\n1,1,"x\ny\nz"\n2,-2,"p\nq"\n3,3,u\n4,-4,v\n',
    "many lines and rows left out": b'a,n,t\n1\n2,2,"x\ny"\n\n3,-3,"p\r\nq"\n4\n5,-5,v\n',
    "blank lines": b"a,n\n\n1,1\n\n\n2,-2\n\n3,-3\n",
    "Windows": b"a,n\r\n1,1\r\n2\r\n3,-3\r\n",
}
CSV: dict[str, Any] = {"format": "delimited", "variant": "csv"}


@pytest.fixture
def table(tmp_path: Path) -> str:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE t (a INTEGER, n INTEGER CHECK (n > 0))")
        connection.execute("CREATE TABLE texts (a INTEGER, n INTEGER CHECK (n > 0), t TEXT)")
    connection.close()
    return f"sqlite:///{tmp_path}/x.db::t"


def _refused(source: Path | str, table: str, folder: Path, **options: Any) -> list[list[str]]:
    """Return file, line and text of what the table, not the reader, leaves out."""
    rejects = folder / "rejects.csv"
    with Session() as session:
        session.move(str(source), table, max_failure_rows=99, rejects=rejects, **options)
    with rejects.open(newline="") as file:
        return [
            [row["file"], row["line"], row["text"]]
            for row in csv.DictReader(file)
            if "CHECK" in row["reason"]
        ]


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_row_is_told_by_the_line_on_which_it_begins(
    table: str, tmp_path: Path, content: bytes
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    target = f"{table}exts" if b"a,n,t" in content else table
    found = _refused(source, target, tmp_path, **CSV)
    lines = content.decode().split("\n")
    wanted = [number for number, line in enumerate(lines, 1) if ",-" in line]
    assert [(file, int(line)) for file, line, _ in found] == [(str(source), at) for at in wanted]
    assert [text.split(",")[0] for *_, text in found] == [lines[at - 1][0] for at in wanted]


def test_each_of_several_files_has_its_own_lines(table: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    names = [tmp_path / "in" / f"{number}.csv" for number in range(3)]
    contents = (FILES["rows left out before"], b"a,n\n", FILES["plain"])
    for name, content in zip(names, contents, strict=True):
        name.write_bytes(content)
    found = _refused(f"{tmp_path}/in/", table, tmp_path, **CSV)
    assert [(file, int(line)) for file, line, _ in found] == [
        (str(names[0]), 3), (str(names[0]), 6), (str(names[2]), 3), (str(names[2]), 5),
    ]  # fmt: skip


def test_a_row_of_a_file_without_lines_is_told_as_a_row(table: str, tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    parquet.write_table(pa.table({"a": [1, 2], "n": [1, -2]}), source)
    assert _refused(source, table, tmp_path) == [["", "row 2 of those that were sent", "2,-2"]]


def test_lines_of_text_that_was_written_anew_are_not_those_of_the_source() -> None:
    taken = Rejects(9)
    reject = Reject(source="in.csv", line=3, column=None, reason="no", text="")
    SentRows(taken, None, anew=True).add(reject)
    SentRows(taken, None, anew=False).add(reject)
    SentRows(taken, None, anew=False).add(Reject(**{**_facts(reject), "source": ""}))
    assert [str(each) for each in taken._first] == [
        "line 3 of what was sent: no",
        "in.csv:3: no",
        "row 3 of those that were sent: no",
    ]


def _facts(reject: Reject) -> dict[str, Any]:
    return {name: getattr(reject, name) for name in ("source", "line", "column", "reason", "text")}


def test_every_row_of_a_large_file_is_found(tmp_path: Path) -> None:
    chance, lines, wanted = random.Random(7), ["a,t"], []
    for number in range(60_000):
        kind = chance.random()
        if kind < 0.01:
            lines.append(f"{number},x,too many")
            continue
        wanted.append(len(lines) + 1)
        text = f'"{"y" * 90}""\n\n"' if kind < 0.3 else "z" * 90
        lines.extend(f"{number},{text}".split("\n"))
    path = tmp_path / "in.csv"
    path.write_text("\n".join(lines))
    places = Places()
    batches = read_batches(
        path.open("rb"),
        DelimitedRecordsFormat("csv", {"compression": None}),
        instructions=ProcessingInstructions(fail_if_row_invalid=False),
        note=places.file("in.csv"),
    )
    rows = sum(batch.num_rows for batch in batches)
    assert rows == len(wanted)
    found = [places.of(row) for row in range(1, rows + 1)]
    assert [place for place in found if place is None] == []
    assert sum(place != ("in.csv", at) for place, at in zip(found, wanted, strict=True)) == 0
    assert places.of(rows + 1) is None


def test_quotes_that_mislead_are_looked_at_again() -> None:
    dialect = dialect_of(DelimitedRecordsFormat("csv").validate())
    assert quick_marks(b"a\nb\n", dialect, 5, 2) == [(0, 5)]
    assert quick_marks(b'"a\n"\nb\n"c\n\n"\nd', dialect, 5, 4) == [(0, 5), (1, 7), (3, 11)]
    assert quick_marks(b'5" a\nb\n\n', dialect, 5, 2) is None
