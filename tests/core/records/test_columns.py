"""Columns match by name, and what does not match is said before anything is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from records_mover.errors import ColumnMismatchError
from records_mover.parts import Column, TableInfo, TableName
from records_mover.records.columns import match_columns

if TYPE_CHECKING:
    from records_mover.parts import Database


class _Folding:
    """A database that stores at most eight characters of a name."""

    def column_name(self, name: str) -> str:
        return name[:8]


def _info(*columns: str | Column) -> TableInfo:
    made = [c if isinstance(c, Column) else Column(name=c, type="text") for c in columns]
    return TableInfo(name=TableName(name="t", schema="s"), columns=tuple(made))


def _match(names: list[str], *columns: str | Column) -> tuple[str, ...]:
    return match_columns(names, _info(*columns), cast("Database", _Folding()))


@pytest.mark.parametrize(
    ("names", "columns", "expected"),
    [
        (["b", "a"], ["a", "b"], ("b", "a")),
        (["A", "B"], ["a", "b"], ("a", "b")),
        (["a", "A"], ["A", "a"], ("a", "A")),
        (["very long name"], ["very lon"], ("very lon",)),
        (["VERY LONG NAME"], ["very lon"], ("very lon",)),
        (["Straße"], ["STRASSE"], ("STRASSE",)),
        (
            ['select"; drop table x; --'],
            ['select"; drop table x; --'],
            ('select"; drop table x; --',),
        ),
    ],
)
def test_a_name_matches_itself_first_then_as_stored_then_whatever_its_case(
    names: list[str], columns: list[str], expected: tuple[str, ...]
) -> None:
    assert _match(names, *columns) == expected


def test_columns_that_the_server_fills_may_be_left_out() -> None:
    filled = Column(name="id", type="serial", filled=True)
    generated = Column(name="sum", type="int", generated=True)
    assert _match(["a"], filled, "a", generated) == ("a",)


@pytest.mark.parametrize(
    ("names", "columns", "words"),
    [
        (
            ["a", "bb"],
            ["a", "b"],
            "'s.t' has no column 'bb', which the source has; did you mean 'b'",
        ),
        (["x", "y"], ["abc"], "'s.t' has no column 'x', 'y', which the source has; it has 'abc'"),
        (["Ab"], ["ab", "AB"], "has no column 'Ab'"),
        (["a", "A"], ["a"], "columns 'a', 'A' of the source are all 'a' of 's.t'"),
        (["a"], ["a", "b"], "the source has no column 'b', which 's.t' has; add it to the source"),
        (
            ["a", "g"],
            ["a", Column(name="g", type="int", generated=True)],
            "column 'g' of 's.t' is generated and takes no value; leave it out",
        ),
        ([f"x{n}" for n in range(12)], ["a"], "'x9' and 2 more"),
    ],
)
def test_what_does_not_match_is_said(
    names: list[str], columns: list[str | Column], words: str
) -> None:
    with pytest.raises(ColumnMismatchError) as raised:
        _match(names, *columns)
    assert words in str(raised.value)
