"""Files of unknown shape: what is found, how sure it is, and what is said when nothing tells."""

from __future__ import annotations

import bz2
import gzip
import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover.errors import FormatError
from records_mover.formats import (
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    read_batches,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.sniff import Sniffed, sniff

if TYPE_CHECKING:
    from collections.abc import Callable


def look(data: bytes, **more: Any) -> Sniffed:
    return sniff(lambda: io.BytesIO(data), **more)


def hints(data: bytes, **more: Any) -> dict[str, Any]:
    found = look(data, **more).format
    assert isinstance(found, DelimitedRecordsFormat)
    return dict(found.hints)


# Names and towns in Russian.
RUSSIAN = (
    "\u0438\u043c\u044f,\u0433\u043e\u0440\u043e\u0434\n"
    "\u0418\u0432\u0430\u043d,\u041c\u043e\u0441\u043a\u0432\u0430\n"
    "\u041e\u043b\u044c\u0433\u0430,\u041a\u0430\u0437\u0430\u043d\u044c\n"
)
TABLE = 'id;name;price;day\n1;José;1,5;31.12.2020\n2;"x;y";22,25;01.02.2021\n'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"num,str,n\n1,abc,\n2,def,5\n", {"header-row": True, "field-delimiter": ","}),
        (b"1,abc\n2,def\n", {"header-row": False}),
        (b"a\tb\n1\t2\n", {"field-delimiter": "\t", "record-terminator": "\n"}),
        (b"a|b\n1|2,5\n", {"field-delimiter": "|"}),
        (b"a,b\r\n1,2\r\n", {"record-terminator": "\r\n"}),
        (b"a,b\r1,2\r", {"record-terminator": "\r"}),
        (
            b"1\x01a\x022\x01b\x02",
            {"record-terminator": "\x02", "field-delimiter": "\x01", "quoting": None},
        ),
        (b'a,b\n"x ""y""",1\n', {"doublequote": True, "quoting": "minimal"}),
        (b'"a","b"\n"1","2"\n', {"quoting": "all"}),
        (b"a,b\n'x,y',1\n'z,',2\n", {"quotechar": "'"}),
        (b'a,b\n"x \\"y\\", z",1\n"u",2\n', {"escape": "\\", "doublequote": False}),
        (b"1,a\\,b,\\N\n2,c,3\n", {"escape": "\\", "quoting": None, "null-marker": "\\N"}),
        (
            TABLE.encode("cp1252"),
            {
                "encoding": "CP1252",
                "field-delimiter": ";",
                "decimal-separator": ",",
                "dateformat": "DD.MM.YYYY",
            },
        ),
        (TABLE.encode(), {"encoding": "UTF8"}),
        (TABLE.encode("utf-8-sig"), {"encoding": "UTF8BOM"}),
        (TABLE.encode("utf-16"), {"encoding": "UTF16"}),
        (TABLE.encode("utf-16-le"), {"encoding": "UTF16LE"}),
        (TABLE.encode("utf-16-be"), {"encoding": "UTF16BE"}),
        (RUSSIAN.encode("cp1251"), {"encoding": "cp1251"}),
        (b"# made by hand\na,b\n1,2\n", {"comment": "#", "header-row": True}),
        (b"#id,b\n1,2\n", {"comment": None}),
        (b"Report\n\nof 2020\na,b,c\n1,2,3\n4,5,6\n", {"skip-lines": 3}),
        (b"country,1990,1991\nNorway,1,2\n", {"header-row": True}),
        (b"d\n12/31/1999\n01/02/2000\n", {"dateformat": "MM/DD/YYYY"}),
        (
            b"d,e\n31-12-99 23:59,12:05 PM\n01-02-00 00:00,1:00 AM\n",
            {"datetimeformat": "DD-MM-YY HH24:MI", "timeonlyformat": "HH12:MI AM"},
        ),
        (b"2000-01-01,x\n2000-01-02,y\n", {"header-row": False, "dateformat": "YYYY-MM-DD"}),
        (b"one\ntwo\n3\n", {"field-delimiter": ","}),
        (b'text,n\n"a, b; c",1\n"d, e; f",2\n', {"field-delimiter": ","}),
        (b'a,b\n1,"say \\"hi\\""\n2,x\n', {"escape": "\\"}),
        (b'a,b\n1,"C:\\dir\\"\n"2","x"\n', {"escape": None}),
        (b"sep=;\na;b\n1;2,5\n", {"field-delimiter": ";", "skip-lines": 1, "header-row": True}),
        (b"a,b\r\r\n1,2\r\r\n", {"record-terminator": "\r\r\n", "header-row": True}),
        (b'a,b\r1,"x\ny"\r2,z\r', {"record-terminator": "\r", "header-row": True}),
        (b"Report\r\ra,b,c\r1,2,3\r4,5,6\r", {"record-terminator": "\r", "skip-lines": 1}),
        (b"a,b\n1,x\ry\n2,z\n", {"record-terminator": "\n", "header-row": True}),
        (b"x,NA\ny,1\nz,2\nw,3\n", {"header-row": False}),
    ],
)
def test_hints_are_found(data: bytes, expected: dict[str, object]) -> None:
    found = hints(data)
    assert {name: found[name] for name in expected} == expected


MOMENTS = [
    ["12:00:01", "23:59:59.5"],
    ["1:05 PM", "11:59 AM"],
    ["2024-01-02 03:04:05", "2024-01-03 04:05:06"],
    ["2024-01-02 03:04:05+01:00", "2024-01-02T03:04:05Z"],
    ["02/01/2024 3:04:05 PM UTC", "13/01/2024 4:05:06 AM UTC"],
]
WORDS = [
    ["some words", "and more"],
    ['"{""a"": 1}"', '"[1, 2]"'],
    ["http://host:80/a", "http://host:80/b"],
]


@pytest.mark.parametrize(
    ("name", "values"),
    [("", values) for values in MOMENTS] + [("t", values) for values in MOMENTS + WORDS],
)
def test_one_column_stays_one_whatever_its_values_hold(name: str, values: list[str]) -> None:
    data = "\n".join([*([name] if name else []), *values]) + "\n"
    form = look(data.encode()).format
    rows = read_batches(io.BytesIO(data.encode()), form).read_all()
    assert rows.shape == (2, 1)
    plain = [value.strip('"').replace('""', '"') for value in values]
    assert [next(iter(row.values())) for row in rows.to_pylist()] == plain


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_compression_is_told_by_its_bytes_and_not_by_the_name(
    pack: Callable[[bytes], bytes],
) -> None:
    found = look(pack(b"a,b\n1,2\n"), name="plain.csv")
    assert found.columns == ("a", "b")
    assert found.format.compression is not None
    assert look(b"a,b\n1,2\n", name="x.csv.gz").format.compression is None


def test_other_formats_are_told_by_their_bytes() -> None:
    sink = io.BytesIO()
    write_batches(read_batches(io.BytesIO(b"a\n1\n"), PLAIN_CSV), ParquetRecordsFormat(), sink)
    assert look(sink.getvalue()).format == ParquetRecordsFormat()
    assert look(b'{"a": 1}\n{"a": 2}\n').format == JsonLinesRecordsFormat()
    assert look(gzip.compress(b'{"a": 1}\n')).format == JsonLinesRecordsFormat("GZIP")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'f' is empty"),
        (b"\n \n", "'f' holds nothing but blanks"),
        (bytes(range(256)) * 10, "'f' is binary"),
        (b"\x7fELF\x02\x01\x01" + b"\x05\x06" * 100, "'f' is binary"),
        (b"PK\x03\x04rest", "'f' is a ZIP archive or an Excel workbook"),
        (b"%PDF-1.7", "'f' is a PDF document"),
        (b"SQLite format 3\x00", "'f' is an SQLite database"),
        (b'[\n {"a": 1}]', "'f' is one JSON array"),
        (b'{\n "a": 1\n}', "'f' is one JSON document over several lines"),
        (gzip.compress(b"a,b\n" * 999, mtime=0)[:40], "'f' cannot be read: the GZIP data stops"),
        (b"\n<!DOCTYPE html>\n<html><body>404</body></html>", "'f' is an HTML page"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a><b>1</b></a>', "'f' is an XML document"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        look(data, name="f")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "' + "x" * 300_000 + '"}\n{"a": "y"}\n',
        '{"a\\"b": {"c": "' + "x" * 300_000 + '"}}\n',
        '{"a": "one\u2028two\u0085"}\n{"a": "b"}\n',
    ],
    ids=["long", "long and nested", "other ends of lines"],
)
def test_json_lines_are_told_whatever_their_length_and_letters(text: str) -> None:
    assert look(text.encode()).format == JsonLinesRecordsFormat()


def test_lines_above_the_table_end_in_newlines_alone() -> None:
    data = "a title\x0bof\x85parts\n\na,b,c\n1,x\u2028y,3\n2,z,4\n".encode()
    assert look(data).columns == ("a", "b", "c")
    given = {"skip-lines": 1, "encoding": "UTF8"}
    assert look(data, hints=given).columns == ("a", "b", "c")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"d,x\n1/2/2020,a\n3/4/2020,b\n", "MM/DD/YYYY or DD/MM/YYYY"),
        (b"a|b,c\nd|e,f\n", "fields may be told apart by"),
        (b"x,y\n1,NA\n2,7\n3,8\n", "but for 'NA' these columns hold numbers: 'y'"),
        (b"x;y\n1,234;a\n5,678;b\n", "the commas in the column 'x'"),
        (b"Hund,Katze\nrot,blau\n", "the first row is taken for names"),
        (b"x,N/A\ny,1\nz,2\nw,3\n", "the first row is taken for values"),
        (b"tag\nfoo\n#bar\nbaz\nqux\n", "taken for rows: say --hint comment='#' if not"),
        (b"a,b\n1,2\n# half\n3,4\n", "left out as comments: say --hint comment=null if not"),
    ],
)
def test_two_readings_that_are_equally_likely_are_both_named(data: bytes, message: str) -> None:
    assert any(message in sentence for sentence in look(data).ambiguous)


MARKED = [
    ("tag\nfoo\n#bar\nbaz\nqux\n", 4),
    ('id,text\n1,a\n#5,"hello, world"\n2,b\n3,c\n', 4),
    ('# made by x\nid,text\n1,"a\n# b"\n2,c\n', 2),
    ("# made by x\n\n# again\nid,text\n1,a\n#2,b\n3,c\n", 3),
    ("# made by x\nid,text\n" + "1,a\n" * 40_000 + "#2,far beyond what is looked at\n", 40_001),
    ("# half\na,b\n1,2\n# the other half\n3,4\n", 2),
]


@pytest.mark.parametrize(("text", "expected"), MARKED)
def test_rows_that_begin_as_comments_do_are_not_lost(text: str, expected: int) -> None:
    data = text.encode()
    table = read_batches(io.BytesIO(data), look(data).format).read_all()
    assert table.num_rows == expected
    assert not any(name.startswith("#") for name in table.column_names)


def test_dates_of_unknown_order_are_left_as_text() -> None:
    assert hints(b"d,x\n1/2/2020,a\n3/4/2020,b\n")["dateformat"] == "YYYY-MM-DD"


def test_a_date_in_one_column_tells_the_order_of_another() -> None:
    found = look(b"a,b\n1/2/2020,31/12/2020 10:00\n3/4/2020,01/02/2020 11:00\n")
    assert found.format.hints["dateformat"] == "DD/MM/YYYY"  # type: ignore[attr-defined]
    assert not found.ambiguous


def test_given_hints_are_taken_and_not_reported() -> None:
    found = look(b"1;2\n", hints={"header-row": True, "field-delimiter": ";"})
    assert found.columns == ("1", "2")
    assert not {"header-row", "field-delimiter"} & {finding.hint for finding in found.findings}


def test_each_finding_says_how_sure_it_is_and_why() -> None:
    for finding in look(TABLE.encode()).findings:
        assert 0 < finding.sureness <= 1
        assert finding.why


def test_samples_from_further_in_correct_the_head(tmp_path: Any) -> None:
    path = tmp_path / "big.csv"
    path.write_bytes(b"d,x\n" + b"01/02/2020,a\n" * 20_000 + "31/12/2020,é\n".encode("cp1252"))
    found = sniff(lambda: path.open("rb")).format
    assert found.hints["dateformat"] == "DD/MM/YYYY"  # type: ignore[attr-defined]
    assert found.hints["encoding"] == "CP1252"  # type: ignore[attr-defined]


def test_a_header_alone_is_a_table_of_no_rows() -> None:
    assert look(b"a,b,c\n").columns == ("a", "b", "c")


# What the csv-spectrum collection covers, in our own words.
SPECTRUM = [
    (b'first,zip\nJohn,"120 any st.\nAnytown, WW"\n', [["John", "120 any st.\nAnytown, WW"]]),
    (b'a,b,c\n1,"",""\n2,3,4\n', [["1", "", ""], ["2", "3", "4"]]),
    (b'a,b\n1,"ha ""ha"" ha"\n3,4\n', [["1", 'ha "ha" ha'], ["3", "4"]]),
    (
        b'key,val\n1,"{""type"": ""Point"", ""c"": [1.0]}"\n',
        [["1", '{"type": "Point", "c": [1.0]}']],
    ),
    (
        b'a,b,c\r\n1,2,3\r\n"Once upon \r\na time",5,6\r\n',
        [["1", "2", "3"], ["Once upon \r\na time", "5", "6"]],
    ),
    ("a,b,c\n1,2,3\n4,5,ʤ\n".encode(), [["1", "2", "3"], ["4", "5", "ʤ"]]),
]


@pytest.mark.parametrize(("data", "expected"), SPECTRUM)
def test_the_usual_torture_is_read_right(data: bytes, expected: list[list[str]]) -> None:
    found = look(data)
    table = read_batches(io.BytesIO(data), found.format).read_all()
    assert [list(row.values()) for row in table.to_pylist()] == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_sniffed_or_refused(data: bytes) -> None:
    try:
        found = look(data)
    except FormatError:
        return
    assert found.format is not None


NAMES = st.lists(st.sampled_from(["id", "name", "city", "price", "a_b"]), min_size=2, unique=True)


@given(
    NAMES,
    st.sampled_from([",", "\t", ";", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.integers(0, 10**6), min_size=5, max_size=9),
)
def test_plain_tables_of_any_delimiter_are_told(
    names: list[str], delimiter: str, end: str, values: list[int]
) -> None:
    lines = [delimiter.join(names), *(delimiter.join([str(v)] * len(names)) for v in values)]
    found = look((end.join(lines) + end).encode())
    assert found.columns == tuple(names)
    assert found.format.hints["field-delimiter"] == delimiter  # type: ignore[attr-defined]


def test_a_delimiter_inside_the_quotes_of_every_row_makes_no_column() -> None:
    rows = "".join(f'{number},"name, {number}"\n' for number in range(200))
    assert look(f"id,name\n{rows}".encode()).columns == ("id", "name")
