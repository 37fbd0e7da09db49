"""Delimited text as it comes: oddities are read right, or refused with the line."""

from __future__ import annotations

import datetime as dt
import io
import re
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records_mover.errors import BadRowError, ColumnMismatchError, FormatError, MoverError
from records_mover.formats import (
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    infer_schema,
    read_batches,
    read_header,
    write_batches,
)
from records_mover.formats.delimited import records
from records_mover.formats.delimited.dialect import dialect_of
from records_mover.formats.delimited.records import chunks, last_boundary
from records_mover.formats.names import PLAIN_CSV
from records_mover.instructions import ProcessingInstructions
from records_mover.schema import Field, IntegerConstraints, RecordsSchema, TimeConstraints

BLUELABS = DelimitedRecordsFormat("bluelabs", {"compression": None})
INTS = RecordsSchema([Field("a", "integer"), Field("b", "integer")])


def rows(data: bytes, fmt: Any = PLAIN_CSV, schema: Any = None, **more: Any) -> list[Any]:
    table = read_batches(io.BytesIO(data), fmt, schema, **more).read_all()
    return [list(row.values()) for row in table.to_pylist()]


def csv(**hints: object) -> DelimitedRecordsFormat:
    return PLAIN_CSV.alter_hints({name.replace("_", "-"): value for name, value in hints.items()})


@pytest.mark.parametrize(
    ("data", "fmt", "expected"),
    [
        (b'a,b\n1,""\n,x\n', PLAIN_CSV, [["1", ""], [None, "x"]]),
        (
            b'a,b\n007,1e5\nNA,null\ninf,"x"\n',
            PLAIN_CSV,
            [["007", "1e5"], ["NA", "null"], ["inf", "x"]],
        ),
        (b'a,b\r\n"x\r\ny","q""q"\r\n', PLAIN_CSV, [["x\r\ny", 'q"q']]),
        (b'a,b\r1,2\r3,"4\n"\r', csv(record_terminator="\r"), [["1", "2"], ["3", "4\n"]]),
        (b"a,b\n1,x\ry\n", PLAIN_CSV, [["1", "x\ry"]]),
        (b'a,b\n5" pipe,x"y\n', PLAIN_CSV, [['5" pipe', 'x"y']]),
        (b"a,b\n1,2", PLAIN_CSV, [["1", "2"]]),
        (b"\xef\xbb\xbfa,b\n1,2\n", PLAIN_CSV, [["1", "2"]]),
        ("\ufeffa,b\n1,é\n".encode("utf-16-le"), csv(encoding="UTF16LE"), [["1", "é"]]),
        ("a,b\n1,é\n".encode("utf-16"), csv(encoding="UTF16"), [["1", "é"]]),
        ("a,b\n1,ü€\n".encode("cp1252"), csv(encoding="CP1252"), [["1", "ü€"]]),
        ("a,b\n1,я\n".encode("koi8-r"), csv(encoding="koi8-r"), [["1", "я"]]),
        (
            b"x,\\N\n\\\\N,\\,\\N\n\\N,a\\\nb\n",
            BLUELABS,
            [["x", None], ["\\N", ",N"], [None, "a\nb"]],
        ),
        (b"\\N,,\n", BLUELABS, [[None, "", ""]]),
        (b'a\\"b,"c"\n', BLUELABS, [['a"b', '"c"']]),
        (
            "a\x01b\nc\rd\x02\x01é\x02".encode(),
            DelimitedRecordsFormat("vertica"),
            [["a", "b\nc\rd"], [None, "é"]],
        ),
        (b"\n\na,b\n\n1,2\n\n", PLAIN_CSV, [["1", "2"]]),
        (b"a\n\n1\n", PLAIN_CSV, [[None], ["1"]]),
        (b"# note\na,b\n# more\n1,2\n", csv(comment="#"), [["1", "2"]]),
        (b"title\n\na,b\n1,2\n", csv(skip_lines=2), [["1", "2"]]),
        (b"a,b\nNA,2\n", csv(null_marker="NA"), [[None, "2"]]),
        (b"a,b\n'x,y',''\n", csv(quotechar="'"), [["x,y", ""]]),
        (
            b'a||b~\n"x||y"||"1~\n2"~\n',
            csv(field_delimiter="||", record_terminator="~\n"),
            [["x||y", "1~\n2"]],
        ),
        (b'a,b\n"x\\"y",z\n', csv(doublequote=False, escape="\\"), [['x"y', "z"]]),
        (b"a,a,\n1,2,3\n", PLAIN_CSV, [["1", "2", "3"]]),
        (b"title\r\ra,b\r1,2\r", csv(skip_lines=2, record_terminator="\r"), [["1", "2"]]),
        (b"x\ny||a,b||1,2", csv(skip_lines=1, record_terminator="||"), [["1", "2"]]),
    ],
)
def test_text_is_read_as_it_was_meant(
    data: bytes, fmt: DelimitedRecordsFormat, expected: list[list[str | None]]
) -> None:
    assert rows(data, fmt) == expected


def test_values_are_read_as_the_schema_and_the_hints_say() -> None:
    fmt = DelimitedRecordsFormat(
        "csv",
        {
            "compression": None,
            "field-delimiter": ";",
            "decimal-separator": ",",
            "dateformat": "DD.MM.YYYY",
            "datetimeformat": "DD/MM/YY HH12:MI AM",
            "datetimeformattz": "YYYY-MM-DD HH24:MI:SS",
            "boolean-format": "ja/nein",
        },
    )
    schema = RecordsSchema.from_arrow(
        pa.schema(
            [
                ("n", pa.decimal128(6, 2)),
                ("f", pa.float64()),
                ("d", pa.date32()),
                ("t", pa.timestamp("us")),
                ("z", pa.timestamp("us", "UTC")),
                ("b", pa.bool_()),
                ("x", pa.binary()),
            ]
        )
    )
    text = (
        "n;f;d;t;z;b;x\n-1,5;2,25;3.2.1999;1/2/99 12:05 PM;2000-01-02 03:04:05;ja;\\x00ff\n;;;;;;\n"
    )
    utc = dt.datetime(2000, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    assert rows(text.encode(), fmt, schema) == [
        [
            Decimal("-1.50"),
            2.25,
            dt.date(1999, 2, 3),
            dt.datetime(1999, 2, 1, 12, 5),
            utc,
            True,
            b"\x00\xff",
        ],
        [None] * 7,
    ]


def test_years_of_two_digits_turn_at_69() -> None:
    schema = RecordsSchema([Field("d", "date")])
    data = b"d\n01/02/68\n01/02/69\n"
    fmt = csv(dateformat="MM/DD/YY")
    assert rows(data, fmt, schema) == [[dt.date(2068, 1, 2)], [dt.date(1969, 1, 2)]]


def test_columns_match_by_name_and_come_in_the_order_of_the_schema() -> None:
    assert rows(b"b,a\n2,1\n", PLAIN_CSV, INTS) == [[1, 2]]


def test_empty_text_is_null_where_the_type_has_no_empty_value() -> None:
    assert rows(b'a,b\n"",2\n', PLAIN_CSV, INTS) == [[None, 2]]
    assert rows(b"1,\n\\N,2\n", BLUELABS, INTS) == [[1, None], [None, 2]]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"a,b\n1,2\n3\n", BadRowError, "f.csv:3: 1 field, but there are 2 columns: '3'"),
        (b"a,b\n1,2\n\n3,4,5\n", BadRowError, "f.csv:4: 3 fields, but there are 2 columns"),
        (b'a,b\n1,"2\n"\n', BadRowError, "f.csv:2: '2\n' in the column 'b' is no int64"),
        (b"a,b\n1,2\n3,x\n", BadRowError, "f.csv:3: 'x' in the column 'b' is no int64: '3,x'"),
        (b"a,b\n1,99999999999999999999\n", BadRowError, "f.csv:2: '99999999999999999999' in"),
        (b'a,b\n1,2\n3,"4\n', BadRowError, "the record that begins on line 3 does not end"),
        (b"a,b\n1,2\n3,4\x00\n", BadRowError, "f.csv:3: a NUL byte stands in the text"),
        (b"a,c\n1,2\n", ColumnMismatchError, "in 'f.csv': no column 'b' and unknown column 'c'"),
        (b"a\n1\n", ColumnMismatchError, "no column 'b'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line(
    data: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        rows(data, PLAIN_CSV, INTS, source="f.csv")
    assert message in str(caught.value)


def test_lines_are_counted_by_what_ends_them() -> None:
    ends = csv(record_terminator="\r", skip_lines=1)
    for bad, said in ((b"x", "f.csv:5: 'x' in the column 'b'"), (b"\x00", "f.csv:5: a NUL byte")):
        with pytest.raises(BadRowError) as caught:
            rows(b"title\ra,b\r1,2\r3,4\r5,%s\r" % bad, ends, INTS, source="f.csv")
        assert said in str(caught.value)
        assert caught.value.line == 5
    wide = "a,b\r1,é\r2,\ud800\r".encode("utf-16-le", "surrogatepass")
    with pytest.raises(FormatError, match=r"line 3: the file is no utf-16-le"):
        rows(wide, csv(record_terminator="\r", encoding="UTF16LE"))


CLOSED = b'id,name,n\n1,"x"y,2\n2,ok,3\n3,%s,%s\n4,"z" w,5\n'


@pytest.mark.parametrize("bad", [(b"bad", b"z"), (b"b\0d", b"4"), (b"\xff", b"4")])
def test_what_follows_a_closed_quote_belongs_to_its_field(bad: tuple[bytes, bytes]) -> None:
    types = [Field("id", "integer"), Field("name", "string"), Field("n", "integer")]
    told: list[BadRowError] = []
    lenient = ProcessingInstructions(max_failure_rows=1)
    options: Any = {"instructions": lenient, "on_reject": told.append}
    found = rows(CLOSED % bad, PLAIN_CSV, RecordsSchema(types), **options)
    assert found == [[1, "xy", 2], [2, "ok", 3], [4, "z w", 5]]
    assert [error.line for error in told] == [4]


def test_a_boundary_is_found_past_text_behind_a_closed_quote() -> None:
    data = b'1,"x"y\n' + b'2,"a, b"\n' * 9
    assert last_boundary(data + b'3,"c', dialect_of(PLAIN_CSV.validate())) == len(data)


def test_bytes_that_are_no_utf8_are_refused_with_the_line() -> None:
    with pytest.raises(BadRowError, match=r"line 3: .* in the column 'b' is no text in UTF-8"):
        rows(b"a,b\n1,x\n2,\xff\n")


def test_an_error_tells_line_column_and_value() -> None:
    with pytest.raises(BadRowError) as caught:
        rows(b"a,b\n1,2\n3,x\n", PLAIN_CSV, INTS, source="f.csv")
    error = caught.value
    assert (error.source, error.line, error.column, error.value, error.text) == (
        "f.csv",
        3,
        "b",
        "x",
        "3,x",
    )


def test_bad_rows_are_left_out_and_reported_when_they_are_tolerated() -> None:
    rejected: list[BadRowError] = []
    lenient = ProcessingInstructions(fail_if_row_invalid=False)
    data = b"a,b\n1,2\n3\nx,4\n5,6\n"
    read = rows(data, PLAIN_CSV, INTS, instructions=lenient, on_reject=rejected.append)
    assert read == [[1, 2], [5, 6]]
    assert [(error.line, error.text) for error in rejected] == [(3, "3"), (4, "x,4")]


def test_more_bad_rows_than_are_tolerated_are_an_error() -> None:
    one = ProcessingInstructions(max_failure_rows=1)
    assert rows(b"a,b\n1,2\n3\n", PLAIN_CSV, INTS, instructions=one) == [[1, 2]]
    with pytest.raises(BadRowError, match="line 4"):
        rows(b"a,b\n1,2\n3\nx,4\n", PLAIN_CSV, INTS, instructions=one)


def test_a_field_of_fifty_megabytes_is_read() -> None:
    big = "x" * (50 << 20)
    table = read_batches(io.BytesIO(f'a,b\n1,"{big}\n"\n2,y\n'.encode()), PLAIN_CSV).read_all()
    assert table.num_rows == 2
    assert len(table.column("b")[0].as_py()) == len(big) + 1


PLACES = {
    "quotes": (PLAIN_CSV, b'1,"a word, or ""two"", here\n'),
    "escapes": (DelimitedRecordsFormat("bluelabs"), b"1,a word\\, or two\\\n"),
}


@pytest.mark.parametrize(("fmt", "unfinished"), PLACES.values(), ids=PLACES)
def test_a_record_without_an_end_so_far_takes_little_memory(
    fmt: DelimitedRecordsFormat, unfinished: bytes
) -> None:
    dialect = dialect_of(fmt.validate())
    start, _, rest = unfinished.partition(b"a word")
    data = b"0,x\n" + start + (b"a word" + rest) * (4 << 20 >> 5)
    tracemalloc.start()
    try:
        assert last_boundary(data, dialect) == 4
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * len(data)


PIECES = st.lists(st.sampled_from([b",", b"\n", b"\r\n", b'"', b'""', b"\\", b"a", b"bc"]))


@settings(deadline=None)
@given(
    PIECES,
    st.sampled_from(["csv", "bluelabs", "vertica"]),
    st.sampled_from([{}, {"escape": "\\"}, {"record-terminator": "\r\n"}]),
    st.sampled_from([1, 4096]),
)
def test_a_boundary_is_where_whole_records_end(
    pieces: list[bytes], variant: str, hints: dict[str, str], gaps: int
) -> None:
    dialect = dialect_of(DelimitedRecordsFormat(variant, hints).validate())
    data = b"".join(pieces)
    longest = dialect.records.match(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_GAPS", gaps)
        found = last_boundary(data, dialect)
    assert longest is not None
    beyond = data[longest.end() : found]
    if beyond:  # counting quotes gets over text after a closing one, at which the pattern stops
        assert re.search(rb'"(?!,|\r?\n|")', beyond)
        return
    assert dialect.records.fullmatch(data[:found])
    assert found == longest.end() or (gaps == 1 and found < longest.end())


def test_two_thousand_columns_are_read() -> None:
    names = [f"c{number}" for number in range(2000)]
    line = ",".join(str(number) for number in range(2000))
    data = "\n".join([",".join(names), line, line, ""]).encode()
    table = read_batches(io.BytesIO(data), PLAIN_CSV).read_all()
    assert (table.num_rows, table.num_columns) == (2, 2000)


@pytest.mark.parametrize("size", [1, 7, 16, 33, 1000])
@pytest.mark.parametrize(
    "line",
    [b'1,"a\nb","c""d"\n', b'x"y,5" z,\n', b'"","",""\n', b'"a""\n","b,\n",c\n'],
)
def test_chunks_end_where_records_end_whatever_their_size(line: bytes, size: int) -> None:
    data = line * 400
    found = list(chunks(io.BytesIO(data), dialect_of(PLAIN_CSV.validate()), size=size * 1000))
    assert b"".join(chunk.data for chunk in found) == data
    assert all(len(chunk.data) % len(line) == 0 for chunk in found)
    before = 1
    for chunk in found:
        assert chunk.first_line == before
        before += chunk.data.count(b"\n")


def test_a_boundary_is_found_past_thousands_of_quotes() -> None:
    dialect = dialect_of(PLAIN_CSV.validate())
    data = b'"a","b\n"\n' * 5001
    for cut in range(1, 10):
        assert last_boundary(data[:-cut], dialect) == len(data) - 9


def test_a_header_may_span_lines_and_is_unquoted() -> None:
    data = b'\xef\xbb\xbf"first\nname","a ""b""",c\n1,2,3\n'
    assert read_header(io.BytesIO(data), PLAIN_CSV) == ["first\nname", 'a "b"', "c"]
    assert read_header(io.BytesIO(b""), PLAIN_CSV) == []
    assert read_header(io.BytesIO(b"a\\,b,c\n"), BLUELABS) == ["a,b", "c"]


def test_an_empty_file_has_no_rows() -> None:
    assert rows(b"", PLAIN_CSV, INTS) == []
    assert rows(b"a,b\n", PLAIN_CSV, INTS) == []


def test_hints_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(FormatError, match="must differ"):
        rows(b"a\n", csv(field_delimiter='"'))


def test_nanoseconds_are_kept() -> None:
    schema = RecordsSchema([Field("t", "datetime", TimeConstraints(precision=9))])
    table = read_batches(io.BytesIO(b"t\n2000-01-01 00:00:00.123456789\n"), PLAIN_CSV, schema)
    assert table.read_all().column("t").cast(pa.int64())[0].as_py() % 10**9 == 123456789


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1}\n{"a": "x"}\n', "f.jsonl:2: Column(/a) changed from number to string"),
        (b'{"a": 1}\n{"a"\n', "f.jsonl:2: "),
        (b"[1]\n", "f.jsonl:1: "),
        (b'{"a": "x"}\n{"a": "y\xff"}\n', "f.jsonl:2: bytes that are no text in UTF-8"),
        (b'{"a": "%s\xff"}\n' % (b"x" * 99), "f.jsonl:1: bytes that are no text in UTF-8"),
    ],
)
def test_bad_json_lines_are_refused_with_the_line(data: bytes, message: str) -> None:
    with pytest.raises(BadRowError) as caught:
        rows(data, JsonLinesRecordsFormat(), source="f.jsonl")
    assert message in str(caught.value)


def test_json_lines_that_are_no_text_have_no_types_either() -> None:
    for value in (b"\xff", b"x" * 99 + b"\xff"):
        data = b'{"a": "y"}\n{"a": "%s"}\n' % value
        with pytest.raises(BadRowError, match=r"f\.jsonl:2: bytes that are no text in UTF-8"):
            infer_schema([lambda: io.BytesIO(data)], JsonLinesRecordsFormat(), sources=["f.jsonl"])  # noqa: B023


def test_nested_json_keeps_its_own_keys_only() -> None:
    data = b'{"a": {"x": 1}}\n{"a": {"y": [1, null]}}\n{}\n'
    assert rows(data, JsonLinesRecordsFormat()) == [['{"x": 1}'], ['{"y": [1, null]}'], [None]]


def test_a_file_that_is_no_parquet_is_refused() -> None:
    with pytest.raises(FormatError, match=r"x\.parquet is no Parquet file"):
        rows(b"PAR1 and then nothing", ParquetRecordsFormat(), source="x.parquet")
    sink = io.BytesIO()
    write_batches(read_batches(io.BytesIO(b"a\n1\n"), PLAIN_CSV), ParquetRecordsFormat(), sink)
    data = sink.getvalue()
    for spot in range(len(data) - 60, len(data) - 8):
        harmed = data[:spot] + b"\x0f" + data[spot + 1 :]
        with suppress(MoverError):  # what is left may still be a file
            rows(harmed, ParquetRecordsFormat(), source="x.parquet")


def test_a_column_that_a_parquet_file_lacks_is_named() -> None:
    sink = io.BytesIO()
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1]}), sink)
    with pytest.raises(ColumnMismatchError, match="has no column 'b'"):
        rows(sink.getvalue(), ParquetRecordsFormat(), INTS)


def test_an_integer_too_long_for_its_column_is_refused() -> None:
    small = RecordsSchema([Field("a", "integer", IntegerConstraints(min=-128, max=127))])
    with pytest.raises(BadRowError, match="'200' in the column 'a' is no int8"):
        rows(b"a\n200\n", PLAIN_CSV, small)


COMMENTED = (
    b'# the "first\nid,name\n1,"a\n# no "" comment"\n# it is 5" long\n2,b\n#"\n3,"c,d"\n# \\\n4,e\n'
    b'# the last "one'
)


@pytest.mark.parametrize("size", [8, 30, 1 << 20])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r", b"|~"])
@pytest.mark.parametrize("escape", [None, "\\"])
def test_quotes_and_escapes_in_comments_mean_nothing(
    monkeypatch: pytest.MonkeyPatch, size: int, ends: bytes, escape: str | None
) -> None:
    monkeypatch.setattr(records, "_LEAST", 1)
    fmt = csv(comment="#", escape=escape, record_terminator=ends.decode())
    data = COMMENTED.replace(b"\n", ends)
    dialect = dialect_of(fmt.validate())
    if dialect.terminator == ends:  # what carriage returns end is cut where newlines do
        pieces = [chunk.data for chunk in chunks(io.BytesIO(data), dialect, size=size)]
        assert b"".join(pieces) == data
        assert len(pieces) > 2 or size == 1 << 20
    inner = f'a{ends.decode()}# no " comment'
    expected = [["1", inner], ["2", "b"], ["3", "c,d"], ["4", "e"]]
    assert rows(data, fmt) == expected


def test_only_comments_with_quotes_are_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_by_records", lambda *_: pytest.fail("read with care"))
    for data in (b'a,b\n"#1","x"\n"2","#"\n', b'a,b\n# said\n"1","x"\n', b"#1,2\n# x\na,b\n1,2\n"):
        assert len(rows(data, csv(comment="#"))) >= 1
