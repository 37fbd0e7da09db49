"""A file that goes the binary way gives the table that the server's own COPY gives, or declines."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mover_postgres.binary.ladder import CsvLadder, Declined, plan_csv
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Part, TableName
from support.csv_ways import CsvWays, csv_options, target_rows

_TABLE = TableName(schema="pg_temp", name="target")


def _part(data: bytes) -> Part:
    return Part(name="file.csv", open=lambda: io.BytesIO(data))


NUMBERS = [
    "0", "1", "-1", "007", "-0", "+1", " 1", "1 ", "\t1", "\v1", "1 2", " ", '""', '" 1"', '"1"',
    "",
    "1e3", "1E2", "1.0", "1.5", ".5", "5.", "-.5", ".", "1.500", "1.555", "1.005", "-2.345",
    "1_000",
    "0x10", "0XFF", "0xFFFFFFFF", "0b1", "0o7", "NaN", "nan", "-nan", "nan(1)", "inf", "-inf",
    "Infinity", "+inf", "infinit", "1e400", "-1e400", "1e-400", "1e39", "1e-46", "1e-320", "1e-45",
    "0.0", "0e5", "0e-400", "-0.0", "0x1p3", "1d", "1f", "1e", "16777217", "0.1", "123.456", "1000",
    "999.99", "9999.99", "99999", "1e-3", "1e-2", "0e-9", "0e2000000000", "0e99999999999",
    "1e2000000000", "1e-2000000000", "0." + "0" * 400 + "1", "1" * 400, "0" * 400 + "1",
    "32767", "32768", "-32768", "-32769", "2147483648", "-2147483649", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "1,5", "1;5", "--1", "-", "+", "\uff11",
    "\u00a01",
    "3.4028235677973366e38", "3.4028236e38", "1.7976931348623157e308", "1.7976931348623159e308",
    "2.2250738585072011e-308", "4.9e-324", "2.4e-324", "9007199254740993", "1\\.0", "\\N", "NULL",
]  # fmt: skip
MOMENTS = [
    "2020-01-02", " 2020-01-02", "2020-01-02 ", "\t2020-01-02", "2020-1-2", "20200102",
    "2020/01/02",
    "01/02/2020", "2020-02-30", "2020-02-29", "1900-02-29", "0000-01-01", "0001-01-01",
    "9999-12-31",
    "10000-01-01", "0001-01-01 BC", "-0001-01-01", "infinity", "-infinity", "epoch", "today", "now",
    "2020-001", "2020-W01-1", "Jan 2 2020", "2020-01-02 03", "2020-01-02T03", "2020-01-02 00",
    "2020-01-02 03:04", "2020-01-02T03:04", "2020-01-02 03:00", "2020-01-02 03:04:05",
    "2020-01-02T03:04:05", "2020-01-02t03:04:05", "2020-01-02 03:04:05.1", "2020-01-02 03:04:05.",
    "2020-01-02 03:04:05.123456", "2020-01-02 03:04:05.1234567", "2020-01-02 03:04:05.9999999",
    "2020-01-02 24:00:00", "2020-01-02 24:00", "2020-01-02 23:59:60", "2020-01-02 25:00",
    " 2020-01-02 03:04:05", "2020-01-02 03:04:05 ", "2020-01-02  03:04:05", "2020-01-02 030405",
    "2020-01-02 3:04:05", "0000-01-02 00:00:00", "0001-01-01 00:00:00", "1582-10-10 00:00:00",
    "9999-12-31 23:59:59.999999", "2020-01-02 03:04:05Z", "2020-01-02 03:04:05z",
    "2020-01-02 03:04:05+01", "2020-01-02 03:04:05-0130", "2020-01-02 03:04:05+01:30",
    "2020-01-02 03:04:05+15:59", "2020-01-02 03:04:05+16:00", "2020-01-02 03:04:05+99:99",
    "2020-01-02 03:04:05 +01", "2020-01-02 03:04:05 UTC", "2020-01-02 03:04:05 Europe/Berlin",
    "2020-01-02T03:04:05.5Z", "2020-01-02 03:04+01", "2020-01-02+01", "2020-01-02 03+01",
    "0000-01-01 00:00:00Z", "0001-01-01 00:00:00+10", "0001-01-01 00:00:00-10",
    "9999-12-31 23:59:59-15:59", "2020-01-02 03:04:05+01:30:15", "2020-01-02 03:04:05PM",
    "03:04", " 03:04", "03:04 ", "03", "3:04", "03:04:05", "03:04:05.1", "03:04:05.123456",
    "03:04:05.1234567", "23:59:59.9999999", "24:00", "24:00:00", "24:00:00.1", "24:00:01",
    "23:59:60", "00:00:60", "00:60", "030405", "0304", "03:04:05 PM", "03:04:05 AM", "allballs",
    "03:04:05+01", "03:04:05Z", "-01:00", "", '""', " ", "NULL", "T03:04",
]  # fmt: skip
BOOLEANS = [
    "t", "f", "T", "F", "true", "TRUE", "True", "tRUE", "tr", "TRU", "false", "fal", "yes", "Yes",
    "y", "YE", "no", "N", "on", "ON", "On", "off", "of", "o", "1", "0", "2", "01", "1.0", " t",
    "t ",
    "", '""', " ", "null", "truee", "yess", "10",
]  # fmt: skip
TEXTS = [
    "a", " a ", "", '""', '" "', '"a"', '"a""b"', '""""', '"a,b"', '"a\nb"', '"a\r\nb"', '"a\rb"',
    'a"b"', 'a"b', '"a"b', '"a" ', ' "a"', '"a""', '"', '"""', 'a""b', '""a', '"""a"""', "\\N",
    "\\.", "a\\.b", '"\\."', "NULL", '"NULL"', "a\rb", "a\r", "\r", "\\", "\\n", "ä", "😀",
    "\ufeff", "\x01", "'", "a;b", "\t", "a\x0bb", "a\x0cb", "\u2028", "\x85", "a" * 300,
]  # fmt: skip
UUIDS = [
    "00112233-4455-6677-8899-aabbccddeeff", "00112233-4455-6677-8899-AABBCCDDEEFF", "",
    "{00112233-4455-6677-8899-aabbccddeeff}", "00112233445566778899aabbccddeeff", '""', "x",
    "0011-2233-4455-6677-8899-aabb-ccdd-eeff", " 00112233-4455-6677-8899-aabbccddeeff",
    "00112233-4455-6677-8899-aabbccddeefg", "001122334455-6677-8899-aabb-ccddeeff",
]  # fmt: skip
BYTES = [
    "\\x", "\\x00ff", "\\xDEADbeef", "abc", "\\x0", "\\xzz", "\\x 00", "\\x00 ff", "\\X00", "",
    '""',
    "\\000", "\\\\", "\\x00\\x", "x00",
]  # fmt: skip
JSONS = [
    "1", '"""a"""', '"{""a"":  1, ""a"": 2}"', "null", "", '""', "{", "1e400", "NaN", " 1 ",
    '"""\\u0000"""', '"""\\ud800"""', "[]", "tru",
]  # fmt: skip
ENUMS = ["sad", "glad", "Sad", " sad", "", '""', "other"]
NUMERIC_KINDS = ["smallint", "integer", "bigint", "real", "double precision", "numeric(5,2)",
                 "numeric(38,10)", "numeric(3,0)", "numeric(4,4)", "boolean"]  # fmt: skip
CASES = (
    [(kind, NUMBERS) for kind in NUMERIC_KINDS]
    + [(kind, MOMENTS) for kind in ("date", "time", "timestamp", "timestamptz", "timestamp(0)")]
    + [("boolean", BOOLEANS), ("uuid", UUIDS), ("bytea", BYTES), ("json", JSONS), ("jsonb", JSONS)]
    + [(kind, TEXTS) for kind in ("text", "varchar(3)", "char(4)", "name")]
)


@pytest.mark.parametrize(
    ("kind", "values"), CASES, ids=lambda case: case if isinstance(case, str) else ""
)
def test_each_spelling_lands_as_the_server_reads_it_or_is_declined(
    both_ways: CsvWays, kind: str, values: list[str]
) -> None:
    end = "\r\n" if kind == "varchar(3)" else "\n"
    went = []
    for value in values:
        text, binary = both_ways(f"{value},x{end}".encode(), kind, "text")
        assert binary in (None, text), value
        if binary is not None:
            went.append(value)
    assert went


@pytest.mark.parametrize("kind", ["integer", "text", "date", "numeric(5,2)", "boolean"])
@pytest.mark.parametrize("null", ["", "NULL", "\\N", "1"])
def test_each_null_marker_stands_for_the_same_rows(
    both_ways: CsvWays, kind: str, null: str
) -> None:
    for value in ["", '""', "NULL", '"NULL"', "null", " NULL", "\\N", '"\\N"', "1", '"1"', " 1"]:
        text, binary = both_ways(f"{value},x\n".encode(), kind, "text", null=null)
        assert binary in (None, text), value


FILES = [
    b"", b"\n", b"\n\n", b"a", b"a\n", b"a\n\n", b"\na\n", b"a\n\nb\n", b"a\nb", b"a\r\nb\r\n",
    b"a\r\nb\n", b"a\nb\r\n", b"a\rb\r", b"a\n\r\n", b"a\r", b"a\n\r", b'"a\nb"\nc\n',
    b'"a\n\nb"\nc\n',
    b'"a\r\nb"\r\nc\r\n', b'"a\nb"\r\nc\r\n', b'"a\r\nb"\nc\n', b'c\n"a\rb"\n', b'c\r\n"a\rb"\r\n',
    b'"a', b'a\n"b', b'a"\nb"\n', b'"a""\nb"\n', b"\\.\n", b"a\n\\.\nb\n", b'"\\."\n', b"a\\.\n",
    b"\xef\xbb\xbfa\n", b"\xef\xbb\xbf", b"\xff\n", b"a\0b\n", b"\xc3\n", b"\xed\xa0\x80\n",
    b'""\n',
    b'"a"\n""\n\n', b"a\n \n", b'"a"\r\n', b'"a"\r\n""\r\n', b"x\n" * 1000, b"\r\n", b"\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("header", [False, True])
def test_each_shape_of_file_of_one_column_lands_the_same_or_is_declined(
    both_ways: CsvWays, header: bool
) -> None:
    went = 0
    for data in FILES:
        text, binary = both_ways(data, "text", header=header)
        assert binary in (None, text), data
        went += binary is not None
    assert went > 10


@pytest.mark.parametrize("header", [False, True])
def test_each_shape_of_file_of_two_columns_lands_the_same_or_is_declined(
    both_ways: CsvWays, header: bool
) -> None:
    for data in FILES:
        wide = data.replace(b"a", b"a,1").replace(b"c", b"c,2").replace(b"x", b"x,3")
        text, binary = both_ways(wide, "text", "integer", header=header)
        assert binary in (None, text), wide
    for data in [
        b"a,1,\n",
        b"a\n",
        b"a,1\nb\n",
        b"a,1\n,\n",
        b",\n",
        b'"",""\n',
        b"h,h\r\na,1\n",
        b"h,h\na,1\r\n",
        b'"h\nh",h\na,1\n',
        b'"h\r\nh",h\na,1\n',
        b"h\rh,h\na,1\n",
    ]:
        text, binary = both_ways(data, "text", "integer", header=header)
        assert binary in (None, text), data


def test_chunks_end_between_records_whatever_they_hold(
    both_ways: CsvWays, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        f'{index},"q{index}\n""{index}"""\n' if index % 3 else f"{index},p{index}\n"
        for index in range(200)
    ]
    data = ("i,t\n" + "".join(lines)).encode()
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr("mover_postgres.binary.chunks._CHUNK", size)
        text, binary = both_ways(data, "integer", "text", header=True)
        assert text is not None
        assert binary == text


def test_a_delimiter_of_any_kind_is_honoured(both_ways: CsvWays) -> None:
    for sign in (";", "\t", "|", "\x01", " ", "a"):
        data = f'1{sign}"x{sign}y"\n2{sign}z\n'.encode()
        text, binary = both_ways(data, "integer", "text", delimiter=sign)
        assert binary in (None, text)


@pytest.mark.parametrize(
    "kind", ["numeric", "numeric(60,2)", "interval", "integer[]", "inet", "oid", "timetz", "xml"]
)
def test_a_column_without_a_sure_parse_keeps_the_file_as_text(cursor: Any, kind: str) -> None:
    cursor.execute(f"CREATE TEMP TABLE target (c0 {kind})")
    assert isinstance(plan_csv(cursor, _TABLE, ["c0"], csv_options()), str)


def test_a_format_that_only_the_server_reads_keeps_the_file_as_text(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (c0 text)")
    for changed in ({"quote": "'"}, {"escape": "\\"}, {"encoding": "LATIN1"}, {"mode": "text"}):
        assert isinstance(plan_csv(cursor, _TABLE, ["c0"], csv_options(**changed)), str)


def test_a_source_that_can_be_read_once_only_is_declined_before_it_is_read(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (c0 text)")
    found = plan_csv(cursor, _TABLE, ["c0"], csv_options())
    assert isinstance(found, CsvLadder)
    part = Part(name="-", open=lambda: pytest.fail("it was opened"), rereadable=False)
    with pytest.raises(Declined, match="once only"):
        found.run(cursor, part, Meter(), Cancellation())


def test_a_file_that_is_declined_late_leaves_rows_and_meter_as_they_were(cursor: Any) -> None:
    cursor.execute(
        "CREATE TEMP TABLE target (n bigserial, c0 int CHECK (c0 <> 5)); "
        "INSERT INTO target (c0) VALUES (-1)"
    )
    found = plan_csv(cursor, _TABLE, ["c0"], csv_options())
    assert isinstance(found, CsvLadder)
    good = b"".join(b"%d\n" % (index + 10) for index in range(300_000))
    for bad in (b"x\n", b"5\n", b"+7\n"):
        meter = Meter()
        with pytest.raises(Declined):
            found.run(cursor, _part(good + bad), meter, Cancellation())
        assert (meter.rows, meter.bytes) == (0, 0)
        assert target_rows(cursor, 1) == [("-1",)]
    assert found.run(cursor, _part(good), Meter(), Cancellation()) == 300_000
