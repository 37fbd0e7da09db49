"""Chunks changed by their bytes say what the careful way says, or leave the chunk to it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from records_mover.errors import BadRowError, MoverError
from records_mover.formats import DelimitedRecordsFormat, infer_schema, read_batches
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode import transcode
from records_mover.formats.recode.bytewise import bytewise
from records_mover.schema import Field, RecordsSchema

Rows = list[tuple[str | None, ...]]

PLAIN = DelimitedRecordsFormat("csv", {"compression": None, "header-row": False})
DIALECTS = {
    "csv": PLAIN,
    "bluelabs": DelimitedRecordsFormat("bluelabs", {"compression": None}),
    "dumb": DelimitedRecordsFormat("dumb", {"compression": None}),
    "vertica": DelimitedRecordsFormat("vertica"),
    "dos": PLAIN.alter_hints({"record-terminator": "\r\n", "field-delimiter": ";"}),
    "mac": PLAIN.alter_hints({"record-terminator": "\r"}),
    "single quotes": PLAIN.alter_hints({"quotechar": "'", "field-delimiter": "\t"}),
    "marker": PLAIN.alter_hints({"null-marker": "NULL"}),
    "no marker": PLAIN.alter_hints({"null-marker": None}),
    "backslash marker": PLAIN.alter_hints({"null-marker": "\\N"}),
    "quotes and escapes": PLAIN.alter_hints({"escape": "\\", "doublequote": False}),
    "escaped": PLAIN.alter_hints(
        {"quoting": None, "escape": "\\", "field-delimiter": "|", "null-marker": "\\N"}
    ),
    "comments": PLAIN.alter_hints({"comment": "#"}),
    "all quoted": PLAIN.alter_hints({"quoting": "all"}),
    "two marks": PLAIN.alter_hints({"field-delimiter": "||"}),
}
ALPHABET = st.sampled_from(
    ["a", "b", "7", ",", ";", "|", "\t", '"', "'", "\\", "\n", "\r", " ", "#", "é", "N", "\x01"]
)
FIELD = st.text(ALPHABET, max_size=5) | st.sampled_from(["NULL", "\\N", "", '""', "\r\n"])


def recoded(data: bytes, one: str, other: str, *, schema: RecordsSchema | None = None) -> bytes:
    sink = io.BytesIO()
    fmt, target = DIALECTS[one], DIALECTS[other]
    transcode.transcode([lambda: io.BytesIO(data)], fmt, sink, target, schema=schema)
    return sink.getvalue()


def outcome(data: bytes, one: str, other: str, schema: RecordsSchema | None) -> Any:
    """Return the rows that a reader finds in what was written, or the error."""
    try:
        written = recoded(data, one, other, schema=schema)
        if not written:
            return []
        return read_batches(io.BytesIO(written), DIALECTS[other]).read_all().to_pylist()
    except MoverError as error:
        return str(error)


@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.lists(st.lists(FIELD, min_size=3, max_size=3), min_size=1, max_size=4),
    one=st.sampled_from(sorted(DIALECTS)),
    other=st.sampled_from(sorted(DIALECTS)),
    raw=st.booleans(),
    typed=st.booleans(),
)
@example(
    text=[["", "", ""], ["#", "", "\n"]], one="all quoted", other="comments", raw=False, typed=False
)
@example(text=[["", "", "\\N"]], one="bluelabs", other="backslash marker", raw=False, typed=False)
def test_the_quick_way_says_what_the_careful_way_says(
    monkeypatch: pytest.MonkeyPatch,
    text: list[list[str]],
    one: str,
    other: str,
    raw: bool,
    typed: bool,
) -> None:
    """Raw text puts the marks where no writer would; written text is what a writer makes."""
    hints = DIALECTS[one].validate()
    data = hints.record_terminator.join(map(hints.field_delimiter.join, text)).encode()
    if not raw:
        try:
            data = written(text, one)
        except MoverError:
            return
    fields = [Field(f"column_{n}", "integer" if typed and n == 2 else "string") for n in (1, 2, 3)]
    schema = RecordsSchema(fields)
    quick = outcome(data, one, other, schema)
    with monkeypatch.context() as patch:
        patch.setattr(transcode, "bytewise", lambda *_, **__: None)
        assert quick == outcome(data, one, other, schema)


def written(rows: list[list[str]], dialect: str) -> bytes:
    import pyarrow as pa

    from records_mover.formats import write_batches

    values = [[None if value == "NULL" else value for value in row] for row in rows]
    columns = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
    batch = pa.RecordBatch.from_arrays(columns, names=["column_1", "column_2", "column_3"])
    sink = io.BytesIO()
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    write_batches(reader, DIALECTS[dialect], sink)
    return sink.getvalue()


FILLER = "plain text of some length, as most of it is; "
USUAL = {
    "csv": f'1,"{FILLER}a ""b"" c",\n2,"",{FILLER[:10]}\n',
    "bluelabs": "1,plain text\\, of some length,\\N\n2,,a\\\\b\n",
    "dos": f'1;plain "text";{FILLER[:20]}\r\n'.replace('"', ""),
    "escaped": "1|some \\| text|x\n2||\\\\\n",
    "single quotes": f"1\t{FILLER}\t'{FILLER}\t\n'\n",
}


@pytest.mark.parametrize("one", sorted(USUAL))
@pytest.mark.parametrize("other", ["csv", "bluelabs", "dos", "escaped", "single quotes"])
def test_usual_text_goes_the_quick_way(one: str, other: str) -> None:
    data = USUAL[one].encode()
    quick = bytewise(DIALECTS[one].validate(), DIALECTS[other].validate(), 3)
    assert quick is not None
    done = quick.rows(data)
    assert done is not None
    rows, text = done
    assert rows == len(read_batches(io.BytesIO(data), DIALECTS[one]).read_all())
    expected = read_batches(io.BytesIO(data), DIALECTS[one]).read_all().to_pylist()
    assert read_batches(io.BytesIO(text), DIALECTS[other]).read_all().to_pylist() == expected


@pytest.mark.parametrize(
    "data",
    [
        b"1,2\n",
        b"1,2,3,4\n5,6\n",
        b"1,\x002,3\n",
        b"1,\xff,3\n",
        b'1,a"b,3\n',
        b'1,"ab"c,3\n',
        b'1,"ab"\r,3\n',
        b"\n1,2,3\n",
        b'1,"2,3\n',
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_the_careful_way(data: bytes) -> None:
    quick = bytewise(PLAIN.validate(), DIALECTS["bluelabs"].validate(), 3)
    assert quick is not None
    assert quick.rows(data) is None


def test_a_ragged_row_is_named_whatever_the_way() -> None:
    data = b"a,b\n" + b"1,2\n" * 3 + b"1,2,3\n"
    with pytest.raises(MoverError, match="5: 3 fields, but there are 2 columns"):
        transcode.transcode(
            [lambda: io.BytesIO(data)], PLAIN_CSV, io.BytesIO(), DIALECTS["bluelabs"]
        )


def test_text_is_never_read_as_anything_else() -> None:
    data = b"a,b\n007,1e5\nNA,TRUE\n+5,1.50\n"
    sink = io.BytesIO()
    target = PLAIN_CSV.alter_hints({"field-delimiter": "\t", "record-terminator": "\r\n"})
    assert transcode.transcode([lambda: io.BytesIO(data)], PLAIN_CSV, sink, target) == 3
    assert sink.getvalue() == data.replace(b",", b"\t").replace(b"\n", b"\r\n")


def test_only_columns_of_types_that_are_written_differently_are_taken_apart() -> None:
    data = b"d,n,t\n2020-01-02,007,1.50\n,08,\n"
    schema = infer_schema([lambda: io.BytesIO(data)], PLAIN_CSV)
    sink = io.BytesIO()
    target = PLAIN_CSV.alter_hints({"dateformat": "DD.MM.YYYY", "field-delimiter": ";"})
    transcode.transcode([lambda: io.BytesIO(data)], PLAIN_CSV, sink, target, schema=schema)
    assert sink.getvalue() == b"d;n;t\n02.01.2020;007;1.50\n;08;\n"


@pytest.mark.parametrize("one", ["csv", "all quoted", "escaped"])
@pytest.mark.parametrize("comment", ["#", "%", "-"])
def test_no_value_becomes_a_comment(one: str, comment: str) -> None:
    rows = [[f"{comment}1", "", "\n"], ["-1", comment, "b"]]
    target = DIALECTS["csv"].alter_hints({"comment": comment})
    sink = io.BytesIO()
    transcode.transcode([lambda: io.BytesIO(written(rows, one))], DIALECTS[one], sink, target)
    found = read_batches(io.BytesIO(sink.getvalue()), target).read_all().to_pylist()
    assert [list(row.values()) for row in found] == rows


def test_a_comment_ends_with_its_line_where_rows_are_counted() -> None:
    data = b'a,b,c\n#,"","\n5\n'
    with pytest.raises(BadRowError, match="line 3: 1 field, but there are 3 columns"):
        read_batches(io.BytesIO(data), DIALECTS["comments"]).read_all()
    data = b'a,b,c\n#,"","\n"\n'
    with pytest.raises(BadRowError, match="the record that begins on line 3 does not end"):
        read_batches(io.BytesIO(data), DIALECTS["comments"]).read_all()
