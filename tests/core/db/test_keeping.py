"""What columns of narrower habits keep less of."""

from __future__ import annotations

import pytest

from records_mover.db.columns.keeping import characters_in_bytes, fine_times, numbers_of_json
from records_mover.formats import JsonLinesRecordsFormat, ParquetRecordsFormat
from records_mover.parts import Form
from records_mover.schema import DecimalConstraints, Field, StringConstraints, TimeConstraints
from records_mover.schema.fidelity import EXACT, Kept

_JSON = Form(kind="files", format=JsonLinesRecordsFormat())
_PARQUET = Form(kind="files", format=ParquetRecordsFormat())


def _text(*, chars: int | None = None, size: int | None = None) -> Field:
    facts = StringConstraints(max_length_chars=chars, max_length_bytes=size)
    return Field("a", "string", facts)


def _number(digits: int) -> Field:
    return Field("a", "decimal", DecimalConstraints(fixed_precision=digits, fixed_scale=2))


def _moment(precision: int | None) -> Field:
    return Field("a", "datetime", TimeConstraints(precision=precision))


def test_a_character_is_taken_for_four_bytes() -> None:
    widened = Kept(verdict="widened", why="longer text fits")
    assert characters_in_bytes(_text(chars=25), _text(size=100)) == widened
    found = characters_in_bytes(_text(chars=26), _text(size=100), unit="octets")
    assert found == Kept(verdict="checked", why="text of more than 100 octets is refused")


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (_text(), _text(size=4)),
        (_text(chars=9), _text()),
        (_text(chars=9, size=9), _text(size=4)),
        (_number(4), _text(size=4)),
    ],
    ids=["no length here", "none there", "bytes on both sides", "no text"],
)
def test_lengths_that_say_nothing_of_characters_are_no_matter(source: Field, target: Field) -> None:
    assert characters_in_bytes(source, target) == EXACT


def test_long_decimals_do_not_survive_the_numbers_of_json() -> None:
    lossy = Kept(verdict="lossy", why="as floats")
    assert numbers_of_json(_number(16), _JSON, why="as floats") == lossy
    assert numbers_of_json(_number(15), _JSON, why="as floats") == EXACT
    assert numbers_of_json(_number(16), _PARQUET, why="as floats") == EXACT
    assert numbers_of_json(_number(16), Form(kind="batches"), why="as floats") == EXACT


def test_times_finer_than_a_microsecond_do_not_survive_in_a_time() -> None:
    lossy = Kept(verdict="lossy", why="rounded")
    assert fine_times(_moment(9), _moment(6), why="rounded") == lossy
    assert fine_times(_moment(6), _moment(6), why="rounded") == EXACT
    assert fine_times(_moment(None), _moment(6), why="rounded") == EXACT
    assert fine_times(_moment(9), _text(), why="rounded") == EXACT
