"""What formats cannot keep is told by column, and the page about it is true."""

from __future__ import annotations

import io
import runpy
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest

from records_mover.errors import BadRowError
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    ParquetRecordsFormat,
    losses,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode.transcode import transcode
from records_mover.schema import Constraints, Field, FieldType, RecordsSchema, TimeConstraints

HERE = Path(__file__).parent


def test_the_page_says_what_comes_out() -> None:
    script = runpy.run_path(str(HERE / "fidelity_table.py"))
    page = script["page"]()
    assert script["PAGE"].read_text("utf-8") == page, f"run {HERE / 'fidelity_table.py'}"
    assert "SILENCE" not in page


def test_a_plain_csv_file_loses_nothing() -> None:
    kinds = [kind for kind in get_args(FieldType) if kind != "array"]
    schema = RecordsSchema([Field(kind, kind) for kind in kinds])
    assert losses(schema, PLAIN_CSV) == ()
    assert losses(schema, ParquetRecordsFormat()) == ()


def test_losses_name_the_column_and_what_is_lost() -> None:
    schema = RecordsSchema(
        [
            Field("day", "date"),
            Field("at", "datetime"),
            Field("name", "string"),
            Field("code", "string", Constraints(required=True)),
        ]
    )
    csv = DelimitedRecordsFormat("csv")
    dumb = DelimitedRecordsFormat("dumb")
    assert [str(loss) for loss in losses(schema, csv)] == [
        "column 'day': dateformat MM/DD/YY does not keep the century",
        "column 'at': datetimeformat MM/DD/YY HH24:MI does not keep the seconds, the century",
    ]
    assert [loss.column for loss in losses(schema, dumb)] == ["name"]
    nano = RecordsSchema([Field("t", "datetime", TimeConstraints(precision=9))])
    assert len(losses(nano, AvroRecordsFormat())) == 1


def test_losses_are_warned_about_before_writing(caplog: pytest.LogCaptureFixture) -> None:
    table = pa.table({"day": pa.array([0], pa.date32())})
    fmt = DelimitedRecordsFormat("csv", {"compression": None})
    write_batches(table.to_reader(), fmt, io.BytesIO())
    assert "column 'day'" in caplog.text


@pytest.mark.parametrize(
    ("value", "hints", "message"),
    [
        ("a,b", {"quoting": None}, "','"),
        ("a\rb", {"quoting": None}, r"'\\r'"),
        ("a\0b", {}, "NUL"),
        ("ж", {"encoding": "LATIN1"}, "'ж' cannot be written in LATIN1"),
        ('a"b,', {"doublequote": False}, "neither doubled nor escaped"),
    ],
)
def test_what_cannot_be_written_is_refused(
    value: str, hints: dict[str, object], message: str
) -> None:
    table = pa.table({"x": pa.array([value], pa.string())})
    with pytest.raises(BadRowError, match=message):
        write_batches(table.to_reader(), PLAIN_CSV.alter_hints(hints), io.BytesIO())


def test_arrow_types_of_other_makers_are_written_by_value() -> None:
    table = pa.table(
        {
            "d": pa.array(["x", None, "x"]).dictionary_encode(),
            "l": pa.array(["a", "b", None], pa.large_string()),
            "s": pa.array([1, 2, None], pa.timestamp("s", "Europe/Paris")),
            "u": pa.array([b"\x00" * 16, None, b"\xff" * 16], pa.uuid()),
            "p": pa.array([1_500_000, None, 0], pa.duration("us")),
            "n": pa.array([{"a": 1}, None, {"a": None}]),
        }
    )
    sink = io.BytesIO()
    write_batches(table.to_reader(), PLAIN_CSV, sink)
    assert sink.getvalue().decode().splitlines() == [
        "d,l,s,u,p,n",
        'x,a,1970-01-01 00:00:01+00,00000000-0000-0000-0000-000000000000,PT1.5S,"{""a"": 1}"',
        ",b,1970-01-01 00:00:02+00,,,",
        'x,,,ffffffff-ffff-ffff-ffff-ffffffffffff,PT0S,"{""a"": null}"',
    ]


def test_what_no_type_is_known_of_is_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    target = DelimitedRecordsFormat("dumb", {"compression": None})
    transcode([lambda: io.BytesIO(b"a,b,c\n1,2,3\n")], PLAIN_CSV, io.BytesIO(), target)
    assert caplog.messages == ["columns of text: nothing tells empty text from NULL"]


def test_columns_of_numbers_are_not_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    target = DelimitedRecordsFormat("dumb", {"compression": None})
    schema = RecordsSchema([Field("a", "integer"), Field("b", "string")])
    files = [lambda: io.BytesIO(b"a,b\n1,2\n")]
    transcode(files, PLAIN_CSV, io.BytesIO(), target, schema=schema)
    assert caplog.messages == ["column 'b': nothing tells empty text from NULL"]
