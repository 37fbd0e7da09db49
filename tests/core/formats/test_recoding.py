"""Several files to one, one to several, and any format to any other."""

from __future__ import annotations

import io
import itertools

import pytest

from records_mover.errors import ColumnMismatchError
from records_mover.formats import (
    AvroRecordsFormat,
    BaseRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    infer_schema,
    read_batches,
    read_files,
    write_files,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode.files import recode

SOURCE = b'id,name,day,price\n1,"a,b",2000-01-01,1.50\n2,,,\n3,"",1999-12-31,-0.25\n'
BLUELABS = DelimitedRecordsFormat("bluelabs", {"compression": None})
GERMAN = PLAIN_CSV.alter_hints(
    {"field-delimiter": ";", "dateformat": "DD.MM.YYYY", "decimal-separator": ","}
)
FORMATS: list[BaseRecordsFormat] = [
    PLAIN_CSV,
    BLUELABS,
    GERMAN,
    ParquetRecordsFormat(),
    AvroRecordsFormat(),
    JsonLinesRecordsFormat(),
]
SCHEMA = infer_schema([lambda: io.BytesIO(SOURCE)], PLAIN_CSV)


def recoded(data: bytes, one: BaseRecordsFormat, other: BaseRecordsFormat) -> bytes:
    sink = io.BytesIO()
    assert recode([lambda: io.BytesIO(data)], one, sink, other, schema=SCHEMA) == 3
    assert not sink.closed
    return sink.getvalue()


@pytest.mark.parametrize(("one", "other"), list(itertools.product(FORMATS, FORMATS)), ids=str)
def test_any_format_becomes_any_other(one: BaseRecordsFormat, other: BaseRecordsFormat) -> None:
    data = recoded(recoded(SOURCE, PLAIN_CSV, one), one, other)
    expected = read_batches(io.BytesIO(SOURCE), PLAIN_CSV, SCHEMA).read_all()
    assert read_batches(io.BytesIO(data), other, SCHEMA).read_all().equals(expected)


def test_text_that_both_formats_write_alike_stays_as_it_is() -> None:
    source = b"n,t,z\n1.10,2000-01-01T01:02:03,2000-01-01 01:02:03-05\n"
    schema = infer_schema([lambda: io.BytesIO(source)], PLAIN_CSV)
    sink = io.BytesIO()
    recode([lambda: io.BytesIO(source)], PLAIN_CSV, sink, BLUELABS, schema=schema)
    assert sink.getvalue() == b"1.10,2000-01-01T01:02:03,2000-01-01 01:02:03-05\n"


def test_empty_text_in_a_typed_column_is_written_as_null() -> None:
    source = b'n,s\n"",""\n'
    schema = infer_schema([lambda: io.BytesIO(b"n,s\n1,x\n")], PLAIN_CSV)
    sink = io.BytesIO()
    recode([lambda: io.BytesIO(source)], PLAIN_CSV, sink, BLUELABS, schema=schema)
    assert sink.getvalue() == b"\\N,\n"


def test_headers_of_the_second_and_later_files_are_never_rows() -> None:
    files = [b"a,b\n1,x\n", b"b,a\ny,2\n", b"a,b\n", b"a,b\n3,z"]
    openers = [lambda data=data: io.BytesIO(data) for data in files]
    schema = infer_schema(openers, PLAIN_CSV)
    assert read_files(openers, PLAIN_CSV, schema).read_all().to_pylist() == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 3, "b": "z"},
    ]
    sink = io.BytesIO()
    assert recode(openers, PLAIN_CSV, sink, PLAIN_CSV, schema=schema) == 3
    assert sink.getvalue() == b"a,b\n1,x\n2,y\n3,z\n"


def test_a_file_of_other_columns_is_named() -> None:
    openers = [lambda: io.BytesIO(b"a,b\n1,2\n"), lambda: io.BytesIO(b"a,c\n1,2\n")]
    with pytest.raises(ColumnMismatchError, match=r"in 'two\.csv': no column 'b'"):
        read_files(openers, PLAIN_CSV, sources=["one.csv", "two.csv"]).read_all()


@pytest.mark.parametrize(("size", "counts"), [(2, [2, 1]), (3, [3]), (1, [1, 1, 1]), (10, [3])])
def test_one_file_becomes_several_whole_files(size: int, counts: list[int]) -> None:
    sinks: list[io.BytesIO] = []

    class Kept(io.BytesIO):
        def close(self) -> None:
            """Keep the bytes for a look."""

    def opened(number: int) -> io.BytesIO:
        assert number == len(sinks)
        sinks.append(Kept())
        return sinks[-1]

    reader = read_batches(io.BytesIO(SOURCE), PLAIN_CSV, SCHEMA)
    assert write_files(reader, PLAIN_CSV, opened, rows_per_file=size, schema=SCHEMA) == counts
    files = [sink.getvalue() for sink in sinks]
    assert all(data.startswith(b"id,name,day,price\n") for data in files)
    openers = [lambda data=data: io.BytesIO(data) for data in files]
    expected = read_batches(io.BytesIO(SOURCE), PLAIN_CSV, SCHEMA).read_all()
    assert read_files(openers, PLAIN_CSV, SCHEMA).read_all().equals(expected)


def test_no_rows_make_one_file_with_a_header() -> None:
    sink = io.BytesIO()
    reader = read_batches(io.BytesIO(b"a,b\n"), PLAIN_CSV)
    written: list[bytes] = []
    sink.close = lambda: written.append(sink.getvalue())  # type: ignore[method-assign]
    assert write_files(reader, PLAIN_CSV, lambda _: sink, rows_per_file=5) == [0]
    assert written == [b"a,b\n"]
