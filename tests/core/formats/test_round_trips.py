"""Any table, through any format that can carry it, comes back equal: values, NULLs and types."""

from __future__ import annotations

import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records_mover.errors import BadRowError
from records_mover.formats import (
    AvroRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    losses,
    read_batches,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    RecordsSchema,
    TimeConstraints,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from records_mover.formats import BaseRecordsFormat

PLAIN = {"compression": None}
ISO = {
    "dateformat": "YYYY-MM-DD",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
}
FORMATS: list[BaseRecordsFormat] = [
    PLAIN_CSV,
    PLAIN_CSV.alter_hints({"quoting": "all", "record-terminator": "\r\n"}),
    PLAIN_CSV.alter_hints({"quoting": "nonnumeric", "field-delimiter": "\t"}),
    PLAIN_CSV.alter_hints({"doublequote": False, "escape": "\\", "field-delimiter": ";"}),
    PLAIN_CSV.alter_hints({"doublequote": True, "escape": "\\"}),
    PLAIN_CSV.alter_hints({"null-marker": "NULL", "quotechar": "'", "record-terminator": "\r"}),
    PLAIN_CSV.alter_hints({"field-delimiter": "||", "record-terminator": "~\n"}),
    PLAIN_CSV.alter_hints({"field-delimiter": "§", "encoding": "UTF16", "header-row": False}),
    PLAIN_CSV.alter_hints({"encoding": "UTF16LE", "compression": "GZIP"}),
    PLAIN_CSV.alter_hints({"encoding": "UTF16BE", "compression": "ZSTD"}),
    PLAIN_CSV.alter_hints({"encoding": "UTF8BOM", "compression": "LZ4"}),
    PLAIN_CSV.alter_hints({"encoding": "gb18030", "compression": "BZIP"}),
    PLAIN_CSV.alter_hints(
        {
            "decimal-separator": ",",
            "boolean-format": "ja/nein",
            "dateformat": "DD.MM.YYYY",
            "timeonlyformat": "HH12:MI:SS AM",
            "datetimeformat": "MM/DD/YYYY HH12:MI:SS AM",
            "datetimeformattz": "DD-MM-YYYY HH:MI:SSOF",
        }
    ),
    DelimitedRecordsFormat("bluelabs", PLAIN),
    DelimitedRecordsFormat("bluelabs", {**PLAIN, "field-delimiter": "|", "header-row": True}),
    DelimitedRecordsFormat("csv", {**PLAIN, **ISO}),
    DelimitedRecordsFormat("bigquery", PLAIN),
    DelimitedRecordsFormat("dumb", PLAIN),
    DelimitedRecordsFormat("vertica"),
    ParquetRecordsFormat(),
    AvroRecordsFormat(),
    JsonLinesRecordsFormat(),
    JsonLinesRecordsFormat("GZIP"),
]

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", "007", "1e5", "NA", "null", "NULL", "inf", "\\N", "\\", '"', "'", ",", "\r", "\n", "a\r\n"]
)


def decimals(digits: int, scale: int) -> SearchStrategy[Decimal]:
    """Return decimals of a fixed point, without the quantizing that rounds long ones."""
    high = 10**digits - 1
    return st.integers(-high, high).map(lambda whole: Decimal(f"{whole}E-{scale}"))


def integers(low: int, high: int) -> tuple[Field, SearchStrategy[Any]]:
    constraints = IntegerConstraints(min=low, max=high)
    return Field("x", "integer", constraints), st.integers(low, high)


def fixed(digits: int, scale: int) -> tuple[Field, SearchStrategy[Any]]:
    constraints = DecimalConstraints(fixed_precision=digits, fixed_scale=scale)
    return Field("x", "decimal", constraints), decimals(digits, scale)


DOUBLE = DecimalConstraints(fp_total_bits=64, fp_significand_bits=53)
SINGLE = DecimalConstraints(fp_total_bits=32, fp_significand_bits=23)
COLUMNS: list[tuple[Field, SearchStrategy[Any]]] = [
    integers(-(2**15), 2**15 - 1),
    integers(-(2**63), 2**63 - 1),
    integers(-(10**30), 10**30),
    integers(-(10**60), 10**60),
    fixed(6, 2),
    fixed(38, 38),
    fixed(70, 12),
    (Field("x", "decimal", DOUBLE), st.floats(allow_nan=False, allow_infinity=False)),
    (Field("x", "decimal", SINGLE), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    (Field("x", "decimal"), decimals(90, 5).map(str)),
    (Field("x", "string"), TEXT),
    (Field("x", "boolean"), st.booleans()),
    (Field("x", "date"), st.dates()),
    (Field("x", "time"), st.times()),
    (Field("x", "datetime"), st.datetimes()),
    (Field("x", "datetime", TimeConstraints(precision=9)), st.integers(-(10**18), 10**18)),
    (Field("x", "datetimetz"), st.datetimes()),
    (Field("x", "bytes"), st.binary(max_size=6)),
    (Field("x", "uuid"), st.uuids().map(str)),
    (Field("x", "json"), st.sampled_from(['{"a": [1, "x,y"]}', "[]", '{"b": "\\n"}'])),
    (Field("x", "interval"), st.sampled_from(["P1M2DT3S", "1 mon 2 days"])),
    (Field("x", "timetz"), st.sampled_from(["12:00:00+00", "01:02:03.5-05:30"])),
    (
        Field("x", "array", items=Field("item", "integer")),
        st.lists(st.none() | st.integers(-5, 5), max_size=3),
    ),
    (Field("x", "array", items=Field("item", "string")), st.lists(st.none() | TEXT, max_size=3)),
    (
        Field("x", "array", items=Field("item", "date")),
        st.lists(st.none() | st.dates(), max_size=2),
    ),
]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@st.composite
def tables(draw: st.DrawFn) -> tuple[RecordsSchema, pa.Table]:
    chosen = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4))
    names = draw(st.lists(NAMES, min_size=len(chosen), max_size=len(chosen), unique=True))
    rows = draw(st.integers(0, 5))
    schema = RecordsSchema([field.rename(n) for (field, _), n in zip(chosen, names, strict=True)])
    values = [
        draw(st.lists(st.none() | strategy, min_size=rows, max_size=rows)) for _, strategy in chosen
    ]
    arrow = schema.to_arrow()
    arrays = [pa.array(v, field.type) for v, field in zip(values, arrow, strict=True)]
    return schema, pa.Table.from_arrays(arrays, schema=arrow)


REFUSED = re.compile("NUL character|nothing would tell|would lose data")


def always_carries(fmt: BaseRecordsFormat) -> bool:
    """Whether a format has quotes or escapes, or marks no value with anything."""
    if not isinstance(fmt, DelimitedRecordsFormat):
        return fmt.format_type != "avro"
    return fmt.hints["quoting"] is not None or fmt.hints["escape"] is not None


def refuse_for_cause(err: BadRowError, fmt: BaseRecordsFormat) -> None:
    assert REFUSED.search(err.what), err.what
    assert not always_carries(fmt) or "NUL" in err.what


def expected(table: pa.Table, fmt: BaseRecordsFormat, lossy: set[str]) -> list[list[Any]]:
    """Return the columns as they come back: empty text is NULL where the format says so."""
    columns = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        values = column.to_pylist()
        if name in lossy and isinstance(fmt, DelimitedRecordsFormat):
            values = [None if value == fmt.hints["null-marker"] else value for value in values]
        columns.append(values)
    return columns


@pytest.mark.parametrize("fmt", FORMATS, ids=str)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=tables())
def test_a_table_comes_back_equal_or_is_refused(
    fmt: BaseRecordsFormat, data: tuple[RecordsSchema, pa.Table]
) -> None:
    schema, table = data
    lossy = {loss.column for loss in losses(schema, fmt)}
    sink = io.BytesIO()
    try:
        rows = write_batches(table.to_reader(max_chunksize=2), fmt, sink, schema=schema)
    except BadRowError as err:
        refuse_for_cause(err, fmt)
        return
    assert rows == table.num_rows
    back = read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all()
    assert back.schema.equals(table.schema, check_metadata=True)
    assert [column.to_pylist() for column in back.columns] == expected(table, fmt, lossy)


@pytest.mark.parametrize(
    "name", ["\r", "a\r", "\r\r", "\r\n", "\n", "\\", "\\\r", '"', "|", "a|\r"]
)
@pytest.mark.parametrize("rows", [0, 1])
def test_a_name_of_marks_comes_back_from_an_escaped_header(name: str, rows: int) -> None:
    fmt = DelimitedRecordsFormat("bluelabs", {**PLAIN, "field-delimiter": "|", "header-row": True})
    schema = RecordsSchema([Field(name, "integer")])
    arrow = schema.to_arrow()
    table = pa.Table.from_arrays([pa.array([1] * rows, arrow.field(0).type)], schema=arrow)
    sink = io.BytesIO()
    write_batches(table.to_reader(), fmt, sink, schema=schema)
    assert read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all().equals(table)


@pytest.mark.parametrize("fmt", [PLAIN_CSV, JsonLinesRecordsFormat()], ids=["csv", "jsonl"])
@pytest.mark.parametrize("unit", ["s", "us"])
def test_a_time_past_the_end_of_its_day_is_refused_as_text(
    fmt: BaseRecordsFormat, unit: str
) -> None:
    kind, day = (pa.time32("s"), 86_400) if unit == "s" else (pa.time64("us"), 86_400_000_000)
    raw = pa.array([0, day], pa.int32() if unit == "s" else pa.int64())
    table = pa.table({"at": raw.view(kind)})
    schema = RecordsSchema.from_arrow(table.schema)
    with pytest.raises(BadRowError, match=r"holds 86400.*, which no clock or calendar shows"):
        write_batches(table.to_reader(), fmt, io.BytesIO(), schema=schema)
