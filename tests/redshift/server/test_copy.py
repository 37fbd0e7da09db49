"""COPY of the stand-in: what is read, how, and what is said of what cannot be."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

if TYPE_CHECKING:
    from support.s3 import S3Server

TABLE = "create table t (id int, s varchar(5), d decimal(8,2))"
Rows = list[tuple[Any, ...]]


def _loaded(ask: Any, objects: Any, data: bytes | str, options: str = "") -> Rows:
    """Load one object into ``t`` and return what is there."""
    ask(f"copy t from '{objects.put('one', data)}' iam_role default {options}")
    return list(ask("select * from t"))


def test_delimited_text_is_the_default(ask: Any, objects: Any) -> None:
    ask(TABLE)
    rows = _loaded(ask, objects, "1|é|20.259\n2||\n\\N|\\N|-0.999|\n")
    assert rows == [(1, "é", Decimal("20.25")), (2, "", None), (None, None, Decimal("-0.99"))]
    assert ask("select pg_last_copy_count()") == [(3,)]
    notice = ask.connection.notices[-1]
    assert notice == "INFO:  Load into table 't' completed, 3 record(s) loaded successfully.\n"
    (commit,) = ask(
        "select trim(filename), lines_scanned from stl_load_commits where query = pg_last_copy_id()"
    )
    assert commit == (objects.url("one"), 3)


@pytest.mark.parametrize(
    ("options", "data", "expected"),
    [
        ("roundec", "1|a|20.255", (1, "a", Decimal("20.26"))),
        ("escape", "1|a\\|\\\\b|1", (1, "a|\\b", Decimal(1))),
        ("escape", "1|a\\\nb|1", (1, "a\nb", Decimal(1))),
        ("escape", "1|\\N|1", (1, None, Decimal(1))),
        ("removequotes", "1|\"a|b\"|'1'", (1, "a|b", Decimal(1))),
        ("null as 'nil'", "1|nil|nil", (1, None, None)),
        ("emptyasnull", "1||1", (1, None, Decimal(1))),
        ("blanksasnull", "1|  |1", (1, None, Decimal(1))),
        ("trimblanks", "1|a  |1", (1, "a", Decimal(1))),
        ("fillrecord", "1", (1, "", None)),
        ("truncatecolumns", "1|abcdé|1", (1, "abcd", Decimal(1))),
        ("acceptinvchars '^'", b"1|a\xff\xc3|1", (1, "a^^", Decimal(1))),
        ("delimiter '\\t'", "1\ta\t1", (1, "a", Decimal(1))),
        ("delimiter '\\001'", "1\x01a\x011", (1, "a", Decimal(1))),
        ("ignoreheader 1", "id|s|d\n1|a|1", (1, "a", Decimal(1))),
        ("ignoreblanklines", "\n1|a|1\n\n", (1, "a", Decimal(1))),
        ("fixedwidth 'id:2,s:3,d:4'", "1 a  1.5 \n", (1, "a", Decimal("1.50"))),
        ("csv", '1, "a,""b" ,1\n', (1, 'a,"b', Decimal(1))),
        ("csv", '1,"a\nb",1\n', (1, "a\nb", Decimal(1))),
        ("csv quote as '%' delimiter ';'", "1;%a;%;1\r\n", (1, "a;", Decimal(1))),
        ("csv null as '@'", '1,"@",@', (1, None, None)),
        ("encoding utf16le", "1|é|1".encode("utf-16-le"), (1, "é", Decimal(1))),
        ("gzip", gzip.compress(b"1|a|1", mtime=0), (1, "a", Decimal(1))),
        ("bzip2", bz2.compress(b"1|a|1"), (1, "a", Decimal(1))),
        ("zstd", pa.compress(b"1|a|1", "zstd", asbytes=True), (1, "a", Decimal(1))),
        ("json 'auto'", '{"id": 1, "x": 2, "s": "a\\n"}', (1, "a\n", None)),
        ("json 'auto ignorecase'", '{"ID": 1}\n', (1, None, None)),
    ],
)  # fmt: skip
def test_an_option_does_what_the_manual_says(
    ask: Any, objects: Any, options: str, data: bytes | str, expected: tuple[Any, ...]
) -> None:
    ask(TABLE)
    assert _loaded(ask, objects, data, options) == [expected]


@pytest.mark.parametrize(
    ("line", "options", "column", "code", "reason"),
    [
        ("x|a|1", "", "id", 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"),
        ("1.0|a|1", "", "id", 1207, "Invalid digit, Value '.', Pos 1, Type: Integer"),
        ("2147483648|a|1", "", "id", 1204, "Overflow, Value '2147483648', Pos 0, Type: Integer"),
        ("1|abcdef|1", "", "s", 1204, "String length exceeds DDL length"),
        ("1|ééé|1", "", "s", 1204, "String length exceeds DDL length"),
        ("1|a|1234567", "", "d", 1207, "Numeric data overflow (result precision)"),
        ("1|a", "", "", 1214, "Delimiter not found"),
        ("1|a|1|2", "", "", 1202, "Extra column(s) found"),
        ("1|a\0b|1", "", "", 1214, "Delimiter not found"),
        ("1|'a|1", "removequotes", "", 1214, "Delimited value missing end quote"),
        ('1,"a"b,1', "csv", "", 1214,
         "Invalid quote formatting for CSV. Unexpected character 0x62 found at location 5"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line_column_and_code(
    ask: Any, objects: Any, line: str, options: str, column: str, code: int, reason: str
) -> None:
    ask(TABLE)
    good = "1,a,1" if options == "csv" else "1|a|1"
    url = objects.put("bad", f"{good}\n{line}\n")
    said = ask.error(f"copy t from '{url}' iam_role default {options}")
    assert said == (
        "XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details."
    )
    assert [row[:4] for row in ask.load_errors()] == [(2, column, code, reason)]
    assert ask("select count(*) from t") == [(0,)]
    assert ask("select pg_last_copy_count()") == [(0,)]
    shown = ask(
        "select trim(file_name), line_number from sys_load_error_detail"
        " where query_id = (select max(query_id) from sys_load_error_detail)"
    )
    assert shown == [(url, 2)]


def test_the_error_tables_outlive_a_rollback(ask: Any, objects: Any) -> None:
    ask(TABLE)
    ask("begin")
    ask("insert into t values (9)")
    ask.error(f"copy t from '{objects.put('bad', 'x|a|1')}' iam_role default")
    assert ask.error("select 1").startswith("25P02")
    ask("rollback")
    assert len(ask.load_errors()) == 1
    assert ask("select count(*) from t") == [(0,)]


def test_maxerror_lets_fewer_errors_pass(ask: Any, objects: Any) -> None:
    ask(TABLE)
    url = objects.put("some", "x|a|1\n1|a|1\ny|b|2\n")
    ask.error(f"copy t from '{url}' iam_role default maxerror 2")
    ask(f"copy t from '{url}' iam_role default maxerror 3")
    assert ask("select pg_last_copy_count(), count(*) from t") == [(1, 1)]
    assert "2 record(s) could not be loaded" in "".join(ask.connection.notices)
    ask(f"copy t from '{url}' iam_role default ignoreallerrors")
    assert ask("select count(*) from t") == [(2,)]


def test_noload_checks_and_loads_nothing(ask: Any, objects: Any) -> None:
    ask(TABLE)
    assert _loaded(ask, objects, "1|a|1", "noload") == []
    ask.error(f"copy t from '{objects.put('bad', 'x|a|1')}' iam_role default noload")


def test_a_key_prefix_is_a_prefix_and_no_folder(ask: Any, objects: Any) -> None:
    ask(TABLE)
    for name in ("part", "part.bak", "part2/x", "other"):
        objects.put(name, f"1|{name[:5]}|1")
    ask(f"copy t from '{objects.url('part')}' iam_role default")
    assert ask("select count(*) from t") == [(3,)]
    said = ask.error(f"copy t from '{objects.url('none')}' iam_role default")
    assert said == f"XX000 The specified S3 prefix '{objects.folder}/none' does not exist"


def test_a_manifest_says_what_is_loaded(ask: Any, objects: Any) -> None:
    ask(TABLE)
    url = objects.put("one", "1|a|1")
    entries: list[dict[str, Any]] = [{"url": url}, {"url": url}, {"url": objects.url("gone")}]
    listed = objects.put("m1", json.dumps({"entries": entries}))
    ask(f"copy t from '{listed}' iam_role default manifest")
    assert ask("select count(*) from t") == [(2,)]
    entries[2]["mandatory"] = True
    listed = objects.put("m2", json.dumps({"entries": entries}))
    assert "NoSuchKey" in ask.error(f"copy t from '{listed}' iam_role default manifest")
    only_gone = objects.put("m3", json.dumps({"entries": [{"url": objects.url("gone")}]}))
    assert "does not exist" in ask.error(f"copy t from '{only_gone}' iam_role default manifest")
    assert "Invalid manifest" in ask.error(f"copy t from '{url}' iam_role default manifest")


def test_credentials_are_checked_where_the_objects_lie(
    ask: Any, objects: Any, redshift_s3: S3Server
) -> None:
    ask(TABLE)
    head = f"copy t from '{objects.put('one', '1|a|1')}'"
    key = f"access_key_id '{redshift_s3.access_key}'"
    secret = redshift_s3.secret_key
    ask(f"{head} {key} secret_access_key '{secret}'")
    pair = f"aws_access_key_id={redshift_s3.access_key};aws_secret_access_key={secret}"
    ask(f"{head} with credentials as '{pair}'")
    assert "InvalidAccessKeyId" in ask.error(
        f"{head} access_key_id 'AKIAUNKNOWN' secret_access_key 'x'"
    )
    assert "SignatureDoesNotMatch" in ask.error(f"{head} {key} secret_access_key 'wrong'")
    assert "ExpiredToken" in ask.error(
        f"{head} {key} secret_access_key '{secret}' session_token 'stale'"
    )
    other = "arn:aws:iam::123456789012:role/other"
    assert "not authorized to assume IAM Role" in ask.error(f"{head} iam_role '{other}'")


def test_another_region_must_be_named(ask: Any, redshift_s3: S3Server) -> None:
    ask(TABLE)
    redshift_s3.client().put_object(Bucket="redshift-elsewhere", Key="one", Body=b"1|a|1")
    head = "copy t from 's3://redshift-elsewhere/one' iam_role default"
    assert "Status 301,Error PermanentRedirect" in ask.error(head)
    assert "Status 301" in ask.error(f"{head} region 'ap-south-1'")
    ask(f"{head} region 'eu-west-1'")


def test_identity_columns_need_explicit_ids(ask: Any, objects: Any) -> None:
    ask("create table t (id bigint identity(10,5), s varchar(5))")
    assert _loaded(ask, objects, "a\nb\n") == [(10, "a"), (15, "b")]
    url = objects.put("ids", "7|c\n")
    assert "EXPLICIT_IDS" in ask.error(f"copy t (id, s) from '{url}' iam_role default")
    ask(f"copy t from '{url}' iam_role default explicit_ids")
    assert ask("select s from t where id = 7") == [("c",)]
    assert ask.error("insert into t values (1, 'x')").startswith("428C9")


def test_defaults_fill_columns_that_are_not_listed(ask: Any, objects: Any) -> None:
    ask("create table t (id int, n int default 1000, s varchar(9) not null)")
    url = objects.put("one", "1|x\n2|\n")
    ask(f"copy t (id, s) from '{url}' iam_role default")
    assert ask("select * from t order by 1") == [(1, 1000, "x"), (2, 1000, "")]
    bad = objects.put("null", "3|\\N\n")
    ask.error(f"copy t (id, s) from '{bad}' iam_role default")
    assert ask.load_errors()[0][1:4] == ("s", 1213, "Missing data for not-null field")


MOMENTS = [
    ("", "2020-01-02|2020-01-02 03:04:05.123456|2020-01-02 03:04:05+02", None),
    ("dateformat 'DD.MM.YYYY' timeformat 'MM/DD/YYYY HH12:MI:SS AM'",
     "02.01.2020|01/02/2020 03:04:05.123456 AM|01/02/2020 01:04:05 AM", None),
    ("dateformat 'auto' timeformat 'auto'",
     "Jan 02 2020|2020-01-02T03:04:05.123456|2020-01-02T03:04:05+02:00", None),
    ("", "02.01.2020||", (1205, "Invalid Date Format")),
    ("", "2020-1||", (1205, "Invalid Date Format - length must be 10 or more")),
    ("", "|2020-01-02T03:04:05|",
     (1206, "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]")),
    ("", "2020-02-30||", (1205, "Invalid Date Format")),
]  # fmt: skip


@pytest.mark.parametrize(("options", "line", "problem"), MOMENTS)
def test_dates_and_times_are_read_by_their_formats(
    ask: Any, objects: Any, options: str, line: str, problem: tuple[int, str] | None
) -> None:
    ask("create table t (a date, b timestamp, c timestamptz)")
    url = objects.put("one", line)
    if problem is not None:
        ask.error(f"copy t from '{url}' iam_role default {options}")
        assert ask.load_errors()[0][2:4] == problem
        ask(f"copy t from '{url}' iam_role default acceptanydate {options}")
        return
    ask(f"copy t from '{url}' iam_role default {options}")
    ((date, moment, zoned),) = ask("select * from t")
    assert (date, moment) == (dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5, 123456))
    assert zoned == dt.datetime(2020, 1, 2, 1, 4, 5, tzinfo=dt.UTC)


def test_epochs_are_read_when_asked_for(ask: Any, objects: Any) -> None:
    ask("create table t (a timestamp)")
    (row,) = _loaded(ask, objects, "1577934245678\n", "timeformat 'epochmillisecs'")
    assert row == (dt.datetime(2020, 1, 2, 3, 4, 5, 678000),)


def test_semistructured_and_binary_columns_take_text(ask: Any, objects: Any) -> None:
    ask("create table t (s super, v varbyte(3), g geometry, z timetz, b boolean, f float8)")
    line = '{"a" : [1, 2.50]}|0a0B|0101000000000000000000F03F0000000000000040|01:02:03+02|yes|NaN'
    ((s, v, g, z, b, f),) = _loaded(ask, objects, line)
    assert (s, v, b) == ('{"a":[1,2.50]}', "0a0b", True)
    assert g.startswith("0101")
    assert z.utcoffset() == dt.timedelta(hours=2)
    assert f != f
    ask.error(f"copy t from '{objects.put('bad', 'not json|||||')}' iam_role default")
    assert ask.load_errors()[0][1:3] == ("s", 1224)


def test_int64_bounds_decimals_of_nineteen_digits(ask: Any, objects: Any) -> None:
    ask("create table t (a decimal(19,0), b decimal(38,0))")
    nines = "9" * 38
    assert _loaded(ask, objects, f"9223372036854775807|{nines}")[0][1] == Decimal(nines)
    ask.error(f"copy t from '{objects.put('big', '9223372036854775808|1')}' iam_role default")
    assert ask.load_errors()[0][3] == "Numeric data overflow (result precision)"


def test_multibyte_text_is_refused_in_char(ask: Any, objects: Any) -> None:
    ask("create table t (c char(4), v varchar(4))")
    ask.error(f"copy t from '{objects.put('one', 'é|x')}' iam_role default")
    said = (
        "Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: c3 a9"
    )
    assert ask.load_errors()[0][2:4] == (1220, said)
    url = objects.put("two", b"x|a\xff")
    ask.error(f"copy t from '{url}' iam_role default")
    assert ask.load_errors()[0][3].endswith("Bad UTF8 hex sequence: ff (error 3)")


def test_parquet_goes_by_place_and_type(ask: Any, objects: Any) -> None:
    import pyarrow.parquet as pq

    def parquet(**columns: Any) -> bytes:
        sink = io.BytesIO()
        pq.write_table(pa.table(columns), sink)
        return sink.getvalue()

    ask("create table t (id int, s varchar(5), d decimal(8,2), ts timestamp)")
    ids, names = pa.array([1, None], pa.int32()), pa.array(["a", None])
    decimals = pa.array([Decimal("1.25"), None], pa.decimal128(8, 2))
    moments = pa.array([dt.datetime(2020, 1, 2, 3, 4, 5), None], pa.timestamp("us"))
    data = parquet(x=ids, y=names, z=decimals, w=moments)
    assert _loaded(ask, objects, data, "format as parquet") == [
        (1, "a", Decimal("1.25"), dt.datetime(2020, 1, 2, 3, 4, 5)), (None, None, None, None),
    ]  # fmt: skip
    few = objects.put("few", parquet(x=ids))
    assert "Unmatched number of columns" in ask.error(
        f"copy t from '{few}' iam_role default parquet"
    )
    other = parquet(x=ids.cast(pa.int64()), y=names, z=decimals, w=moments)
    assert "incompatible Parquet schema" in ask.error(
        f"copy t from '{objects.put('other', other)}' iam_role default parquet"
    )
    sized = json.dumps({"entries": [{"url": few, "meta": {"content_length": 1}}]})
    for manifest in (json.dumps({"entries": [{"url": few}]}), sized):
        listed = objects.put("manifest", manifest)
        said = ask.error(f"copy t (id) from '{listed}' iam_role default parquet manifest")
        assert "content_length" in said


def test_nested_columns_of_parquet_become_super(ask: Any, objects: Any) -> None:
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [[1, 2]], "b": [{"x": "é"}]}), sink)
    ask("create table t (a super, b super)")
    url = objects.put("one", sink.getvalue())
    ask.error(f"copy t from '{url}' iam_role default parquet")
    ask(f"copy t from '{url}' iam_role default parquet serializetojson")
    assert ask("select * from t") == [("[1,2]", '{"x":"é"}')]


def test_orc_and_avro_are_read(ask: Any, objects: Any) -> None:
    import fastavro
    from pyarrow import orc

    sink = io.BytesIO()
    orc.write_table(pa.table({"id": pa.array([1], pa.int32()), "s": ["a"]}), sink)
    ask("create table t (id int, s varchar(9))")
    assert _loaded(ask, objects, sink.getvalue(), "orc") == [(1, "a")]
    fields = [{"name": "s", "type": "string"}, {"name": "id", "type": "int"}]
    schema = fastavro.parse_schema({"type": "record", "name": "r", "fields": fields})
    avro = io.BytesIO()
    fastavro.writer(avro, schema, [{"id": 2, "s": "b"}])
    assert _loaded(ask, objects, avro.getvalue(), "avro 'auto'")[1] == (2, "b")


def test_jsonpaths_pick_by_path(ask: Any, objects: Any) -> None:
    ask("create table t (id int, s varchar(9))")
    paths = objects.put("paths/p", json.dumps({"jsonpaths": ["$.a.id", "$['b'][1]"]}))
    data = '{"a": {"id": 1}, "b": ["x", "y"]}\n{"a": {}, "b": ["x", "z"]}'
    assert _loaded(ask, objects, data, f"json '{paths}'") == [(1, "y"), (None, "z")]
    short = objects.put("short", '{"b": []}')
    ask.error(f"copy t from '{short}' iam_role default json '{paths}'")
    assert ask.load_errors()[0][2] == 1216
    ask("create table whole (s super)")
    ask(f"copy whole from '{objects.url('one')}' iam_role default json 'noshred'")
    assert ask("select count(*) from whole") == [(2,)]


def test_lzop_is_read(ask: Any, objects: Any) -> None:
    """A file as lzop writes it, its block a literal, a match of seven and the end."""
    ask(TABLE)
    plain = b"1|a|1\n" * 3
    block = bytes([17 + 6]) + plain[:6] + bytes([32 | 10, 5 << 2, 0]) + bytes([17, 0, 0])
    head = b"\x89LZO\0\r\n\x1a\n" + bytes.fromhex("1030 2080 0940 03 05 00000000 00008000")
    head += bytes(8) + b"\0" + bytes(4)
    sizes = len(plain).to_bytes(4, "big") + len(block).to_bytes(4, "big")
    assert len(_loaded(ask, objects, head + sizes + block + bytes(4), "lzop")) == 3


def test_an_empty_varbyte_of_parquet_is_no_null(ask: Any, objects: Any) -> None:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"v": pa.array([b"", None, b"a"], pa.binary())}), sink)
    url = objects.put("v.parquet", sink.getvalue())
    ask("create table v (v varbyte(10))")
    ask(f"copy v from '{url}' iam_role default format parquet")
    found = ask("select v is null, to_hex(v) from v order by 1, 2")
    assert found == [(False, ""), (False, "61"), (True, None)]
