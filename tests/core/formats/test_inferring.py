"""The types of columns hold for every row, and never cost a digit, a zero or a letter."""

from __future__ import annotations

import gzip
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover import Session, move
from records_mover.errors import (
    BadRowError,
    ColumnMismatchError,
    FormatError,
    MoverError,
    NotFoundError,
)
from records_mover.formats import (
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    infer_schema,
    read_batches,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.instructions import ProcessingInstructions
from records_mover.schema import (
    DecimalConstraints,
    DecimalStatistics,
    IntegerConstraints,
    IntegerStatistics,
    RecordsSchema,
    Statistics,
    StringStatistics,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from records_mover.schema import Field

UTF16 = DelimitedRecordsFormat("csv", {"encoding": "UTF16LE", "compression": None})


def infer(*files: bytes, fmt: Any = PLAIN_CSV, limit: int | None = None) -> RecordsSchema:
    openers = [lambda data=data: io.BytesIO(data) for data in files]
    return infer_schema(openers, fmt, ProcessingInstructions(max_inference_rows=limit))


def column(*values: str, fmt: Any = PLAIN_CSV) -> Field:
    lines = "\n".join(("x,y", *(f"{value},1" for value in values), ""))
    return infer(lines.encode(), fmt=fmt)["x"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", ""], "integer"),
        (["0", "-0"], "integer"),
        (["9223372036854775808", "1"], "integer"),
        (["007", "8"], "string"),
        (["-07"], "string"),
        (["+1"], "string"),
        (["-"], "string"),
        (["555-1234"], "string"),
        (["1e5"], "string"),
        (["1E5", "2"], "string"),
        (["1.5e10", "2.25"], "decimal"),
        (["1e-07", "0.5"], "decimal"),
        (["NA", "1"], "string"),
        (["inf", "1.5"], "string"),
        (["nan", "1.5"], "string"),
        (["null"], "string"),
        (["1.50", "-2", ".5"], "decimal"),
        (["-0.0"], "decimal"),
        (["-0.0", "0.3000000000000000012"], "string"),
        (["-0.0", "12345678901234567.5"], "string"),
        (["00.5"], "string"),
        (["1.5e400"], "string"),
        (["1.5e-400"], "string"),
        (["1.2345678901234567890e5"], "string"),
        (["E-0"], "string"),
        (["1.2.3"], "string"),
        (["."], "string"),
        (["1" * 77], "string"),
        (["1" * 60 + "." + "2" * 20], "string"),
        ([" 1"], "string"),
        (["1_000"], "string"),
        (["0x1F"], "string"),
        (["٣"], "string"),
        (["true", "FALSE", ""], "boolean"),
        (["t", "f"], "boolean"),
        (["f", "f"], "string"),
        (["yes", "no"], "string"),
        (["2000-01-01", "1999-12-31"], "date"),
        (["2000-02-30"], "string"),
        (["2000-1-1"], "string"),
        (["20000101"], "integer"),
        (["2000-01-01", "2000-01-01 01:02:03"], "datetime"),
        (["2000-01-01 01:02"], "datetime"),
        (["2000-01-01T01:02:03.5Z", "2000-01-01 01:02:03+01"], "datetimetz"),
        (["2000-01-01 01:02:03", "2000-01-01 01:02:03Z"], "string"),
        (["12:13", "23:59:59.5"], "time"),
        (["24:00:00"], "string"),
        (["1:02"], "string"),
        (["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        (["123E4567-E89B-12D3-A456-426614174000"], "string"),
        (['"{""a"": [1]}"', "[]"], "json"),
        (['"{""a"": [1]"'], "string"),
        (["", ""], "string"),
        (["x", "1"], "string"),
    ],
)
def test_a_column_has_the_type_that_every_value_fits(values: list[str], kind: str) -> None:
    assert column(*values).field_type == kind


MANY, WIDE = 6000, "n" * 1000  # more than is read at a time


@pytest.mark.parametrize(
    "values",
    [
        ["-0.0"],
        ["-.0", "-0", "1.50", "", "-7.25"],
        ["-0", "1.5"],
        ["-0.0", "1"],
        ["-0.0", "12345678901234.5"],
        ["-0.0", "0.30000000000000004", "1234567890.1234567"],
        ["-0.00", "1.5e-200"],
    ],
)
def test_a_zero_with_a_sign_keeps_it(values: list[str]) -> None:
    for some in (values, [*values, *["1.25"] * MANY], [*["3"] * MANY, *values]):
        data = "".join(("x,y\n", *(f"{value},{WIDE}\n" for value in some))).encode()
        schema = infer(data)
        found = schema["x"].constraints
        assert isinstance(found, DecimalConstraints)
        assert found.fp_total_bits == 64
        back = read_batches(io.BytesIO(data), PLAIN_CSV, schema).read_all()["x"].unique()
        wanted = {repr(float(value)) for value in some if value}
        assert {repr(value) for value in back.to_pylist() if value is not None} == wanted


def test_a_zero_with_a_sign_among_exact_decimals_in_other_rows_makes_them_text() -> None:
    rows = [f"12345678901234567.25,{WIDE}\n"] * MANY
    for zero, kind in (("-0.0", "string"), ("-0", "string"), ("0.0", "decimal")):
        for some in ([f"{zero},\n", *rows], [*rows, f"{zero},\n"]):
            assert infer("".join(("x,y\n", *some)).encode())["x"].field_type == kind


def test_integers_are_sized_by_what_was_seen() -> None:
    limits = [column(value).constraints for value in ("1", "40000", "-3000000000")]
    assert limits == [
        IntegerConstraints(min=-(2**15), max=2**15 - 1),
        IntegerConstraints(min=-(2**31), max=2**31 - 1),
        IntegerConstraints(min=-(2**63), max=2**63 - 1),
    ]
    assert column("9223372036854775808").constraints == IntegerConstraints(
        min=-(10**19 - 1), max=10**19 - 1
    )


def test_statistics_tell_what_was_seen() -> None:
    seen: dict[str, Any] = {"rows_sampled": 3, "total_rows": 3}
    assert column("5", "", "-7").statistics == IntegerStatistics(**seen, count=2, min=-7, max=5)
    price = column("1.5", "-22.125", "")
    assert price.constraints == DecimalConstraints(fixed_precision=5, fixed_scale=3)
    assert price.statistics == DecimalStatistics(
        **seen, count=2, min=Decimal("-22.125"), max=Decimal("1.500")
    )
    assert column("é", '"a,b"', "").statistics == StringStatistics(
        **seen, count=2, max_length_bytes=3, max_length_chars=3
    )
    assert column("true", "", "").statistics == Statistics(**seen, count=1)


def test_the_last_row_counts_as_much_as_the_first() -> None:
    data = b"x\n" + b"1\n" * 2_000_000 + b"x1\n"
    assert infer(data)["x"].field_type == "string"


def test_a_limit_ends_reading_and_leaves_room_for_what_was_not_read() -> None:
    data = b"x,y,z\n" + b"1,1.5,abc\n" * 2_000_000
    schema = infer(data, limit=1000)
    statistics = schema["x"].statistics
    assert statistics is not None
    assert 1000 <= statistics.rows_sampled < 2_000_000
    assert statistics.total_rows is None
    assert not statistics.complete
    assert schema["x"].constraints == IntegerConstraints(min=-(2**63), max=2**63 - 1)
    assert schema["y"].constraints == DecimalConstraints()


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        ("in.csv", "n,d\n" + "1,2020-01-01\n" * 400_000 + "2,never\n", 400_002),
        ("in.jsonl", '{"n": 1, "d": "a"}\n' * 250_000 + '{"n": "x", "d": "b"}\n', 250_001),
    ],
)
def test_a_row_behind_the_limit_that_does_not_fit_ends_the_move(
    tmp_path: Path, name: str, text: str, row: int
) -> None:
    (tmp_path / name).write_text(text)
    limited = ProcessingInstructions(max_inference_rows=10)
    table = f"sqlite:///{tmp_path}/t.db::t"
    with Session() as session:
        for target in (str(tmp_path / "out.parquet"), table):
            with pytest.raises(BadRowError) as caught:
                session.move(str(tmp_path / name), target, limited)
            assert caught.value.line == row
        assert not (tmp_path / "out.parquet").exists()
        with pytest.raises(NotFoundError):
            session.schema(table)


def test_dates_are_known_as_the_hints_write_them() -> None:
    fmt = PLAIN_CSV.alter_hints({"dateformat": "DD/MM/YYYY", "datetimeformat": "DD/MM/YY HH24:MI"})
    assert column("31/12/1999", "1/2/2000", fmt=fmt).field_type == "date"
    assert column("12/31/1999", fmt=fmt).field_type == "string"
    assert column("31/12/99 23:59", fmt=fmt).field_type == "datetime"


def test_decimal_commas_are_known_by_the_hint() -> None:
    fmt = PLAIN_CSV.alter_hints({"decimal-separator": ",", "field-delimiter": ";"})
    schema = infer(b"x;y\n1,25;1.5\n-3;2\n", fmt=fmt)
    assert schema["x"].constraints == DecimalConstraints(fixed_precision=3, fixed_scale=2)
    assert schema["y"].field_type == "string"


def test_several_files_are_one_table() -> None:
    schema = infer(b"x,y\n1,a\n", b"y,x\nb,2.5\n", b"x,y\n")
    assert schema["x"].field_type == "decimal"
    assert schema["x"].statistics is not None
    assert schema["x"].statistics.rows_sampled == 2
    with pytest.raises(ColumnMismatchError, match="unknown column 'z'"):
        infer(b"x,y\n1,a\n", b"x,y,z\n1,2,3\n")


def test_a_header_alone_makes_columns_of_text() -> None:
    schema = infer(b"x,y\n")
    assert [(field.name, field.field_type) for field in schema.fields] == [
        ("x", "string"),
        ("y", "string"),
    ]


def test_a_bad_row_is_an_error_here_too() -> None:
    with pytest.raises(BadRowError, match="line 3"):
        infer(b"x,y\n1,2\n3\n")
    with pytest.raises(FormatError, match="no file"):
        infer()


def test_json_lines_have_the_types_of_json_and_dates() -> None:
    data = (
        b'{"i": 1, "n": 1.25, "s": "5", "d": "2000-01-01", "o": {"a": 1}, "l": [1, 2], "b": true}\n'
        b'{"i": 9223372036854775807, "n": 3, "s": "007", "new": null}\n'
    )
    schema = infer(data, fmt=JsonLinesRecordsFormat())
    assert [(field.name, field.field_type) for field in schema.fields] == [
        ("i", "integer"),
        ("n", "decimal"),
        ("s", "string"),
        ("d", "date"),
        ("o", "json"),
        ("l", "array"),
        ("b", "boolean"),
        ("new", "string"),
    ]
    assert schema["n"].constraints == DecimalConstraints(fixed_precision=3, fixed_scale=2)
    table = read_batches(io.BytesIO(data), JsonLinesRecordsFormat(), schema).read_all()
    assert table.column("n").to_pylist() == [Decimal("1.25"), Decimal("3.00")]


def test_parquet_tells_its_columns_itself() -> None:
    source = b"x,y\n1,a\n300,\n"
    schema = infer(source)
    sink = io.BytesIO()
    write_batches(read_batches(io.BytesIO(source), PLAIN_CSV, schema), ParquetRecordsFormat(), sink)
    again = infer(sink.getvalue(), sink.getvalue(), fmt=ParquetRecordsFormat())
    assert again["x"].constraints == IntegerConstraints(min=-(2**15), max=2**15 - 1)
    assert again["x"].statistics == Statistics(rows_sampled=4, total_rows=4)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
TRICKY = st.from_regex(r"-?[0-9]{0,3}(\.[0-9]{0,3})?([eE][-+]?[0-9]{1,2})?", fullmatch=True)


@given(st.lists(CELLS | TRICKY, min_size=1, max_size=6))
def test_an_inferred_type_can_read_every_value_without_changing_it(cells: list[str]) -> None:
    quoted = "".join('"' + cell.replace('"', '""') + '",1\n' for cell in cells)
    data = f"x,y\n{quoted}".encode()
    schema = infer(data)
    back = read_batches(io.BytesIO(data), PLAIN_CSV, schema).read_all().column("x").to_pylist()
    kind = schema["x"].field_type
    for cell, value in zip(cells, back, strict=True):
        if kind == "string":
            assert value == cell
        elif kind in ("integer", "decimal"):
            assert (
                value is None
                if cell == ""
                else Decimal(cell) == Decimal(repr(value).strip("Decimal()'"))
            )


@pytest.mark.parametrize(
    ("suffix", "bad", "message"),
    [
        (".csv", b"a,b\n1,2,3\n", r"bad\.csv:2: 3 fields"),
        (".csv", b'a,b\n1,"2\n', r"bad\.csv: the record that begins on line 2 does not end"),
        (".csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], r"bad\.csv\.gz: the GZIP data stops"),
        (".jsonl", b'{"a": 1, "b": 2}\n{"a":\n', r"bad\.jsonl:2: "),
        (".avro", b"Obj\x01garbage", r"bad\.avro is no Avro file"),
    ],
    ids=["ragged", "endless", "cut off", "json", "avro"],
)
def test_of_several_files_the_bad_one_is_named(
    tmp_path: Path, suffix: str, bad: bytes, message: str
) -> None:
    good, other = tmp_path / f"a{suffix}", tmp_path / f"bad{suffix}"
    (tmp_path / "in.csv").write_bytes(b"a,b\n1,2\n")
    move(str(tmp_path / "in.csv"), str(good))
    other.write_bytes(bad)
    with pytest.raises(MoverError, match=message):
        move(f"{tmp_path}/*{suffix}", str(tmp_path / "out.parquet"))
    assert not (tmp_path / "out.parquet").exists()


def test_objects_without_a_name_are_no_table() -> None:
    with pytest.raises(FormatError, match="no line names a column"):
        infer_schema([lambda: io.BytesIO(b"{}\n{}\n")], JsonLinesRecordsFormat())


@pytest.mark.parametrize(
    "read",
    [
        lambda stream: infer_schema([lambda: stream], UTF16),
        lambda stream: read_batches(stream, UTF16),
    ],
)
def test_a_file_that_fails_in_its_first_rows_is_closed(read: Callable[[BinaryIO], object]) -> None:
    stream = io.BytesIO(b"a\0,\0b\0\n\0\x00\xd8x\0\n\0")
    with pytest.raises(FormatError, match="utf-16") as caught:
        read(stream)
    # Whoever holds the error holds the readers, too, which close what they read when they go.
    assert stream.closed
    del caught
