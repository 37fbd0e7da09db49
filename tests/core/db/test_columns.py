from __future__ import annotations

import pytest

from records_mover.db.columns.matching import match_columns, place_columns
from records_mover.errors import ColumnMismatchError
from records_mover.parts import Column, TableInfo, TableName


def table(*columns: Column | str) -> TableInfo:
    made = tuple(each if isinstance(each, Column) else plain(each) for each in columns)
    return TableInfo(name=TableName(name="t"), columns=made)


def plain(name: str, *, filled: bool = False, generated: bool = False) -> Column:
    return Column(name=name, type="TEXT", filled=filled, generated=generated)


def test_columns_match_by_name_in_the_order_of_the_source() -> None:
    assert match_columns(["b", "a"], table("a", "b")) == ("b", "a")


def test_the_exact_spelling_goes_before_another_case() -> None:
    assert match_columns(["A", "a"], table("a", "A")) == ("A", "a")


def test_case_alone_may_differ_when_that_is_unambiguous() -> None:
    assert match_columns(["ID", "Größe"], table("id", "größe")) == ("id", "größe")
    with pytest.raises(ColumnMismatchError, match="no column 'ID'"):
        match_columns(["ID"], table("id", "Id"))


def test_a_name_matches_as_the_database_stores_it() -> None:
    assert match_columns(["long_name"], table("long"), stored=lambda name: name[:4]) == ("long",)


def test_two_columns_of_the_source_cannot_share_one() -> None:
    with pytest.raises(ColumnMismatchError, match="more than one column called 'a'"):
        match_columns(["a", "a"], table("a"))
    with pytest.raises(ColumnMismatchError, match="belongs in 'a'"):
        match_columns(["a", "A"], table("a"))


def test_an_unknown_column_gets_the_near_miss() -> None:
    with pytest.raises(ColumnMismatchError) as caught:
        match_columns(["id", "custmer", "x9"], table("id", "Customer", "total"))
    assert "no columns 'custmer', 'x9'" in str(caught.value)
    assert "did you mean 'Customer'?" in str(caught.value)
    assert "'id', 'Customer', 'total'" in str(caught.value)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ColumnMismatchError, match="the source has no columns 'b', 'c'"):
        match_columns(["a"], table("a", "b", "c"))


def test_what_the_server_fills_in_may_be_missing() -> None:
    info = table("a", plain("at", filled=True), plain("twice", generated=True))
    assert match_columns(["a"], info) == ("a",)
    assert match_columns(["at", "a"], info) == ("at", "a")


def test_what_the_server_computes_must_be_missing() -> None:
    with pytest.raises(ColumnMismatchError, match="computes 'twice' itself"):
        match_columns(["a", "twice"], table("a", plain("twice", generated=True)))


def test_without_names_the_counts_decide() -> None:
    info = table("a", plain("twice", generated=True), "b")
    assert match_columns(["", ""], info, by_position=True) == ("a", "b")
    with pytest.raises(ColumnMismatchError, match="3 columns without names and table 't' takes 2"):
        match_columns(["", "", ""], info, by_position=True)


def test_a_table_that_takes_on_columns_is_given_the_names_it_will_store() -> None:
    def stored(name: str) -> str:
        return name[:3]

    there = table("id", "a")
    assert place_columns(["A", "longer", "ID"], there, stored=stored) == ("a", "lon", "id")
    with pytest.raises(ColumnMismatchError, match="none of the columns 'x', 'y'"):
        place_columns(["x", "y"], there, stored=stored)
    with pytest.raises(ColumnMismatchError, match=r"more than one column of the source.*'lon'"):
        place_columns(["id", "long", "longer"], there, stored=stored)
