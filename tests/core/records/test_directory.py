"""Records directories are written in five steps, and read only when they are whole."""

from __future__ import annotations

import json
import shutil
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from records_mover import Session
from records_mover.errors import (
    MoverError,
    NotFoundError,
    RecordsException,
    RecordsFolderNonEmptyException,
    UsageError,
)
from records_mover.records.folders.directory import RecordsDirectory
from records_mover.schema import Field, RecordsSchema
from records_mover.url.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GZIP = {"compression": "GZIP"}
ROWS = 'id,name\n1,"a, b"\n2,\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def folder(tmp_path: Path, source: Path) -> Path:
    move(source, f"{tmp_path}/dir/")
    return tmp_path / "dir"


def move(source: object, target: object, **options: Any) -> None:
    with Session() as session:
        session.move(str(source), str(target), **options)


def test_a_directory_holds_data_manifest_schema_and_format(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {"data.csv", "_manifest", "_schema.json", "_format_delimited"}
    (entry,) = json.loads((folder / "_manifest").read_text())["entries"]
    assert entry["url"] == (folder / "data.csv").as_uri()
    assert (entry["mandatory"], entry["meta"]) == (True, {"content_length": len(ROWS)})
    assert list(json.loads((folder / "_schema.json").read_text())["fields"]) == ["id", "name"]


def test_a_directory_comes_back_as_it_was_also_elsewhere(folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.move(folder, moved)
    move(f"{moved}/", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == ROWS


def test_relative_entries_are_understood(folder: Path, tmp_path: Path) -> None:
    manifest = folder / "_manifest"
    manifest.write_text(json.dumps({"entries": [{"url": "data.csv"}]}))
    move(f"{folder}/", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == ROWS


def test_the_final_manifest_comes_last(folder: Path, source: Path, tmp_path: Path) -> None:
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert max(times, key=lambda name: times[name]) == "_manifest"


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "data.csv").unlink()
    with pytest.raises(NotFoundError, match=r"names 'file://.*data\.csv', which is not there"):
        move(f"{folder}/", tmp_path / "out.csv")


def test_another_length_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "data.csv").write_text(ROWS + "3,c\n")
    with pytest.raises(RecordsException, match="the manifest says 20"):
        move(f"{folder}/", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_directory_that_is_not_final_is_waited_for_and_then_refused(folder: Path) -> None:
    (folder / "_manifest").rename(folder / "manifest")
    started = time.monotonic()
    with pytest.raises(RecordsException, match="is not complete: it has no '_manifest'"):
        RecordsDirectory(LocalStore(), f"{folder}/", wait=0.3).parts()
    assert 0.3 <= time.monotonic() - started < 5


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{}",
        b"{",
        b'{"entries": {}}',
        b'{"entries": [1]}',
        b'{"entries": [{}]}',
        b'{"entries": [{"url": ""}]}',
        b'{"entries": [{"url": 7}]}',
        b'{"entries": [{"url": "data.csv", "meta": [1]}]}',
        b'{"entries": [{"url": "data.csv", "meta": {"content_length": "19"}}]}',
        b"\xff\xfe",
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, tmp_path: Path, text: bytes) -> None:
    (folder / "_manifest").write_bytes(text)
    with pytest.raises(RecordsException, match=r"write (it|the directory) again"):
        move(f"{folder}/", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_directory_without_files_has_no_rows(folder: Path, tmp_path: Path) -> None:
    (folder / "_manifest").write_text('{"entries": []}')
    (folder / "data.csv").unlink()
    with Session() as session:
        assert session.move(f"{folder}/", tmp_path / "out.csv").rows == 0
        assert session.move(f"{folder}/", f"{tmp_path}/again/").rows == 0
        assert session.schema(f"{folder}/").names == ("id", "name")
    assert (tmp_path / "out.csv").read_text() == "id,name\n"
    (folder / "_schema.json").unlink()
    with pytest.raises(RecordsException, match="has neither a file nor a schema"):
        move(f"{folder}/", tmp_path / "out.csv")


def test_a_folder_that_is_not_empty_is_no_target(folder: Path, source: Path) -> None:
    with pytest.raises(RecordsFolderNonEmptyException, match="is not empty"):
        move(source, f"{folder}/")


def test_a_failed_move_leaves_nothing_that_a_retry_trips_over(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv.gz"
    bad.write_bytes(b"\x1f\x8b\x08\x00 this is no gzip at all, whatever its first bytes say")
    target = f"{tmp_path}/dir/"
    with pytest.raises(MoverError):
        move(bad, target)
    good = tmp_path / "good.csv"
    good.write_text(ROWS)
    move(good, target)
    assert (tmp_path / "dir" / "_manifest").exists()


def several(folder: Path, count: int = 3, rows: int = 1) -> str:
    """Write some files of one header, and return what names them."""
    folder.mkdir()
    for number in range(count):
        (folder / f"part{number}.csv").write_text("id,name\n" + f"{number},x\n" * rows)
    return f"{folder}/"


WAYS: list[tuple[str, dict[str, Any]]] = [
    ("the bytes as they are", {}),
    ("packed", {"target_hints": {"compression": "GZIP"}}),
    ("of another dialect", {"target_variant": "bluelabs", "allow_lossy": "all"}),
]


@pytest.mark.parametrize("options", [way for _, way in WAYS], ids=[name for name, _ in WAYS])
def test_several_streams_are_written_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    source = several(tmp_path / "in", 3)
    together = threading.Barrier(3, timeout=20)
    real = LocalStore.write

    @contextmanager
    def meeting(self: LocalStore, url: str, **how: Any) -> Iterator[BinaryIO]:
        if "/data" in url:
            together.wait()
        with real(self, url, **how) as sink:
            yield sink

    monkeypatch.setattr(LocalStore, "write", meeting)
    move(source, f"{tmp_path}/dir/", **options)
    entries = json.loads((tmp_path / "dir" / "_manifest").read_text())["entries"]
    names = [entry["url"].rpartition("/")[2].partition(".")[0] for entry in entries]
    assert names == ["data001", "data002", "data003"]
    monkeypatch.undo()
    move(f"{tmp_path}/dir/", tmp_path / "all.csv", target_format="csv")
    assert (tmp_path / "all.csv").read_text() == "id,name\n0,x\n1,x\n2,x\n"


def test_rows_are_counted_whichever_stream_they_come_in(tmp_path: Path) -> None:
    source = several(tmp_path / "in", 4, 100_000)
    with Session() as session:
        result = session.move(
            source, f"{tmp_path}/dir/", target_variant="vertica", allow_lossy="all"
        )
    assert result.rows == 400_000
    assert len(result.output_urls) == 4


def test_one_stream_that_fails_takes_back_what_the_others_wrote(tmp_path: Path) -> None:
    source = several(tmp_path / "in", 3, 300_000)
    with (tmp_path / "in" / "part1.csv").open("a") as file:
        file.write("too,many,fields\n")
    told = tmp_path / "schema.json"
    told.write_text(RecordsSchema([Field("id", "string"), Field("name", "string")]).to_json())
    for known in ({}, {"schema": told}):
        with pytest.raises(MoverError, match=r"part1\.csv:300002: 3 fields"):
            move(source, f"{tmp_path}/dir/", target_variant="dumb", allow_lossy="all", **known)
        assert not any((tmp_path / "dir").glob("*"))


def test_a_folder_of_like_files_is_read_without_a_manifest(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"part{number}.csv").write_text(f"id,name\n{number},x\n")
    (tmp_path / "_SUCCESS").touch()
    out = tmp_path / "out" / "all.csv"
    out.parent.mkdir()
    move(f"{tmp_path}/", out)
    assert out.read_text() == "id,name\n1,x\n2,x\n"
    move(f"{tmp_path}/part*.csv", out)
    assert out.read_text() == "id,name\n1,x\n2,x\n"


def test_files_of_other_columns_are_not_mixed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    (tmp_path / "b.csv").write_text("id,other\n1,x\n")
    with pytest.raises(MoverError, match=r"b\.csv"):
        move(f"{tmp_path}/", tmp_path.parent / "mixed.csv")


def test_a_folder_of_parquet_files_as_spark_writes_them_is_read(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "spark"
    folder.mkdir()
    for number in (0, 1):
        table = pa.table({"id": pa.array([number], pa.int64()), "name": pa.array(["x"])})
        pq.write_table(table, folder / f"part-0000{number}-c000.snappy.parquet")
    (folder / "_SUCCESS").touch()
    (folder / ".part-00000.crc").touch()
    move(f"{folder}/", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "id,name\n0,x\n1,x\n"


def test_the_format_of_the_directory_is_believed(tmp_path: Path, source: Path) -> None:
    target = tmp_path / "dir"
    move(source, f"{target}/", target_variant="bluelabs")
    form = json.loads((target / "_format_delimited").read_text())
    assert form["variant"] == "bluelabs"
    move(f"{target}/", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == ROWS


# files of a wanted size


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.csv"
    path.write_text("id,name\n" + "".join(f'{n},"name, {n}"\n' for n in range(10_000)))
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "avro"])
def test_rows_go_into_files_of_so_many_rows(tmp_path: Path, many: Path, kind: str) -> None:
    target = tmp_path / "parts"
    move(many, f"{target}/", rows_per_file=3000, target_format=kind)
    names = sorted(path.name for path in target.iterdir() if path.name.startswith("data"))
    assert names == [f"data00{number}.{kind}" for number in (1, 2, 3, 4)]
    entries = json.loads((target / "_manifest").read_text())["entries"]
    sizes = {entry["url"].rsplit("/", 1)[-1]: entry["meta"]["content_length"] for entry in entries}
    assert sizes == {name: (target / name).stat().st_size for name in names}
    move(f"{target}/", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text() == many.read_text()


@pytest.mark.parametrize("form", [{}, {"target_format": "jsonl"}, {"target_hints": GZIP}])
def test_rows_go_into_files_of_about_so_many_bytes(
    tmp_path: Path, many: Path, form: dict[str, Any]
) -> None:
    target = tmp_path / "parts"
    move(many, f"{target}/", bytes_per_file=20_000, **form)
    sizes = [path.stat().st_size for path in sorted(target.glob("data*"))]
    assert len(sizes) > 1
    assert all(14_000 <= size <= 26_000 for size in sizes[:-1]), sizes
    move(f"{target}/", tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text() == many.read_text()


def test_no_rows_make_one_file_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("a,b\n")
    move(tmp_path / "none.csv", f"{tmp_path}/parts/", rows_per_file=5)
    assert (tmp_path / "parts" / "data001.csv").read_text() == "a,b\n"


def test_several_files_are_not_put_into_one_name(tmp_path: Path, source: Path) -> None:
    with pytest.raises(UsageError, match="is one file, and several were asked for"):
        move(source, tmp_path / "out.csv", rows_per_file=1)
    with pytest.raises(UsageError, match="cannot write 0 rows to a file"):
        move(source, f"{tmp_path}/dir/", rows_per_file=0)


def test_a_split_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n" + "1,2\n" * 10 + "1,2,3\n")
    schema = tmp_path / "schema.json"
    fields = {name: {"type": "integer"} for name in "ab"}
    schema.write_text(json.dumps({"schema": "bltypes/v1", "fields": fields}))
    with pytest.raises(MoverError, match="3 fields, but there are 2 columns"):
        move(tmp_path / "bad.csv", f"{tmp_path}/dir/", rows_per_file=2, schema=schema)
    assert list((tmp_path / "dir").iterdir()) == []


def test_the_command_makes_files_of_a_size(tmp_path: Path, many: Path) -> None:
    from click.testing import CliRunner

    from records_mover.cli.app import mvrec as main

    target = f"{tmp_path}/parts/"
    arguments = ["move", str(many), target, "--bytes-per-file", "50k", "--rows-per-file", "9999"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert len(list((tmp_path / "parts").glob("data*"))) > 2
    explained = CliRunner().invoke(
        main, ["explain", *arguments[1:2], f"{tmp_path}/more/", *arguments[3:]]
    )
    assert "at most 9,999 rows a file, about 50,000 bytes a file" in explained.output
    refused = CliRunner().invoke(main, [*arguments[:4], "much"])
    assert refused.exit_code == 2
    assert "is no size" in refused.output


# directories of the predecessor


def old_directory(folder: Path, ddl: str) -> list[dict[str, Any]]:
    """Read a directory without header and ``_schema.json`` whose columns SQL text declares."""
    import pyarrow.parquet as pq

    folder.mkdir()
    (folder / "data.csv").write_text("1,007,2.50,2020-01-02 03:04:05\n")
    (folder / "_schema").write_text(ddl)
    hints = {"compression": None}
    (folder / "_format_delimited").write_text(json.dumps({"variant": "bluelabs", "hints": hints}))
    entry = {"url": (folder / "data.csv").as_uri(), "mandatory": True}
    (folder / "_manifest").write_text(json.dumps({"entries": [entry]}))
    move(f"{folder}/", folder.parent / "out.parquet")
    rows: list[dict[str, Any]] = pq.read_table(folder.parent / "out.parquet").to_pylist()
    return rows


def test_the_sql_text_of_an_old_directory_gives_names_and_types(tmp_path: Path) -> None:
    ddl = """
    CREATE TABLE myschema.mytable (
        id INTEGER NOT NULL,
        "my ""code" VARCHAR(12) ENCODE lzo,
        price NUMERIC(10, 2),
        at TIMESTAMP WITHOUT TIME ZONE,
        PRIMARY KEY (id)
    )
    """
    (row,) = old_directory(tmp_path / "old", ddl)
    assert list(row) == ["id", 'my "code', "price", "at"]
    assert (row["id"], row['my "code'], str(row["price"])) == (1, "007", "2.50")
    assert row["at"].isoformat() == "2020-01-02T03:04:05"


def test_types_that_are_not_known_are_inferred_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ddl = "CREATE TABLE t (id BIGINT, code VARCHAR(3), price MONEY, at TIMESTAMP)"
    (row,) = old_directory(tmp_path / "old", ddl)
    assert (row["id"], row["code"], str(row["price"])) == (1, "007", "2.50")
    assert row["at"].tzinfo is None
    assert "no known type for price" in caplog.text


def test_text_that_is_no_sql_is_passed_over_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = old_directory(tmp_path / "old", "id int")
    assert list(row) == ["column_1", "column_2", "column_3", "column_4"]
    assert "is no CREATE TABLE: types are inferred" in caplog.text
