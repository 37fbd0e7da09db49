"""External schemas and tables of the stand-in."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def schema(ask: Any) -> Iterator[str]:
    """An external schema for this test alone."""
    name = f"x_{ask.schema}"
    ask(
        f"create external schema {name} from data catalog database 'lake'"
        " iam_role default create external database if not exists"
    )
    yield name
    ask(f"drop schema {name} cascade")


def _parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _ids(*values: int) -> Any:
    return pa.array(values, pa.int32())


def test_a_table_reads_what_lies_there_now(ask: Any, objects: Any, schema: str) -> None:
    objects.put("t/one", _parquet(b=["x"], a=_ids(1)))
    ask(
        f"create external table {schema}.t (a int, b varchar(3)) stored as parquet"
        f" location '{objects.url('t/')}'"
    )
    assert ask(f"select a, b from {schema}.t") == [(1, "x")]
    objects.put("t/two", _parquet(a=_ids(2)))
    for hidden in ("t/_committed", "t/.x", "t/old~", "t2/three"):
        objects.put(hidden, "no parquet")
    assert ask(f"select a, b from {schema}.t order by a") == [(1, "x"), (2, None)]
    objects.put("v2/one", _parquet(a=_ids(7), b=["z"]))
    ask(f"alter table {schema}.t set location '{objects.url('v2/')}'")
    assert ask(f"select * from {schema}.t") == [(7, "z")]
    objects.put("v2/bad", _parquet(a=["text"]))
    assert "incompatible Parquet schema" in ask.error(f"select * from {schema}.t")


def test_partitions_are_registered_one_by_one(ask: Any, objects: Any, schema: str) -> None:
    objects.put("t/d=1/one", _parquet(a=_ids(1)))
    objects.put("t/d=2/one", _parquet(a=_ids(2)))
    ask(
        f"create external table {schema}.t (a int) partitioned by (d int) stored as parquet"
        f" location '{objects.url('t/')}'"
    )
    assert ask(f"select * from {schema}.t") == []
    add = f"alter table {schema}.t add if not exists partition (d=1) location"
    for _ in range(2):
        ask(f"{add} '{objects.url('t/d=1/')}'")
    ask(f"alter table {schema}.t add partition (d='2') location '{objects.url('t/d=2/')}'")
    assert ask(f"select a, d from {schema}.t order by a") == [(1, 1), (2, 2)]
    found = ask(
        "select values, location from svv_external_partitions where schemaname = %s order by 1",
        schema,
    )
    assert found == [('["1"]', objects.url("t/d=1/")), ('["2"]', objects.url("t/d=2/"))]
    ask(f"alter table {schema}.t drop partition (d='1')")
    assert ask(f"select a from {schema}.t") == [(2,)]
    objects.put("t3/one", _parquet(a=_ids(3)))
    ask(f"alter table {schema}.t partition (d='2') set location '{objects.url('t3/')}'")
    assert ask(f"select a, d from {schema}.t") == [(3, 2)]
    null = "(d='__HIVE_DEFAULT_PARTITION__')"
    ask(f"alter table {schema}.t add partition {null} location '{objects.url('t/d=1/')}'")
    assert ask(f"select a, d from {schema}.t order by a") == [(1, None), (3, 2)]
    where = f"location '{objects.url('t3/')}'"
    too_many = " ".join(f"partition (d='{n}') {where}" for n in range(101))
    for said in (
        f"add partition (d='2') {where}",
        f"add partition (e='2') {where}",
        f"partition (d='9') set {where}",
        f"add {too_many}",
    ):
        assert ask.error(f"alter table {schema}.t {said}")[:5] in ("XX000", "54000")


def test_a_manifest_may_be_the_location(ask: Any, objects: Any, schema: str) -> None:
    url = objects.put("a", _parquet(a=_ids(5)))
    listed = objects.put("m", json.dumps({"entries": [{"url": url}]}))
    ask(f"create external table {schema}.t (a int) stored as parquet location '{listed}'")
    assert ask(f"select * from {schema}.t") == [(5,)]


def test_text_files_are_read_by_their_properties(ask: Any, objects: Any, schema: str) -> None:
    objects.put("t/one", "a;b\n1;x\n2;~\n")
    ask(
        f"create external table {schema}.t (a int, b varchar(9)) row format delimited fields"
        f" terminated by ';' stored as textfile location '{objects.url('t/')}' table properties"
        " ('skip.header.line.count'='1', 'serialization.null.format'='~')"
    )
    assert ask(f"select * from {schema}.t order by a") == [(1, "x"), (2, None)]


def test_the_catalog_shows_external_tables_apart(ask: Any, objects: Any, schema: str) -> None:
    ask(
        f"create external table {schema}.t (a int, b varchar(9), c double precision)"
        f" partitioned by (d date) stored as parquet location '{objects.url('t/')}'"
    )
    columns = ask(
        "select columnname, external_type, part_key from svv_external_columns"
        " where schemaname = %s order by columnnum",
        schema,
    )
    assert columns == [
        ("a", "int", 0),
        ("b", "varchar(9)", 0),
        ("c", "double", 0),
        ("d", "date", 1),
    ]
    (table,) = ask(
        "select tablename, location from svv_external_tables where schemaname = %s", schema
    )
    assert table == ("t", objects.url("t/"))
    assert ask("select databasename from svv_external_schemas where schemaname = %s", schema) == [
        ("lake",)
    ]
    assert ask(
        "select count(*) from pg_class where relname = 't' and relnamespace ="
        " (select oid from pg_namespace where nspname = %s)",
        schema,
    ) == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "create external table public.t (a int) stored as parquet location 's3://b/k/'",
        "create external table {}.t (a int) location 's3://b/k/' stored as parquet",
        "create external table {}.t (a int not null) stored as parquet location 's3://b/k/'",
        "create external table {}.t (a int) stored as csv location 's3://b/k/'",
        "create external table {}.t (a int) stored as parquet location 'hdfs://b/k/'",
        "create external schema s from data catalog",
    ],
)
def test_what_the_manual_does_not_have_is_refused(ask: Any, schema: str, sql: str) -> None:
    assert ask.error(sql.format(schema))[:5] in {"42601", "3F000", "22023"}


def test_decimals_and_properties_of_external_tables(ask: Any, objects: Any, schema: str) -> None:
    from decimal import Decimal

    cents = pa.array([Decimal("1.50"), None], pa.decimal128(12, 2))
    objects.put("d/one", _parquet(d=cents))
    ask(
        f"create external table {schema}.d (d decimal(12,2)) stored as parquet"
        f" location '{objects.url('d/')}' table properties ('numRows'='1')"
    )
    assert ask(f"select d from {schema}.d order by 1") == [(Decimal("1.50"),), (None,)]
    ask(f"alter table {schema}.d set table properties ('numRows'='2')")
    asked = "select parameters from svv_external_tables where schemaname = %s"
    assert json.loads(ask(asked, schema)[0][0]) == {"numRows": "2"}
