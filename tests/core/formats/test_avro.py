"""Avro is written by whole columns, and read as every library writes it."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from functools import partial
from typing import Any

import fastavro
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from records_mover.errors import BadRowError, FormatError
from records_mover.formats import (
    AvroRecordsFormat,
    infer_schema,
    read_batches,
    write_batches,
)
from records_mover.schema import Field, IntegerConstraints, RecordsSchema

AVRO = AvroRecordsFormat()
MOMENT = dt.datetime(1912, 4, 15, 2, 20, 30, 123456)
TABLE = pa.table(
    {
        "small": pa.array([1, None, -5], pa.int16()),
        "int": pa.array([2**31 - 1, -(2**31), 0], pa.int32()),
        "long": pa.array([2**63 - 1, -(2**63), None], pa.int64()),
        "flag": pa.array([True, False, None]),
        "float": pa.array([1.5, -0.0, None], pa.float32()),
        "double": pa.array([1e300, float("inf"), None]),
        "money": pa.array([Decimal("-99.99"), Decimal("0.01"), None], pa.decimal128(4, 2)),
        "wide": pa.array([Decimal("-" + "9" * 70), None, Decimal(1)], pa.decimal256(70, 0)),
        "text": pa.array(["", None, "é\n\0"]),
        "bytes": pa.array([b"\0\xff", b"", None]),
        "day": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31), None]),
        "clock": pa.array([dt.time(23, 59, 59, 999999), None, dt.time(0)], pa.time64("us")),
        "moment": pa.array([MOMENT, dt.datetime(1, 1, 1), None], pa.timestamp("us")),
        "there": pa.array([MOMENT, None, MOMENT], pa.timestamp("us", "UTC")),
        "list": pa.array([[1, None, 3], [], None], pa.list_(pa.int64())),
        "lists": pa.array([[["a"], [], None], None, []], pa.list_(pa.list_(pa.string()))),
    }
)


def written(table: pa.Table, schema: RecordsSchema | None = None) -> bytes:
    sink = io.BytesIO()
    write_batches(table.to_reader(), AVRO, sink, schema=schema)
    return sink.getvalue()


def read(data: bytes, source: str = "") -> pa.Table:
    return read_batches(io.BytesIO(data), AVRO, source=source).read_all()


def test_every_type_comes_back() -> None:
    table = read(written(TABLE))
    assert table.drop_columns("small").to_pydict() == TABLE.drop_columns("small").to_pydict()
    assert table.column("small").to_pylist() == [1, None, -5]
    assert table.schema.field("money").type == pa.decimal128(4, 2)
    assert table.schema.field("there").type == pa.timestamp("us", "UTC")


EDGES = [sign * 2**bits + near for sign in (1, -1) for bits in range(63) for near in (-1, 0, 1)]


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.sampled_from(EDGES) | st.none()))
@example(EDGES)
def test_integers_of_any_length_are_written_as_fastavro_reads_them(
    values: list[int | None],
) -> None:
    table = pa.table({"n": pa.array(values, pa.int64())})
    rows: Any = fastavro.reader(io.BytesIO(written(table)))
    assert [row["n"] for row in rows] == values


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=3) | st.none(), max_size=4) | st.none()), st.data())
def test_a_part_of_a_batch_is_written_alone(rows: list[Any], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(rows)))
    count = data.draw(st.integers(0, len(rows) - start))
    whole = {"x": pa.array(rows, pa.list_(pa.string())), "n": pa.array(range(len(rows)))}
    part = pa.table(whole).slice(start, count)
    assert read(written(part)).to_pydict() == part.to_pydict()


def test_the_rows_keep_their_order_over_many_blocks() -> None:
    count = 200_000
    table = pa.table({"n": pa.array(range(count)), "t": pa.array(["some text"] * count)})
    data = written(table)
    blocks = [block.num_records for block in fastavro.block_reader(io.BytesIO(data))]
    assert sum(blocks) == count
    assert 10 < len(blocks) < 100
    assert read(data).equals(table)


def test_integers_past_64_bits_and_their_type_are_kept() -> None:
    table = pa.table({"n": pa.array([2**64 - 1, None], pa.uint64())})
    data = written(table)
    assert [int(value.as_py() or 0) for value in read(data).column("n")] == [2**64 - 1, 0]
    field = infer_schema([lambda: io.BytesIO(data)], AVRO)["n"]
    assert isinstance(field.constraints, IntegerConstraints)


def test_lists_of_records_travel_as_lists_of_json() -> None:
    table = pa.table({"x": pa.array([[{"a": 1}, None], None, []])})
    assert read(written(table)).column("x").to_pylist() == [['{"a": 1}', None], None, []]


def test_a_column_that_must_be_there_and_is_not_is_refused() -> None:
    schema = RecordsSchema([Field("n", "integer", IntegerConstraints(required=True))])
    with pytest.raises(BadRowError, match="the column 'n' is required, and holds NULL"):
        written(pa.table({"n": pa.array([1, None], pa.int64())}), schema)


OTHERS: dict[str, tuple[Any, list[Any]]] = {
    "enum": ({"type": "enum", "name": "e", "symbols": ["x", "y"]}, ["x", "y"]),
    "fixed": ({"type": "fixed", "name": "f", "size": 2}, [b"ab", b"cd"]),
    "fixed decimal": (
        {"type": "fixed", "name": "f", "size": 3, "logicalType": "decimal", "precision": 4},
        [Decimal(1), Decimal(-9999)],
    ),
    "uuid": (
        {"type": "string", "logicalType": "uuid"},
        ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
    ),
    "milliseconds": (
        {"type": "long", "logicalType": "timestamp-millis"},
        [MOMENT.replace(microsecond=123000, tzinfo=dt.UTC)] * 2,
    ),
    "clock": ({"type": "int", "logicalType": "time-millis"}, [dt.time(1, 2, 3, 4000)] * 2),
    "nothing last": (["string", "null"], ["a", None]),
    "an unknown meaning": ({"type": "long", "logicalType": "of-ours"}, [1, 2]),
}


@pytest.mark.parametrize(("kind", "values"), OTHERS.values(), ids=OTHERS)
def test_what_other_writers_write_is_read_alike(kind: Any, values: list[Any]) -> None:
    sink = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": kind}]}
    fastavro.writer(sink, fastavro.parse_schema(schema), [{"x": value} for value in values])
    assert [str(value) for value in read(sink.getvalue()).column("x").to_pylist()] == [
        str(value) for value in values
    ]


def test_a_file_that_is_cut_off_or_damaged_is_refused_by_name() -> None:
    data = written(pa.table({"n": pa.array(range(100_000))}))
    marker = data.rfind(data[-16:], 0, -16)
    # The marker is another one each time.
    changed = data[:marker] + bytes([data[marker] ^ 1]) + data[marker + 1 :]
    for damaged in (data[:-20], data[: len(data) // 2], changed):
        with pytest.raises(FormatError, match=r"in\.avro is a damaged Avro file"):
            read(damaged, "in.avro")
        with pytest.raises(FormatError, match=r"in\.avro is a damaged Avro file"):
            infer_schema([partial(io.BytesIO, damaged)], AVRO, sources=["in.avro"])


def test_a_day_that_python_has_not_is_refused() -> None:
    sink = io.BytesIO()
    day = {"name": "x", "type": {"type": "int", "logicalType": "date"}}
    schema = {"type": "record", "name": "r", "fields": [day]}
    fastavro.writer(sink, fastavro.parse_schema(schema), [{"x": 2**31 - 1}])
    with pytest.raises(FormatError, match=r"in\.avro is a damaged Avro file"):
        read(sink.getvalue(), "in.avro")
