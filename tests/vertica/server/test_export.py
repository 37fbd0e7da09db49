"""EXPORT TO, S3EXPORT and COPY from S3: what is written there, and who may."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from vertica.conftest import Ask, Objects

TABLE = "CREATE TABLE t (a INT, b VARCHAR(20), c NUMERIC(8,2), d TIMESTAMP)"


@pytest.fixture
def filled(ask: Ask, objects: Objects) -> Ask:
    """A session that may use S3, and a table."""
    ask(objects.session_parameters)
    ask(TABLE)
    data = '1|x\\|y|1.5|2020-01-01 12:00:00\n2|\\\\"q"|2.25|2020-01-02 00:00:00.000001\n3|||\n'
    assert ask.copy("COPY t FROM STDIN", data) == [3, 0]
    return ask


def _one(objects: Objects, folder: str) -> bytes:
    [name] = objects.names(folder)
    return objects.get(name)


def test_delimited_text_is_escaped_and_null_is_empty(filled: Ask, objects: Objects) -> None:
    export = f"EXPORT TO DELIMITED (directory = '{objects.url('out')}') AS SELECT * FROM t"
    assert filled(export) == [[3]]
    assert sorted(_one(objects, "out").splitlines()) == [
        b"1|x\\|y|1.50|2020-01-01 12:00:00",
        b'2|\\\\"q"|2.25|2020-01-02 00:00:00.000001',
        b"3|||",
    ]
    assert filled.error(export).startswith("7108 42710 Unable to export: directory")
    append = export.replace("') AS", "', ifDirExists = 'overwrite') AS")
    assert filled(append) == [[3]]
    assert len(objects.names("out")) == 1


def test_text_is_enclosed_and_has_a_header_where_that_is_asked_for(
    filled: Ask, objects: Objects
) -> None:
    filled(
        f"EXPORT TO DELIMITED (directory = '{objects.url('out')}', delimiter = ',',"
        " enclosedBy = '\"', escapeAs = '\"', nullAs = '', addHeader = true, filename = 'one.csv')"
        " AS SELECT a, b FROM t"
    )
    assert objects.names("out") == ["out/one.csv"]
    lines = objects.get("out/one.csv").splitlines()
    assert lines[0] == b'"a","b"'
    assert sorted(lines[1:]) == [b'"1","x|y"', b'"2","\\""q"""', b'"3",']


def test_parquet_has_the_types_of_the_columns(filled: Ask, objects: Objects) -> None:
    filled(
        f"EXPORT TO PARQUET (directory = '{objects.url('out')}', compression = 'zstd',"
        " int96AsTimestamp = false) AS SELECT * FROM t"
    )
    table = pq.read_table(io.BytesIO(_one(objects, "out"))).sort_by("a")
    assert [str(field.type) for field in table.schema] == [
        "int64", "string", "decimal128(8, 2)", "timestamp[us]",
    ]  # fmt: skip
    assert table.column("c").to_pylist() == [Decimal("1.50"), Decimal("2.25"), None]


def test_json_and_partitions(filled: Ask, objects: Objects) -> None:
    assert filled(
        f"EXPORT TO JSON (directory = '{objects.url('out')}', omitNullFields = true)"
        " OVER (PARTITION BY A) AS SELECT a, b FROM t"
    ) == [[3]]
    names = objects.names("out")
    assert sorted(name.split("/")[1] for name in names) == ["a=1", "a=2", "a=3"]
    found = [json.loads(objects.get(name)) for name in sorted(names)]
    assert found == [{"b": "x|y"}, {"b": '\\"q"'}, {}]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("EXPORT TO PARQUET (compression = 'x') AS SELECT 1", "3399 22023 EXPORT TO PARQUET needs"),
        ("EXPORT TO PARQUET (directory = 's3://b/x', delimiter = ',') AS SELECT 1", "3399 22023"),
        ("EXPORT TO PARQUET (directory = 's3://b/x', compression = 'lzo') AS SELECT 1",
         "3399 22023 Invalid value 'lzo' for parameter compression"),
        ("EXPORT TO PARQUET (directory = 's3://b/x') AS SELECT 1 ORDER BY 1", "5366 0A000 ORDER"),
        ("EXPORT TO CSV (directory = 's3://b/x') AS SELECT 1", "4856 42601"),
        ("EXPORT TO PARQUET (directory = 's3://b/x') SELECT 1", "4856 42601"),
        ("SELECT S3EXPORT(a USING PARAMETERS url = 's3://b/x', chunksize = 1) OVER() FROM t",
         "3399 22023 Invalid value '1' for parameter chunksize"),
        ("SELECT S3EXPORT(a USING PARAMETERS url = 's3://b/x', bogus = 1) OVER() FROM t",
         "3399 22023 S3EXPORT: unknown parameter 'bogus'"),
        ("SELECT S3EXPORT(a USING PARAMETERS url = 's3://b/x') FROM t", "4856 42601"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported_is_refused(ask: Ask, statement: str, why: str) -> None:
    ask("CREATE TABLE t (a INT)")
    assert ask.error(statement).startswith(why)


def test_s3export_writes_chunks_and_tells_their_urls(filled: Ask, objects: Objects) -> None:
    filled(
        "ALTER SESSION SET UDPARAMETER FOR awslib"
        f" aws_id = '{objects.server.access_key}', aws_secret = '{objects.server.secret_key}'"
    )
    [[rows, url]] = filled(
        f"SELECT S3EXPORT(a, b USING PARAMETERS url = '{objects.url('e/data.csv')}',"
        " delimiter = E'\\001', record_terminator = E'\\002', null_as = '\\N')"
        " OVER (PARTITION BEST) FROM t WHERE a < 3"
    )
    assert rows == 2
    [name] = objects.names("e")
    assert url == objects.url(name)
    assert sorted(objects.get(name).split(b"\2")) == [b"", b'"1"\1"x|y"', b'"2"\1"\\\\\\"q\\""']


def test_files_are_copied_from_s3_by_pattern(filled: Ask, objects: Objects) -> None:
    filled("DELETE FROM t")
    objects.put("in/1.csv", b"h\n1,x\n")
    objects.put("in/2.csv", b"h\n2,y\nbad\n")
    copy = f"COPY t (a, b) FROM '{objects.url('in/*.csv')}' ON ANY NODE DELIMITER ',' SKIP 1"
    assert filled(copy) == [[2]]
    assert filled("SELECT GET_NUM_ACCEPTED_ROWS(), GET_NUM_REJECTED_ROWS()") == [[2, 1]]
    missing = copy.replace("*.csv", "*.none")
    assert filled.error(missing).startswith("7226 58V01 No files match when expanding glob")


def test_parquet_is_loaded_by_position_and_type(filled: Ask, objects: Objects) -> None:
    filled("DELETE FROM t")
    table = pa.table({"x": [1, 2], "y": ["a", None]})
    out = io.BytesIO()
    pq.write_table(table, out)
    url = objects.put("in.parquet", out.getvalue())
    assert filled(f"COPY t (a, b) FROM '{url}' PARQUET") == [[2]]
    assert filled("SELECT a, b FROM t ORDER BY a") == [[1, "a"], [2, None]]
    assert "Datatype mismatch" in filled.error(f"COPY t (b, a) FROM '{url}' PARQUET")
    assert "2 columns" in filled.error(f"COPY t FROM '{url}' PARQUET")
    assert filled.error(f"COPY t FROM LOCAL '{url}' PARQUET").startswith("2863 0A000")
    by_name = "PARQUET (do_soft_schema_match_by_name = 'true')"
    assert filled(f"COPY t FROM '{url}' {by_name}") == [[2]]


def test_a_wrong_key_is_told_and_nothing_is_loaded(ask: Ask, objects: Objects) -> None:
    ask(TABLE)
    url = objects.put("x.csv", b"1|x|1|\n")
    assert "no AWS credentials" in ask.error(f"COPY t FROM '{url}'")
    ask(objects.session_parameters)
    ask(f"ALTER SESSION SET AWSAuth = '{objects.server.access_key}:wrong'")
    assert ask.error(f"COPY t FROM '{url}'").startswith("7127 58030 S3 request failed")
    ask(f"ALTER SESSION SET AWSAuth = '{objects.server.access_key}:x', AWSSessionToken = 'stale'")
    assert "ExpiredToken" in ask.error(f"COPY t FROM '{url}'")
    assert ask("SELECT count(*) FROM t") == [[0]]


def test_a_bucket_may_have_credentials_of_its_own(ask: Ask, objects: Objects) -> None:
    ask(TABLE)
    url = objects.put("x.csv", b"1|x|1|\n")
    server = objects.server
    config = [
        {"bucket": "vertica-data", "endpoint": f"127.0.0.1:{server.port}", "protocol": "http"}
    ]
    keys = [{"bucket": "vertica-data", "accessKey": server.access_key,
             "secretAccessKey": server.secret_key}]  # fmt: skip
    ask(f"ALTER SESSION SET S3BucketConfig = '{json.dumps(config)}'")
    ask(f"ALTER SESSION SET S3BucketCredentials = '{json.dumps(keys)}'")
    assert ask(f"COPY t FROM '{url}'") == [[1]]


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("AWSEndpoint = 'http://127.0.0.1:1'", "7105 22023 Invalid AWSEndpoint"),
        ("AWSNonsense = 'x'", '5183 42704 Unrecognized configuration parameter "AWSNonsense"'),
    ],
)
def test_a_setting_that_vertica_has_not_is_refused(ask: Ask, setting: str, why: str) -> None:
    assert ask.error(f"ALTER SESSION SET {setting}").startswith(why)
