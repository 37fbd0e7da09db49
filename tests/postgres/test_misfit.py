"""Rows that one server moves by itself: an error names the column, as COPY's does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from postgres.conftest import Bench

ROWS = "INSERT INTO s SELECT i, 'x' || i, i FROM generate_series(1, 100000) AS i"


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("mode", ["append", "truncate"])
@pytest.mark.parametrize(
    ("types", "column", "reason"),
    [
        ("a bigint, b varchar(5), c bigint", "b", "value too long"),
        ("a bigint, b text, c smallint", "c", "out of range"),
        ("a bigint, b text, c numeric(4)", "c", "overflow"),
    ],
)
def test_a_value_that_does_not_fit_names_its_column(
    pg: Bench, types: str, column: str, reason: str, mode: str, verify: bool
) -> None:
    pg.run("CREATE TABLE s (a bigint, b text, c bigint)", ROWS, f"CREATE TABLE t ({types})")
    with Session() as session:
        plan = session.explain(f"{pg.url}::s", f"{pg.url}::t", if_exists=mode)
        assert plan.route.names == ("postgres-insert-select",)
        with pytest.raises(BadRowError, match=f"column '{column}': .*{reason}") as told:
            session.move(f"{pg.url}::s", f"{pg.url}::t", if_exists=mode, verify=verify)
    assert told.value.column == column
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


def test_the_words_of_the_error_are_whole(pg: Bench) -> None:
    pg.run("CREATE TABLE s (a bigint)", "INSERT INTO s VALUES (70000)", "CREATE TABLE t (a int2)")
    with Session() as session, pytest.raises(BadRowError) as told:
        session.move(f"{pg.url}::s", f"{pg.url}::t")
    assert str(told.value).startswith(
        "inserting public.s into public.t: column 'a': smallint out of range; "
    )
