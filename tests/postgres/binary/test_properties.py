"""Whatever the values are, the binary way and the server's own reading agree."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from support.csv_ways import CsvWays

# The fixtures are a transaction that each example leaves as it found it.
_MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, max_size=12)


@st.composite
def _decimals(draw: st.DrawFn) -> tuple[pa.DataType, list[Decimal | None]]:
    precision = draw(st.integers(1, 76))
    scale = draw(st.integers(0, precision))
    most = 10**precision - 1
    units = draw(_maybe(st.integers(-most, most)))
    kind = (pa.decimal128 if precision <= 38 else pa.decimal256)(precision, scale)
    return kind, [
        unit
        if unit is None
        else Decimal((unit < 0, [int(digit) for digit in str(abs(unit))], -scale))
        for unit in units
    ]


@_MANY
@given(_decimals())
def test_decimals_of_any_size(load: Any, case: tuple[pa.DataType, list[Decimal | None]]) -> None:
    kind, values = case
    shown = [None if value is None else f"{value:f}" for value in values]
    expected = [text.removeprefix("-") if text and not Decimal(text) else text for text in shown]
    assert load(pa.array(values, kind), "numeric") == expected


@_MANY
@given(_maybe(st.integers(-(2**63), 2**63 - 1)), st.integers(0, 3))
def test_integers_in_any_slice(load: Any, values: list[int | None], start: int) -> None:
    expected = [None if value is None else str(value) for value in values[start:]]
    array = pa.array(values, pa.int64()).slice(start)
    assert load(array, "bigint") == load(array, "numeric") == expected


@_MANY
@given(_maybe(st.text(_CHARACTERS, max_size=20)), st.integers(0, 3))
def test_text_in_any_slice(load: Any, values: list[str | None], start: int) -> None:
    array = pa.array(values, pa.string())
    assert load(array.slice(start), "text") == values[start:]
    assert load(array.dictionary_encode().slice(start), "text") == values[start:]


@_MANY
@given(_maybe(st.lists(st.none() | st.text("ab ", max_size=3), max_size=4)), st.integers(0, 3))
def test_lists_in_any_slice(load: Any, literals: Any, values: list[Any], start: int) -> None:
    array = pa.array(values, pa.list_(pa.string())).slice(start)
    expected = [None if value is None else _array(value) for value in values[start:]]
    assert load(array, "text[]") == literals(expected, "text[]")


def _array(values: list[str | None]) -> str:
    return "{" + ",".join("NULL" if value is None else f'"{value}"' for value in values) + "}"


@_MANY
@given(st.text('",\n\r\\. a1', max_size=30), st.booleans())
def test_any_structure_of_csv(both_ways: CsvWays, data: str, header: bool) -> None:
    for kinds in (["text"], ["text", "text"], ["text", "integer"]):
        text, binary = both_ways(data.encode(), *kinds, header=header)
        assert binary in (None, text)


@_MANY
@given(
    st.lists(st.text("0123456789.-+eExXNan_ ", max_size=9), min_size=1, max_size=3),
    st.sampled_from(["smallint", "bigint", "numeric(6,2)", "numeric(38,0)", "real", "boolean"]),
)
def test_any_spelling_of_numbers(both_ways: CsvWays, values: list[str], kind: str) -> None:
    _agree(both_ways, values, kind)


_DATES = st.dates().map(str)
_TIMES = st.times().map(lambda time: str(time)[:15])


@_MANY
@given(
    st.lists(
        _DATES
        | st.text("0129-:. TZ+", max_size=12)
        | st.tuples(
            _DATES, st.sampled_from(" T"), _TIMES, st.sampled_from(["", "Z", "+01", "-12:30"])
        ).map("".join)
        | st.from_regex(r"[0-2]\d{3}-[01]\d-[0-3]\d( [0-2]\d:[0-6]\d(:[0-6]\d)?)?", fullmatch=True),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["date", "timestamp", "timestamptz", "time"]),
)
def test_any_spelling_of_dates(both_ways: CsvWays, values: list[str], kind: str) -> None:
    _agree(both_ways, values, kind)


def _agree(both_ways: CsvWays, values: list[str], kind: str) -> None:
    text, binary = both_ways("".join(f"{value},x\n" for value in values).encode(), kind, "text")
    assert binary in (None, text)
