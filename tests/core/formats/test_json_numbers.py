"""Numbers in JSON lines keep every digit, and none ends the process or becomes another one."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover.errors import BadRowError
from records_mover.formats import (
    JsonLinesRecordsFormat,
    infer_schema,
    read_batches,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.schema import DecimalConstraints, Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterable

JSON_LINES = JsonLinesRecordsFormat()


def lines(values: Iterable[str]) -> bytes:
    return "".join(f'{{"a":{value},"text":"7 \\" 8.50"}}\n' for value in values).encode()


def loaded(data: bytes) -> tuple[Field, list[Any]]:
    schema = infer_schema([lambda: io.BytesIO(data)], JSON_LINES)
    table = read_batches(io.BytesIO(data), JSON_LINES, schema).read_all()
    if "text" in schema:
        assert set(table.column("text").to_pylist()) == {'7 " 8.50'}
    return schema["a"], table.column("a").to_pylist()


def read_as(precision: int, scale: int, value: str, *, csv: bool = False) -> list[Any]:
    limits = DecimalConstraints(fixed_precision=precision, fixed_scale=scale)
    schema = RecordsSchema([Field("a", "decimal", limits), Field("b", "integer")])
    data = f"a,b\n{value},1\n" if csv else f'{{"a":{value},"b":1}}\n'
    fmt = PLAIN_CSV if csv else JSON_LINES
    found: list[Any] = (
        read_batches(io.BytesIO(data.encode()), fmt, schema).read_all()["a"].to_pylist()
    )
    return found


@pytest.mark.parametrize(
    ("values", "digits", "expected"),
    [
        (["1.50"], (3, 2), ["1.50"]),
        (["1.0"], (2, 1), ["1.0"]),
        (["100.00"], (5, 2), ["100.00"]),
        (["1.5", "100", "2.25", "-0.5"], (5, 2), ["1.50", "100.00", "2.25", "-0.50"]),
        (["0.12345678901234567890"], (21, 20), ["0.12345678901234567890"]),
        (["9007199254740993", "1.5"], (17, 1), ["9007199254740993.0", "1.5"]),
    ],
)
def test_decimals_keep_the_digits_that_were_written(
    values: list[str], digits: tuple[int, int], expected: list[str]
) -> None:
    field, found = loaded(lines(values))
    precision, scale = digits
    assert field.constraints == DecimalConstraints(fixed_precision=precision, fixed_scale=scale)
    assert found == [Decimal(value) for value in expected]


def test_a_zero_with_a_sign_keeps_it() -> None:
    field, found = loaded(lines(["-0.0", "1.5"]))
    assert isinstance(field.constraints, DecimalConstraints)
    assert field.constraints.fp_total_bits == 64
    assert [repr(value) for value in found] == ["-0.0", "1.5"]


@pytest.mark.parametrize("value", ["18446744073709551616", "-" + "9" * 40])
def test_whole_numbers_past_64_bits_are_kept(value: str) -> None:
    field, found = loaded(lines([value]))
    assert field.field_type == "integer"
    assert found == [Decimal(value)]


@pytest.mark.parametrize("value", ["1e2", "1E+2", "1e-7", "1e300", "5e-324", "1.5e10"])
def test_numbers_with_an_exponent_are_floats_of_64_bits(value: str) -> None:
    field, found = loaded(lines([value, "1.5"]))
    assert isinstance(field.constraints, DecimalConstraints)
    assert field.constraints.fp_total_bits == 64
    assert found == [float(value), 1.5]


@pytest.mark.parametrize(
    "values",
    [
        ["1" * 77],
        ["1e-400"],
        ["1.2345678901234567890e5"],
        ["1e300", "12345678901234567890"],
    ],
)
def test_numbers_that_no_type_holds_travel_as_their_text(values: list[str]) -> None:
    field, found = loaded(lines(values))
    assert field.field_type == "string"
    assert found == values


def test_numbers_in_lists_keep_their_digits_too() -> None:
    _, found = loaded(lines(["[1.50, 2]", "[12345678901234567890.1]", "[]", "null"]))
    exact = [[Decimal("1.50"), Decimal(2)], [Decimal("12345678901234567890.1")], [], None]
    assert found == exact


def test_the_items_of_lists_fit_every_row_and_not_the_last_only() -> None:
    many = [*["[1.25, 40000.5]"] * 300_000, *["[1]"] * 300_000]
    _, found = loaded(lines(many))
    assert found[0] == [Decimal("1.25"), Decimal("40000.5")]
    assert found[-1] == [Decimal(1)]


def test_numbers_of_nested_json_are_not_rounded() -> None:
    nested = '{"x": [1.50, 0.12345678901234567890, ' + "9" * 5000 + "]}"
    assert loaded(lines([nested]))[1] == [nested]


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize(
    ("precision", "scale", "value"),
    [(5, 2, "12345"), (38, 10, "1" * 35), (38, 10, "1e30"), (76, 38, "1" * 70), (76, 60, "1e60")],
)
def test_a_number_too_long_for_its_type_is_refused_and_no_other_one_taken(
    precision: int, scale: int, value: str, *, csv: bool
) -> None:
    with pytest.raises(BadRowError, match=rf"{value[:10]}.*in the column 'a' is no decimal"):
        read_as(precision, scale, value, csv=csv)


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize(
    ("precision", "scale", "value"),
    [
        (2, 1, "1.50"),
        (38, 10, "1" * 28 + ".5"),
        (38, 38, "0." + "1" * 38),
        (76, 38, "-" + "1" * 38),
        (76, 60, "1e15"),
    ],
)
def test_a_number_that_fits_its_type_is_read_whatever_its_zeros(
    precision: int, scale: int, value: str, *, csv: bool
) -> None:
    assert read_as(precision, scale, value, csv=csv) == [Decimal(value)]


def test_a_value_that_does_not_fit_is_named_with_its_line() -> None:
    limits = DecimalConstraints(fixed_precision=3, fixed_scale=1)
    schema = RecordsSchema([Field("a", "decimal", limits)])
    data = b'{"a":1.50}\n\n{"a":2}\n{"a":1.55}\n{"a":1.66}\n'
    with pytest.raises(BadRowError, match=r"f:4: '1.55' in the column 'a' is no decimal") as caught:
        read_batches(io.BytesIO(data), JSON_LINES, schema, source="f").read_all()
    assert caught.value.line == 4


@pytest.mark.parametrize(
    "data",
    [b"null\n", b" null", b'null\n{"a":1}\n', b'{"a":{}}{"a":{}}\n', b'{"a":1e400}\n', b'{"a":"\n'],
)
def test_what_would_end_the_process_or_show_a_traceback_is_refused(data: bytes) -> None:
    with pytest.raises(BadRowError, match="line 1: "):
        loaded(data)


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?(e-?[0-9]{1,2})?", fullmatch=True)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_any_numbers_come_back_equal_or_as_their_text(values: list[str]) -> None:
    field, found = loaded(lines(values))
    for written, value in zip(values, found, strict=True):
        if field.field_type == "string":
            assert value == written
        elif isinstance(value, float):
            assert value == float(written)
        else:
            assert Decimal(value) == Decimal(written)


def test_written_json_lines_are_read_as_they_were() -> None:
    data = lines(["1.50", "100.00", "-7"])
    schema = infer_schema([lambda: io.BytesIO(data)], JSON_LINES)
    sink = io.BytesIO()
    write_batches(read_batches(io.BytesIO(data), JSON_LINES, schema), JSON_LINES, sink)
    assert [json.loads(line)["a"] for line in sink.getvalue().splitlines()] == [1.5, 100.0, -7.0]
    assert loaded(sink.getvalue())[1] == [Decimal("1.50"), Decimal(100), Decimal(-7)]
