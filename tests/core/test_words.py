"""Numbers before nouns."""

from __future__ import annotations

import pytest

from records_mover.utils.words import many


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 rows were"), (1, "1 row was"), (2, "2 rows were"), (1_000, "1,000 rows were")],
)
def test_one_is_one_and_all_others_are_many(count: int, said: str) -> None:
    assert many(count, "row was", "rows were") == said
    assert many(count, "row") == said.rpartition(" ")[0]
