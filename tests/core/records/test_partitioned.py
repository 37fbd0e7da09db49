"""Folders partitioned by ``key=value``, as Spark, DuckDB and Arrow write them, are one table."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from records_mover import Session
from records_mover.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path


def moved(source: Path, target: Path) -> list[dict[str, Any]]:
    with Session() as session:
        session.move(f"{source}/", str(target))
    rows: list[dict[str, Any]] = pq.read_table(target).to_pylist()
    return sorted(rows, key=lambda row: int(row["id"]))


def test_what_duckdb_partitions_comes_back_whole(tmp_path: Path) -> None:
    folder = tmp_path / "duck"
    duckdb.sql(
        "copy (select i as id, 2020 + i % 3 as year, "
        "['a b', 'c/d', null][i % 3 + 1] as kind from range(9) t(i)) "
        f"to '{folder}' (format parquet, partition_by (year, kind))"
    )
    rows = moved(folder, tmp_path / "out.parquet")
    kinds = ["a b", "c/d", None]
    assert rows == [{"id": i, "year": 2020 + i % 3, "kind": kinds[i % 3]} for i in range(9)]


def test_csv_files_may_be_partitioned_too(tmp_path: Path) -> None:
    folder = tmp_path / "duck"
    duckdb.sql(
        "copy (select i as id, date '2024-01-01' + i::int as day from range(3) t(i)) "
        f"to '{folder}' (format csv, header, partition_by (day))"
    )
    days = [dt.date(2024, 1, 1 + i) for i in range(3)]
    assert moved(folder, tmp_path / "out.parquet") == [
        {"id": i, "day": day} for i, day in enumerate(days)
    ]


@pytest.fixture
def spark(tmp_path: Path) -> Path:
    """What Arrow writes, with the files that Spark puts beside it."""
    folder = tmp_path / "spark"
    table = pa.table({"id": [1, 2, 3], "zip": ["01234", "99999", None]})
    ds.write_dataset(
        table, folder, format="parquet", partitioning=["zip"], partitioning_flavor="hive"
    )
    pq.write_metadata(pa.schema([("id", pa.int64())]), folder / "_common_metadata")
    (folder / "_SUCCESS").touch()
    (folder / "._SUCCESS.crc").write_bytes(b"crc\0")
    (folder / "zip=01234" / ".part-0.parquet.crc").write_bytes(b"crc\0")
    return folder


def test_what_stands_beside_the_data_is_no_data(tmp_path: Path, spark: Path) -> None:
    assert moved(spark, tmp_path / "out.parquet") == [
        {"id": 1, "zip": "01234"},
        {"id": 2, "zip": "99999"},
        {"id": 3, "zip": None},
    ]


def test_the_plan_names_the_keys(spark: Path, tmp_path: Path) -> None:
    with Session() as session:
        plan = session.explain(f"{spark}/", str(tmp_path / "out.csv"))
    assert "parquet, partitioned by zip" in str(plan)
    assert plan.route.names == ("encode", "write")


def test_folders_of_different_keys_are_not_mixed(tmp_path: Path, spark: Path) -> None:
    other = spark / "town=x"
    other.mkdir()
    pq.write_table(pa.table({"id": [4]}), other / "part.parquet")
    with pytest.raises(FormatError, match="is not in folders of"):
        moved(spark, tmp_path / "out.parquet")


def test_a_folder_that_is_itself_named_so_adds_no_column(tmp_path: Path, spark: Path) -> None:
    assert moved(spark / "zip=01234", tmp_path / "out.parquet") == [{"id": 1}]


@pytest.mark.parametrize("depth", [1, 3])
def test_files_beside_the_folders_of_keys_are_not_read_alone(tmp_path: Path, depth: int) -> None:
    inner = tmp_path.joinpath("in", *[f"k{number}=1" for number in range(depth)])
    inner.mkdir(parents=True)
    for folder in (tmp_path / "in", inner):
        (folder / "a.csv").write_text("id\n1\n")
    with pytest.raises(FormatError, match=r"in folders by key more of them.*pattern"):
        moved(tmp_path / "in", tmp_path / "out.parquet")
    with Session() as session:
        assert session.move(f"{tmp_path}/in/*.csv", str(tmp_path / "out.parquet")).rows == 1
