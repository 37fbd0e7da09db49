"""The values that broke others are in the cases of the kit, each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover.schema import DecimalConstraints
from records_mover.testing import NameCase, Shape, ValueCase, cases_of

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = [case for case in cases_of("values") if isinstance(case, ValueCase)]
NAMES = [case for case in cases_of("names") if isinstance(case, NameCase)]
SHAPES = [case for case in cases_of("shapes") if isinstance(case, Shape)]

BROKE_OTHERS = {
    "string": ("", "NULL", "\\N", "a\nb", "a\tb", "\\", '"', "a\0b", "\U0001f600"),
    "decimal": ("nan", "inf", "-inf", "-0.0"),
    "date": ("-0043-03-15", "0001-01-01", "9999-12-31"),
    "datetime": ("2020-01-02 03:04:05.000006", "2021-03-28 02:30:00", "2021-10-31 02:30:00"),
    "datetimetz": ("2021-03-28 00:59:59.999999+00:00", "2021-03-28 01:00:00+00:00"),
    "time": ("24:00:00", "23:59:59.999999"),
    "array": ("[]", "[null]"),
}


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, them in BROKE_OTHERS.items() for value in them]
)
def test_a_value_that_broke_others_is_in_a_case(kind: str, value: str) -> None:
    assert value in {each for case in _of(kind) for each in case.values}


@pytest.mark.parametrize("kind", BROKE_OTHERS)
def test_null_is_in_a_column_of_every_type(kind: str) -> None:
    assert all(case.texts[-1] is None for case in _of(kind))


def test_decimals_have_forty_digits_and_none_after_the_point() -> None:
    facts = [case.field.constraints for case in _of("decimal")]
    known = [each for each in facts if isinstance(each, DecimalConstraints)]
    assert max(each.fixed_precision or 0 for each in known) == 40
    assert 0 in {each.fixed_scale for each in known}


def test_names_are_as_long_as_servers_allow_and_longer_and_collide() -> None:
    assert {63, 64} <= {len(name.encode()) for case in NAMES for name in case.names}
    cut = [[name.encode()[:63] for name in case.names] for case in NAMES]
    assert any(len(set(names)) < len(names) for names in cut)


def test_tables_have_no_row_or_one_more_than_a_batch_or_1600_columns() -> None:
    assert 0 in {shape.rows for shape in SHAPES}
    assert any(shape.rows == shape.batch + 1 for shape in SHAPES)
    assert 1600 in {shape.columns for shape in SHAPES}


def _of(kind: str) -> Iterator[ValueCase]:
    return (case for case in VALUES if case.field.field_type == kind)
