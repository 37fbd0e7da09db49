"""Strings and paths wherever an end is wanted, results that print well, and progress."""

from __future__ import annotations

import logging
import pickle
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import (
    ExistingTableHandling,
    MoveResult,
    Progress,
    Session,
    explain,
    move,
    sources,
    targets,
)
from records_mover.errors import BadRowError, UsageError
from records_mover.meter import Meter
from records_mover.records.options import MoveKeywords, MoveOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_strings_and_paths_wherever_an_end_is_wanted(pg_url: str, trips: Path) -> None:
    table, copy = f"{pg_url}::public.trips", trips.with_name("copy.parquet")
    assert move(trips, table, if_exists="replace", verify=True).verified
    assert move(str(trips), targets.table(pg_url, "public", "trips")).move_count == 3
    assert move(table, copy).move_count == 3
    assert move(sources.query(pg_url, "SELECT id FROM trips"), copy).move_count == 3
    assert pq.read_table(copy).column_names == ["id"]
    plan = explain(trips, table, if_exists="truncate")
    assert "postgres-copy-in" in plan.route.names
    assert str(plan).startswith("from    ")


def test_a_path_of_a_folder_needs_no_slash(trips: Path) -> None:
    folder = trips.parent / "many"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_bytes(trips.read_bytes())
    for source in (folder, sources.local_file(folder), sources.local_file(f"{folder}/")):
        assert move(source, trips.with_name("all.csv")).move_count == 6
    assert move(folder, targets.local_file(f"{folder}/../out/")).move_count == 6
    assert (trips.parent / "out" / "_manifest").exists()


def test_frames_of_every_library_are_ends(tmp_path: Path) -> None:
    """Type checkers take them, too, and know what comes out."""
    into = tmp_path / "a.parquet"
    assert move(pd.DataFrame({"a": [1]}), into).move_count == 1
    assert move(pl.DataFrame({"a": [1]}), into).move_count == 1
    assert move(pl.LazyFrame({"a": [1]}), into).move_count == 1
    assert move(pa.table({"a": [1]}), into).move_count == 1
    pandas, polars = targets.dataframe(), targets.dataframe("polars")
    move(into, pandas)
    move(into, polars)
    one: pd.DataFrame = pandas.frame
    other: pl.DataFrame = polars.frame
    assert one["a"].tolist() == other["a"].to_list() == [1]


def test_one_name_will_do_for_a_list_of_names(pg_url: str, trips: Path) -> None:
    table = f"{pg_url}::trips"
    move(trips, table)
    moved = move(trips, table, if_exists="upsert", key="id")
    assert moved.move_count == 3
    frame = targets.dataframe("arrow")
    move(table, frame, columns="name")
    assert frame.frame.column_names == ["name"]


def test_every_option_has_a_type_for_those_who_check_types() -> None:
    told = set(MoveKeywords.__annotations__)
    assert told == {field.name for field in fields(MoveOptions)}


def test_what_a_factory_cannot_take_is_said_at_once(trips: Path) -> None:
    wrong: list[tuple[Callable[[], Any], str]] = [
        (lambda: sources.local_file(trips, "csv"), "'csv' is no format"),  # type: ignore[arg-type]
        (lambda: targets.local_file(trips, "csv"), "'csv' is no format"),  # type: ignore[arg-type]
        (lambda: sources.fileobjs({}, "csv"), "'csv' is no format"),  # type: ignore[arg-type]
        (
            lambda: sources.local_file(trips, records_schema={"a": 1}),  # type: ignore[arg-type]
            "'dict' is no records schema",
        ),
        (lambda: sources.dataframe([1]), "'list' is no frame"),
        (lambda: sources.dataframes([1]), "'int' is no frame"),
        (lambda: sources.dataframes(iter([1])), "'int' is no frame"),
        (lambda: sources.table(1, "s", "t"), "'int' is no database"),  # type: ignore[arg-type]
    ]
    for make, words in wrong:
        with pytest.raises(UsageError, match=words):
            move(make(), trips.with_name("b.csv"))


def test_a_handling_of_1_x_is_a_mode_too(trips: Path, tmp_path: Path) -> None:
    table = f"sqlite:///{tmp_path}/a.db::t"
    for _ in range(2):
        move(trips, table, if_exists=ExistingTableHandling.TRUNCATE_AND_OVERWRITE)
    arrow = targets.dataframe("arrow")
    assert move(table, arrow).move_count == 3


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_frame_whose_library_is_not_there_is_refused_before_a_row_is_read(
    trips: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(UsageError, match=rf"{kind} is not installed; .*records-mover\[{kind}\]"):
        explain(trips, targets.dataframe(kind))


def test_an_option_that_is_not_known_is_named(trips: Path) -> None:
    with pytest.raises(UsageError, match="unknown option 'if_exist'; did you mean 'if_exists'"):
        move(trips, "b.csv", if_exist="drop")  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="'dict' is no processing instructions"):
        move(trips, "b.csv", {"fail_if_row_invalid": False})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'int' is no source"):
        move(1, "b.csv")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="'int' is no target"):
        move(trips, 1)  # type: ignore[arg-type]


# results


def _result(**given: Any) -> MoveResult:
    return MoveResult(
        **{"rows": 3, "bytes": 4_500_000, "seconds": 1.5, "route": ("a", "b"), **given}
    )


def test_a_result_prints_in_one_line() -> None:
    assert str(_result()) == "3 rows, 4.5 MB, 1.50 s by a > b"
    assert str(_result(verified=True)) == "3 rows, verified, 4.5 MB, 1.50 s by a > b"
    assert str(_result(rows=1, bytes=4500)) == "1 row, 4,500 bytes, 1.50 s by a > b"
    assert str(_result(rows=None, bytes=0, rejected=2)) == "all rows, 2 rejected, 1.50 s by a > b"


def test_a_result_is_a_small_table_in_a_notebook() -> None:
    shown = _result(
        rejected=1,
        verified=True,
        compared="all",
        output_urls={"<a>.csv": "s3://b/<a>.csv"},
        notes=("n & m",),
    )._repr_html_()
    assert shown.startswith("<table><tr><th")
    assert shown.count("<tr>") == 8
    assert "<a>" not in shown
    assert "n &amp; m" in shown


def test_a_result_can_be_kept_and_unpacked(trips: Path) -> None:
    result = move(trips, trips.with_name("copy.csv"), target_hints={"field-delimiter": ","})
    kept = pickle.loads(pickle.dumps(result))
    assert kept == result
    assert "count" not in result.to_data()
    result = _result(output_urls={"a": "b"})
    count, urls = result
    assert (count, urls) == (result[0], {"a": "b"}) == (3, {"a": "b"})


def test_a_result_that_a_prompt_shows_has_no_columns(trips: Path) -> None:
    result = move(trips, trips.with_name("b.parquet"))
    assert len(result.columns) == 3
    assert "columns" not in repr(result)


def test_a_plan_is_shown_as_it_prints(trips: Path) -> None:
    plan = explain(trips, trips.with_name("b.parquet"))
    assert repr(plan) == str(plan)
    assert "\nroute   cost " in repr(plan)


def test_first_rows_are_a_table_when_printed_and_in_a_notebook(trips: Path) -> None:
    with Session() as session:
        seen = session.preview(trips, rows=2)
    assert str(seen).splitlines()[1:] == [
        "types: guessed from every row",
        "",
        "column  type          row 1  row 2",
        "id      integer       1      2",
        "name    string        Ann    Bo, Jr",
        "fare    decimal(3,2)  2.50   3.25",
    ]
    trips.write_text("a\n<b>\n")
    with Session() as session:
        assert "<td>&lt;b&gt;</td>" in session.preview(trips)._repr_html_()


def test_what_was_found_out_of_a_file_prints_a_line_a_hint(trips: Path) -> None:
    with Session() as session:
        told = str(session.sniff(trips)).splitlines()
        assert told[:2] == ["delimited", "columns: id, name, fare"]
        assert any(line.startswith("header-row ") and "True" in line for line in told)
        move(trips, trips.with_name("b.parquet"))
        found = session.sniff(trips.with_name("b.parquet"))
        assert str(found).splitlines()[0] == "ParquetRecordsFormat"


def test_a_move_says_its_route_to_whoever_listens(
    trips: Path, pg_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "records_mover"):
        move(trips, f"{pg_url}::t", if_exists="drop")
    first, last = [record.getMessage() for record in caplog.records]
    assert first.startswith(f"moving {trips} (csv")
    assert first.endswith("::t by read > postgres-copy-in")
    assert last.startswith("moved 3 rows, ")


COPIES = {
    "a.csv": b'id,name\n1,"x\ny"\n2,z\n',
    "a.tsv": b"id\tname\n1\tx\n",
    "a.csv.gz": None,
    "a.jsonl": b'{"id": 1}\n{"id": 2}\n',
    "a.parquet": None,
    "a.avro": None,
}


@pytest.mark.parametrize("name", COPIES)
def test_what_was_only_copied_is_counted_when_somebody_asks(tmp_path: Path, name: str) -> None:
    source, target = tmp_path / name, tmp_path / f"copy-of-{name}"
    content = COPIES[name]
    if content is None:
        move(pa.table({"id": [1, 2, 3]}), source)
    else:
        source.write_bytes(content)
    result = move(source, target)
    assert result.rows is None
    assert result.route == ("copy",)
    assert target.read_bytes() == source.read_bytes()
    expected = {"a.csv": 2, "a.tsv": 1, "a.jsonl": 2}.get(name, 3)
    assert (result.move_count, result.move_count) == (expected, expected)


def test_a_folder_that_was_copied_is_counted(tmp_path: Path) -> None:
    move(pa.table({"id": [1, 2, 3]}), tmp_path / "a.parquet")
    into = targets.directory_from_url(f"{tmp_path}/out/", None)
    once = move(tmp_path / "a.parquet", into, target_format="parquet")
    assert once.move_count == 3
    again = move(f"{tmp_path}/out/", f"{tmp_path}/copy/", target_format="parquet")
    assert again.move_count == 3


# progress


@pytest.fixture
def slow() -> Callable[[], Any]:
    """Batches that take a second in all."""
    schema = pa.schema({"id": pa.int64()})

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(10):
            time.sleep(0.1)
            yield pa.record_batch([pa.array([number])], schema=schema)

    return lambda: pa.RecordBatchReader.from_batches(schema, batches())


def test_progress_is_told_while_the_move_runs(slow: Callable[[], Any], tmp_path: Path) -> None:
    told: list[Progress] = []
    result = move(slow(), tmp_path / "a.csv", progress=told.append)
    assert len(told) >= 3
    assert [one.done for one in told].count(True) == 1
    assert told[-1].done
    assert told[-1].fraction == 1.0
    assert all(0 <= one.rows <= 10 for one in told)
    assert sorted(told, key=lambda one: (one.bytes, one.seconds)) == told
    assert result.move_count == 10


def test_a_progress_that_raises_ends_the_move(slow: Callable[[], Any], tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def tell(progress: Progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        move(slow(), tmp_path / "a.csv", progress=tell)
    assert list(tmp_path.iterdir()) == []


def test_a_progress_that_raises_at_the_end_ends_nothing(
    trips: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def tell(progress: Progress) -> None:
        raise ZeroDivisionError

    assert move(trips, tmp_path / "b.parquet", progress=tell).move_count == 3
    assert "the move had ended well" in caplog.text


def test_a_move_that_fails_tells_no_end(trips: Path, pg_url: str) -> None:
    told: list[Progress] = []
    trips.write_text("id\nx\n")
    with pytest.raises(BadRowError):
        move(trips, targets.table(pg_url, None, "t"), schema=_integers(trips), progress=told.append)
    assert not any(one.done for one in told)


def _integers(beside: Path) -> Path:
    from records_mover.schema import Field, RecordsSchema

    path = beside.with_name("schema.json")
    path.write_text(RecordsSchema([Field("id", "integer")]).to_json())
    return path


def test_the_end_of_what_is_known_is_a_fraction() -> None:
    half: dict[str, Any] = {"rows": 1, "bytes": 50, "seconds": 1.0}
    assert Progress(**half).fraction is None
    assert Progress(**half, total_bytes=100).fraction == 0.5
    assert Progress(**half, total_rows=4).fraction == 0.25
    assert Progress(**half, total_bytes=10).fraction == 1.0


def test_a_meter_of_ones_own_has_the_figures(trips: Path, tmp_path: Path) -> None:
    meter = Meter()
    move(trips, tmp_path / "a.parquet", meter=meter)
    assert meter.rows == 3
    assert meter.total_bytes == trips.stat().st_size
