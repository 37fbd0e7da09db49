"""Rows go into Redshift by COPY, and come out of it by UNLOAD, on every route."""

from __future__ import annotations

import gzip
import io
import os
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from records_mover import targets
from records_mover.cli.values import parse_hint
from records_mover.errors import MoverError, NoRouteError
from records_mover.schema import Field, RecordsSchema
from support.packed import packed

if TYPE_CHECKING:
    from pathlib import Path

ROWS = b'id,name,price\n1,"a, b",1.50\n2,"two\nlines",\n3,,2.25\n4,x|y,0.00\n5,\\,7.10\n6,"",1\n'
VALUES = [
    (1, "a, b", "1.50"),
    (2, "two\nlines", None),
    (3, None, "2.25"),
    (4, "x|y", "0.00"),
    (5, "\\", "7.10"),
    (6, "", "1.00"),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trips.csv"
    path.write_bytes(ROWS)
    return path


def seen(warehouse: Any, table: str = "t") -> list[tuple[Any, ...]]:
    return [(i, n, None if p is None else str(p)) for i, n, p in warehouse.rows(table)]


def test_a_file_is_staged_and_copied(session: Any, warehouse: Any, file: Path) -> None:
    result = session.move(file, warehouse.url("t"))
    assert result.route[-2:] == ("stage", "redshift-copy")
    assert result.rows == 6
    assert seen(warehouse) == VALUES


def test_a_table_comes_back_as_a_file(
    session: Any, warehouse: Any, file: Path, tmp_path: Path
) -> None:
    session.move(file, warehouse.url("t"))
    out = tmp_path / "out.csv"
    result = session.move(warehouse.url("t"), out)
    assert result.route[0] == "redshift-unload"
    assert result.rows == 6
    session.move(out, warehouse.url("again"))
    assert seen(warehouse, "again") == VALUES


def test_postgres_goes_there_and_comes_back(
    session: Any, warehouse: Any, file: Path, pg_url: str
) -> None:
    session.move(file, f"{pg_url}::t")
    there = session.move(f"{pg_url}::t", warehouse.url("t"))
    assert there.route == ("postgres-copy-out", "stage", "redshift-copy")
    assert seen(warehouse) == VALUES
    back = session.move(warehouse.url("t"), f"{pg_url}::back")
    assert back.route[0] == "redshift-unload"
    session.move(f"{pg_url}::back", warehouse.url("again"))
    assert seen(warehouse, "again") == VALUES


def test_a_table_becomes_a_dataframe(session: Any, warehouse: Any, file: Path) -> None:
    session.move(file, warehouse.url("t"))
    frame = targets.dataframe()
    result = session.move(warehouse.url("t"), frame)
    assert result.rows == 6
    assert sorted(frame.frame["id"]) == [1, 2, 3, 4, 5, 6]


def test_an_object_that_fits_is_copied_where_it_is(
    session: Any, warehouse: Any, objects: Any
) -> None:
    body = gzip.compress(b"1,a\\,b,2.50\n2,\\N,\\N\n")
    url = objects.put("in/trips.csv.gz", body)
    warehouse.ask("create table t (id int, name varchar(20), price decimal(6,2))")
    result = session.move(url, warehouse.url("t"), variant="bluelabs", hints={"header-row": False})
    assert result.route == ("redshift-copy",)
    assert seen(warehouse) == [(1, "a,b", "2.50"), (2, None, None)]


def test_parquet_is_copied_whatever_the_integers_are(
    session: Any, warehouse: Any, objects: Any
) -> None:
    table = pa.table({"id": pa.array([1, 2], pa.int32()), "name": ["x", None]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    url = objects.put("in/t.parquet", sink.getvalue())
    warehouse.ask("create table t (name varchar(20), extra int default 7, id bigint)")
    result = session.move(url, warehouse.url("t"))
    assert result.route == ("redshift-copy",)
    assert result.rows == 2
    assert warehouse.rows("t", "id, name, extra") == [(1, "x", 7), (2, None, 7)]
    assert session.move(url, warehouse.url("made")).route == ("redshift-copy",)
    assert warehouse.rows("made") == [(1, "x"), (2, None)]


def test_a_table_is_unloaded_into_a_folder_of_parquet(
    session: Any, warehouse: Any, file: Path, objects: Any
) -> None:
    session.move(file, warehouse.url("t"))
    folder = objects.url("dir/")
    result = session.move(warehouse.url("t"), folder, target_format="parquet")
    assert result.route == ("redshift-unload",)
    assert result.rows == 6
    assert "dir/_manifest" in objects.names()
    assert "dir/manifest" not in objects.names()
    assert session.move(folder, warehouse.url("again")).route == ("redshift-copy",)
    assert seen(warehouse, "again") == VALUES


def test_an_empty_table_is_moved(session: Any, warehouse: Any, tmp_path: Path, pg_url: str) -> None:
    warehouse.ask("create table none (id int, name varchar(20))")
    assert session.move(warehouse.url("none"), tmp_path / "none.csv").rows == 0
    assert (tmp_path / "none.csv").read_bytes() == b"id,name\n"
    session.move(warehouse.url("none"), warehouse.url("copy"))
    session.move(warehouse.url("none"), f"{pg_url}::empty")
    session.move(f"{pg_url}::empty", warehouse.url("back"))
    assert warehouse.rows("back") == []


def test_a_query_is_a_source(session: Any, warehouse: Any, file: Path, tmp_path: Path) -> None:
    session.move(file, warehouse.url("t"))
    out = tmp_path / "out.csv"
    table = f"{warehouse.ask.schema}.t"
    query = f"select id, 'it''s \\\\ '||name as said from {table} where id < 2 limit 5"
    session.move(warehouse.url(), out, query=query)
    assert out.read_text() == 'id,said\n1,"it\'s \\ a, b"\n'


def test_without_scratch_few_rows_travel_as_statements(
    bare: Any, warehouse: Any, file: Path, tmp_path: Path
) -> None:
    assert bare.move(file, warehouse.url("t")).route[-1] == "redshift-insert"
    assert seen(warehouse) == VALUES
    out = tmp_path / "out.csv"
    assert bare.move(warehouse.url("t"), out).route[0] == "redshift-select"
    bare.move(out, warehouse.url("again"))
    assert seen(warehouse, "again") == VALUES


def test_many_rows_are_refused_without_scratch(
    bare: Any, warehouse: Any, file: Path, tmp_path: Path
) -> None:
    bare.move(file, warehouse.url("t"))
    with pytest.raises(NoRouteError, match="SCRATCH_S3_URL"):
        bare.move(warehouse.url("t", max_statement_rows="3"), tmp_path / "out.csv")


@pytest.mark.parametrize("there", [False, True], ids=["here", "in S3"])
@pytest.mark.parametrize(
    ("kind", "route"),
    [
        ("GZIP", ()),
        ("BZIP", ()),
        ("ZSTD", ()),
        ("LZO", ()),
        ("LZ4", ("read", "decompress", "stage")),
    ],
)
def test_a_packed_file_is_copied_as_it_is_or_unpacked_first(
    session: Any,
    warehouse: Any,
    objects: Any,
    tmp_path: Path,
    kind: str,
    route: tuple[str, ...],
    there: bool,
) -> None:
    data = b"id,name\n1,a\n2,\\N\n"
    content = packed(kind, data)
    source, schema = tmp_path / "in.csv.packed", tmp_path / "schema.json"
    source.write_bytes(content)
    schema.write_text(RecordsSchema([Field("id", "integer"), Field("name", "string")]).to_json())
    objects.client.put_object(Bucket=objects.bucket, Key=f"{objects.folder}/in", Body=content)
    named = f"s3://{objects.bucket}/{objects.folder}/in" if there else str(source)
    hints = {"header-row": True, "compression": kind}
    how = {"variant": "bluelabs", "hints": hints, "schema": schema}
    result = session.move(named, warehouse.url("t"), **how)
    way = route or (() if there else ("read", "stage"))
    assert (result.rows, result.route) == (2, (*way, "redshift-copy"))
    assert warehouse.rows("t") == [(1, "a"), (2, None)]
    if kind != "LZO":
        assert session.move(named, warehouse.url("u"), variant="bluelabs", hints=hints).rows == 2


def test_json_lines_in_s3_are_copied_by_name(session: Any, warehouse: Any, objects: Any) -> None:
    body = b'{"name": "a\\nb", "ID": 1}\n{"ID": 2, "name": null}\n'
    url = objects.put("in/t.jsonl", body)
    warehouse.ask("create table t (id int, name varchar(20))")
    result = session.move(url, warehouse.url("t"))
    assert result.route == ("redshift-copy",)
    assert warehouse.rows() == [(1, "a\nb"), (2, None)]


def test_avro_in_s3_is_copied_by_name(session: Any, warehouse: Any, objects: Any) -> None:
    table = pa.table({"name": ["a\nb", None], "id": pa.array([1, 2], pa.int32())})
    url = objects.url("in/t.avro")
    session.move(table, url)
    warehouse.ask("create table t (id int, name varchar(20))")
    result = session.move(url, warehouse.url("t"))
    assert result.route == ("redshift-copy",)
    assert warehouse.rows() == [(1, "a\nb"), (2, None)]
    assert session.move(url, warehouse.url("made")).route == ("redshift-copy",)
    assert warehouse.rows("made", "id, name") == [(1, "a\nb"), (2, None)]


def test_orc_in_s3_is_copied_by_position(
    session: Any, warehouse: Any, objects: Any, tmp_path: Path
) -> None:
    table = pa.table({"id": pa.array([1, 2], pa.int32()), "name": ["x", None]})
    sink = io.BytesIO()
    orc.write_table(table, sink)
    url = objects.put("in/t.orc", sink.getvalue())
    warehouse.ask("create table t (name varchar(20), extra int default 7, id bigint)")
    result = session.move(url, warehouse.url("t"), format="orc")
    assert result.route == ("redshift-copy",)
    assert warehouse.rows("t", "id, name, extra") == [(1, "x", 7), (2, None, 7)]
    session.move(url, warehouse.url("made"), format="orc")
    assert warehouse.rows("made") == [(1, "x"), (2, None)]
    with pytest.raises(NoRouteError):
        session.move(url, tmp_path / "out.csv", format="orc")
    damaged = objects.put("in/d.orc", b"ORC" + bytes(40))
    with pytest.raises(MoverError, match="is no ORC file"):
        session.move(damaged, warehouse.url("t"), format="orc")


def test_the_hint_that_a_refusal_advises_lets_copy_read_the_file(
    session: Any, warehouse: Any, objects: Any
) -> None:
    url = objects.put("in/plain.csv", b"id,name\n1,a\n2,\n")
    said = str(session.explain(url, warehouse.url("t")))
    advised, *_ = re.findall(r"with the hint (\S+?=\w+)", said)
    hints = dict([parse_hint(advised)])
    assert session.move(url, warehouse.url("t"), hints=hints).route == ("redshift-copy",)
    assert warehouse.rows("t") == [(1, "a"), (2, "")]


def test_what_is_staged_is_packed(
    session: Any, warehouse: Any, file: Path, pg_url: str, tmp_path: Path
) -> None:
    session.move(file, warehouse.url("t"))
    session.move(file, f"{pg_url}::t")
    session.move(f"{pg_url}::t", warehouse.url("t"))
    plain = tmp_path / "plain.csv"
    plain.write_bytes(b"id,name,price\n7,x,1.00\n")
    session.move(plain, warehouse.url("t"), hints={"null-marker": None})
    sent = [s for s in warehouse.statements("copy") if f'"{warehouse.ask.schema}"' in s]
    assert len(sent) == 3
    assert all(" ZSTD " in statement for statement in sent)
    assert warehouse.rows("t", "count(*)") == [(13,)]


def test_a_large_packed_file_is_cut_for_the_slices(
    session: Any, warehouse: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mover_redshift.load._FILE_BYTES", 1 << 20)
    path = tmp_path / "large.csv.gz"
    lines = b"".join(b"%d,%s\n" % (n, os.urandom(30).hex().encode()) for n in range(40_000))
    path.write_bytes(gzip.compress(b"id,name\n" + lines))
    result = session.move(path, warehouse.url("t"))
    assert result.rows == 40_000
    assert "decompress" in result.route or "decode" in result.route
    asked = "select count(distinct filename) from stl_load_commits where query ="
    (files,) = warehouse.ask(f"{asked} (select max(query) from stl_load_commits)")[0]
    assert files > 1


def test_parquet_is_partitioned_where_the_settings_say_so(
    session: Any, warehouse: Any, file: Path, objects: Any
) -> None:
    session.move(file, warehouse.url("t"))
    folder = objects.url("dir/")
    result = session.move(
        warehouse.url("t", unload_partition="id"), folder, target_format="parquet"
    )
    assert result.rows == 6
    assert any(name.startswith("dir/id=3/") for name in objects.names())
    assert session.move(folder, warehouse.url("again")).rows == 6


def test_files_are_as_many_as_the_slices_want(
    session: Any, warehouse: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mover_redshift.load._FILE_BYTES", 3 << 20)
    path = tmp_path / "large.csv"
    line = b",".join([b"x" * 60] * 4) + b"\n"
    path.write_bytes(b"a,b,c,d\n" + line * 40_000)
    session.move(path, warehouse.url("t"))
    asked = "select count(distinct filename) from stl_load_commits where query ="
    (files,) = warehouse.ask(f"{asked} (select max(query) from stl_load_commits)")[0]
    assert files > 1
    assert files % warehouse.ask("select count(*) from stv_slices")[0][0] == 0
