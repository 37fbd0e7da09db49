"""Columns as a database declares them."""

from __future__ import annotations

import pytest

from records_mover.db.columns.declared import (
    ORIGIN,
    binary_number,
    declared,
    digits_of,
    fixed_point,
    origin_of,
    own_word,
    table_declared,
    table_origin_of,
    text_bytes,
)
from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    Field,
    FieldType,
    IntegerConstraints,
    RecordsSchema,
    StringConstraints,
    StringStatistics,
)

_MOON = "sql/moonbase"


def _said(word: str) -> tuple[FieldType, Constraints]:
    return ("date", Constraints()) if word == "day" else ("string", StringConstraints())


def _declared(kind: FieldType, word: str, rep_type: str = _MOON) -> Field:
    return Field("a", kind, representations={ORIGIN: declared(rep_type, word)})


def _text(
    *, size: int | None = None, chars: int | None = None, seen: StringStatistics | None = None
) -> Field:
    facts = StringConstraints(max_length_bytes=size, max_length_chars=chars)
    return Field("a", "string", facts, seen)


def _seen(size: int, *, complete: bool = True) -> StringStatistics:
    rows = 1 if complete else 2
    return StringStatistics(rows_sampled=1, total_rows=rows, max_length_bytes=size)


def test_a_declaration_keeps_the_type_and_what_follows_it() -> None:
    made = declared(_MOON, "varchar(3)", "NOT NULL")
    assert (made.col_ddl, made.col_type) == ("varchar(3) NOT NULL", "varchar(3)")
    assert made.col_modifiers == "NOT NULL"
    assert declared(_MOON, "date").col_ddl == "date"


def test_only_the_words_of_the_same_kind_of_database_are_ones_own() -> None:
    field = _declared("date", "day")
    assert origin_of(field, _MOON) == declared(_MOON, "day")
    assert origin_of(field, "sql/other") is None
    assert origin_of(Field("a", "date"), _MOON) is None


def test_a_word_that_still_says_what_the_field_holds_is_used_again() -> None:
    assert own_word(_declared("date", "day"), _MOON, _said) == "day"


@pytest.mark.parametrize(
    "field",
    [
        _declared("datetime", "day"),
        _declared("date", ""),
        _declared("date", "day", "sql/other"),
        Field("a", "date"),
    ],
    ids=["cast since", "no word", "another's", "from nowhere"],
)
def test_a_word_that_does_not_is_not(field: Field) -> None:
    assert own_word(field, _MOON, _said) is None


def test_integers_and_floats_are_told_by_their_bits() -> None:
    small = IntegerConstraints(required=True, min=-(2**15), max=2**15 - 1)
    assert binary_number("smallint", required=True) == ("integer", small)
    real = DecimalConstraints(required=False, fp_total_bits=32, fp_significand_bits=23)
    assert binary_number("real", required=False) == ("decimal", real)
    assert binary_number("numeric", required=False) is None


def test_a_decimal_is_told_by_its_digits() -> None:
    both = DecimalConstraints(required=True, fixed_precision=10, fixed_scale=2)
    assert fixed_point("10,2", required=True) == both
    whole = DecimalConstraints(required=False, fixed_precision=10, fixed_scale=0)
    assert fixed_point("10", required=False) == whole
    assert fixed_point(None, required=True) == DecimalConstraints(required=True)


@pytest.mark.parametrize(
    ("field", "size"),
    [
        (_text(), None),
        (_text(size=7, chars=3), 7),
        (_text(chars=3), 12),
        (_text(size=7, seen=_seen(2)), 7),
        (_text(seen=_seen(0)), 256),
        (_text(seen=_seen(257)), 512),
        (_text(seen=_seen(512)), 512),
        (_text(seen=_seen(600)), 1000),
        (_text(seen=_seen(1000)), 1000),
        (_text(seen=_seen(1001)), 1024),
        (_text(seen=_seen(3, complete=False)), None),
    ],
)
def test_text_is_as_long_as_is_declared_or_was_seen_with_room_for_more(
    field: Field, size: int | None
) -> None:
    assert text_bytes(field, limit=1000) == size


def test_a_tables_details_come_back_to_its_own_kind_of_database_alone() -> None:
    known = table_declared(_MOON, {"sorted_by": ["a"], "phase": ""})
    schema = RecordsSchema([_declared("date", "day")], known)
    assert table_origin_of(schema, _MOON) == {"sorted_by": ["a"]}
    assert not table_origin_of(schema, "sql/sunbase")
    assert not table_declared(_MOON, {"phase": ""})


@pytest.mark.parametrize(
    ("precision", "scale", "digits"),
    [(10, 2, (10, 2)), (2, 5, (5, 5)), (3, -2, (5, 0)), (0, 0, (1, 0)), (4, None, (4, 0))],
)
def test_a_decimal_has_room_for_each_of_its_digits(
    precision: int, scale: int | None, digits: tuple[int, int]
) -> None:
    facts = DecimalConstraints(fixed_precision=precision, fixed_scale=scale)
    assert digits_of(facts) == digits
