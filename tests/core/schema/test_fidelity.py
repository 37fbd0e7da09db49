"""What becomes of a type in another is told by one rule, and the page about it is the rule."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from records_mover.schema import (
    DecimalConstraints,
    Field,
    FieldType,
    IntegerConstraints,
    IntegerStatistics,
    SqlRepresentation,
)
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, type_words, worst

HERE = Path(__file__).parent


def test_the_page_says_what_the_rule_says() -> None:
    script = runpy.run_path(str(HERE / "types_table.py"))
    assert script["PAGE"].read_text("utf-8") == script["page"](), f"run {HERE / 'types_table.py'}"


@pytest.mark.parametrize("source", get_args(FieldType))
@pytest.mark.parametrize("target", get_args(FieldType))
def test_every_pair_has_a_verdict_and_one_type_keeps_itself(
    source: FieldType, target: FieldType
) -> None:
    found = kept(Field("a", source), Field("b", target))
    assert (found.verdict == "exact") is (source == target)
    assert bool(found.why) is (source != target)


@pytest.mark.parametrize("kind", get_args(FieldType))
def test_text_without_a_limit_takes_every_type(kind: FieldType) -> None:
    assert kept(Field("a", kind), Field("b", "string")).verdict in ("exact", "widened")


def test_integers_are_judged_by_what_was_seen_where_every_row_was() -> None:
    small = IntegerStatistics(min=0, max=9, rows_sampled=5, total_rows=5)
    narrow = Field("b", "integer", IntegerConstraints(min=-(2**15), max=2**15 - 1))
    seen = Field("a", "integer", None, small)
    assert kept(seen, narrow).verdict == "widened"
    assert kept(Field("a", "integer"), narrow).verdict == "checked"


def test_a_strict_writer_refuses_what_another_one_rounds() -> None:
    fine = Field("a", "decimal", DecimalConstraints(fixed_precision=9, fixed_scale=3))
    coarse = Field("a", "decimal", DecimalConstraints(fixed_precision=9, fixed_scale=2))
    assert kept(fine, coarse).verdict == "lossy"
    assert kept(fine, coarse, strict=True).verdict == "checked"
    zoned, plain = Field("a", "datetimetz"), Field("a", "datetime")
    assert kept(zoned, plain, strict=True).verdict == "lossy"


def test_items_of_arrays_are_judged_like_columns() -> None:
    def arrays(kind: FieldType) -> Field:
        return Field("a", "array", items=Field("item", kind))

    assert kept(arrays("integer"), arrays("integer")) == EXACT
    assert kept(arrays("datetimetz"), arrays("datetime")).verdict == "lossy"


def test_columns_that_one_system_declared_alike_keep_everything() -> None:
    words = SqlRepresentation(rep_type="sql/x", col_ddl="odd NOT NULL", col_type="odd")
    source = Field("a", "string", representations={"origin": words})
    assert same_words(source, source.rename("b"))
    assert type_words(source) == "odd"
    other = replace(source, representations={"origin": replace(words, rep_type="sql/y")})
    assert not same_words(source, other)


def test_the_worst_step_says_what_is_kept() -> None:
    checked, lossy = Kept(verdict="checked", why="c"), Kept(verdict="lossy", why="l")
    assert worst(EXACT, lossy, checked) == lossy
    assert worst(checked, EXACT) == checked


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (
            Field("a", "decimal", DecimalConstraints(fixed_precision=9, fixed_scale=2)),
            "decimal(9,2)",
        ),
        (
            Field("a", "decimal", DecimalConstraints(fp_total_bits=64, fp_significand_bits=53)),
            "float64",
        ),
        (Field("a", "array", items=Field("item", "uuid")), "uuid[]"),
        (Field("a", "json"), "json"),
    ],
)
def test_a_type_is_said_in_few_words(field: Field, words: str) -> None:
    assert type_words(field) == words
