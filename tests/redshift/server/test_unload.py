"""UNLOAD of the stand-in: the objects that it writes, their names, and the manifest."""

from __future__ import annotations

import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

MIB = 1 << 20


@pytest.fixture(autouse=True)
def table(ask: Any) -> None:
    """Five rows of a few types."""
    ask("create table t (id int, s varchar(20), b boolean, j super)")
    ask("""insert into t values (1, 'plain', true, json_parse('{"a": 1}')), (2, 'a|b,"c"', false,
        null), (3, '', null, null), (4, null, null, 'text'), (5, 'l' || chr(10) || 'n', true, 7)""")


def _unload(
    ask: Any, objects: Any, options: str, query: str = "select id, s, b from t order by id"
) -> None:
    query = query.replace("'", "''")
    ask(f"unload ('{query}') to '{objects.url('u/')}' iam_role default {options}")


def test_each_slice_writes_a_file(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "")
    assert objects.names() == [f"u/000{number}_part_00" for number in range(4)]
    assert objects.get("u/0000_part_00") == b"1|plain|t\n5|l\nn|t\n"
    assert ask("select pg_last_unload_count()") == [(5,)]
    (logged,) = ask(
        "select sum(line_count), count(*) from stl_unload_log where query = pg_last_unload_id()"
    )
    assert logged == (5, 4)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", '1|plain|t\n2|a|b,"c"|f\n3||\n4||\n5|l\nn|t\n'),
        ("null as '@'", '1|plain|t\n2|a|b,"c"|f\n3||@\n4|@|@\n5|l\nn|t\n'),
        ("escape null '\\N'", '1|plain|t\n2|a\\|b,"c"|f\n3||\\N\n4|\\N|\\N\n5|l\\\nn|t\n'),
        ("addquotes escape", ('"1"|"plain"|"t"\n"2"|"a\\|b,\\"c\\""|"f"\n"3"|""|\n"4"||\n'
         '"5"|"l\\\nn"|"t"\n')),
        ("csv", '1,plain,t\n2,"a|b,""c""",f\n3,,\n4,,\n5,"l\nn",t\n'),
        ("csv header delimiter '|'", 'id|s|b\n1|plain|t\n2|"a|b,""c"""|f\n3||\n4||\n5|"l\nn"|t\n'),
        ("delimiter '\\t'", '1\tplain\tt\n2\ta|b,"c"\tf\n3\t\t\n4\t\t\n5\tl\nn\tt\n'),
        ("fixedwidth 'id:1,s:7,b:1'", '1plain  t\n2a|b,"c"f\n3        \n4        \n5l\nn    t\n'),
        ("json", ('{"id":1,"s":"plain","b":"t"}\n{"id":2,"s":"a|b,\\"c\\"","b":"f"}\n'
         '{"id":3,"s":"","b":null}\n{"id":4,"s":null,"b":null}\n{"id":5,"s":"l\\nn","b":"t"}\n')),
    ],
)  # fmt: skip
def test_an_option_does_what_the_manual_says(
    ask: Any, objects: Any, options: str, expected: str
) -> None:
    _unload(ask, objects, f"parallel off {options}")
    assert objects.names() == ["u/000"]
    assert objects.get("u/000").decode() == expected


def test_codecs_and_extensions_name_the_files(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "parallel off gzip")
    assert gzip.decompress(objects.get("u/000.gz")).startswith(b"1|plain")
    _unload(ask, objects, "parallel off zstd csv extension 'csv.zst'")
    _unload(ask, objects, "parallel off bzip2")
    assert objects.names() == ["u/000.bz2", "u/000.csv.zst", "u/000.gz"]


def test_a_super_column_is_json_everywhere(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "parallel off json", "select id, j from t where j is not null")
    lines = objects.get("u/000").splitlines()
    assert [json.loads(line)["j"] for line in lines] == [{"a": 1}, "text", 7]
    _unload(ask, objects, "parallel off allowoverwrite", "select j from t where id = 4")
    assert objects.get("u/000") == b'"text"\n'


def test_parquet_has_the_types_of_the_columns(ask: Any, objects: Any) -> None:
    query = "select id, s, b, j, 1.25::decimal(8,2) d, '2020-01-02'::date a from t"
    _unload(ask, objects, "parallel off parquet", query)
    found = pq.read_table(io.BytesIO(objects.get("u/000.parquet")))
    kinds = ["int32", "string", "bool", "string", "decimal128(8, 2)", "date32[day]"]
    assert [str(kind) for kind in found.schema.types] == kinds
    assert found.column("d").to_pylist() == [Decimal("1.25")] * 5
    said = ask.error(
        f"unload ('select ''a''::varbyte') to '{objects.url('v/')}' iam_role default parquet"
    )
    assert said.startswith("0A000 varbyte is not supported for UNLOAD to PARQUET")


def test_rows_are_partitioned_as_hive_does(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "parquet partition by (b) manifest")
    paths = {name.split("/")[1] for name in objects.names()} - {"manifest"}
    assert paths == {"b=t", "b=f", "b=__HIVE_DEFAULT_PARTITION__"}
    (name,) = objects.names("u/b=f/")
    assert pq.read_table(io.BytesIO(objects.get(name))).column_names == ["id", "s"]
    assert len(json.loads(objects.get("u/manifest"))["entries"]) == len(objects.names()) - 1
    _unload(ask, objects, "parquet partition by (b) include cleanpath")
    (name,) = objects.names("u/b=f/")
    assert pq.read_table(io.BytesIO(objects.get(name))).column_names == ["id", "s", "b"]


def test_a_verbose_manifest_counts_header_lines(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "csv header manifest verbose")
    said = json.loads(objects.get("u/manifest"))
    first = said["entries"][0]
    assert first["url"] == objects.url("u/0000_part_00")
    size = len(objects.get("u/0000_part_00"))
    assert first["meta"] == {"content_length": size, "record_count": 3}
    assert said["meta"]["record_count"] == 5 + 4
    assert said["schema"]["elements"][:2] == [
        {"name": "id", "type": {"base": "integer"}},
        {"name": "s", "type": {"base": "character varying", "max_length": 20}},
    ]
    assert said["author"] == {"name": "Amazon Redshift", "version": "1.0.0"}


def test_files_are_cut_at_maxfilesize(ask: Any, objects: Any) -> None:
    _unload(
        ask,
        objects,
        "parallel off maxfilesize 5 mb",
        "select repeat('x', 1000000) from generate_series(1, 12)",
    )
    sizes = [len(objects.get(name)) for name in objects.names()]
    assert objects.names() == ["u/000", "u/001", "u/002"]
    assert max(sizes) <= 5 * MIB


def test_nothing_is_overwritten_by_accident(ask: Any, objects: Any) -> None:
    objects.put("u/old", "left")
    _unload(ask, objects, "parallel off")
    said = ask.error(f"unload ('select 1') to '{objects.url('u/')}' iam_role default parallel off")
    assert said.startswith("XX000 Specified unload destination on S3 is not empty.")
    _unload(ask, objects, "parallel off allowoverwrite", "select 7")
    assert (objects.get("u/000"), objects.names()) == (b"7\n", ["u/000", "u/old"])
    _unload(ask, objects, "parallel off cleanpath", "select 8")
    assert objects.names() == ["u/000"]


def test_what_is_written_outlives_a_rollback(ask: Any, objects: Any) -> None:
    ask("begin")
    _unload(ask, objects, "parallel off")
    ask("rollback")
    assert objects.names() == ["u/000"]


def test_zero_rows_make_empty_files_of_text_and_none_of_json(ask: Any, objects: Any) -> None:
    _unload(ask, objects, "csv", "select id from t where id > 9")
    assert [objects.get(name) for name in objects.names()] == [b""] * 4
    _unload(ask, objects, "json cleanpath", "select id from t where id > 9")
    assert objects.names() == []


def test_the_query_is_checked_as_any_other(ask: Any, objects: Any) -> None:
    head = f"to '{objects.url('u/')}' iam_role default"
    assert ask.error(f"unload ('select * from t limit 3') {head}").startswith("0A000 Limit clause")
    ask(f"unload ('select * from (select * from t limit 3)') {head}")
    assert ask.error(f"unload ('delete from t') {head}").startswith("42601")
    assert ask.error(f"unload ('select * from gone') {head}").startswith("42P01")
    assert "duplicate column" in ask.error(f"unload ('select 1 a, 2 a') {head} json")


def test_what_was_unloaded_loads_again(ask: Any, objects: Any) -> None:
    """Two round trips that the manual describes."""
    ask("create table u (like t)")
    _unload(ask, objects, "escape null as '\\N' manifest", "select * from t")
    ask(f"copy u from '{objects.url('u/manifest')}' iam_role default escape manifest")
    assert ask("select * from u order by id") == ask("select * from t order by id")
    ask("delete from u")
    _unload(ask, objects, "csv null as '@@' cleanpath header", "select * from t")
    ask(f"copy u from '{objects.url('u/')}' iam_role default csv null as '@@' ignoreheader 1")
    assert ask("select * from u order by id") == ask("select * from t order by id")
