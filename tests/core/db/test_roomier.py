"""The type that a column must have to hold what comes, and which values need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover.db.columns.roomier import roomier
from records_mover.db.publishing.misfits import Spelling, misfit

if TYPE_CHECKING:
    from support.postgres import PostgresServer


@pytest.mark.parametrize(
    ("old", "new", "becomes"),
    [
        ("integer", "bigint", "bigint"),
        ("bigint", "integer", None),
        ("integer", "numeric(12,2)", "numeric(12,2)"),
        ("numeric(5,2)", "bigint", "numeric(21,2)"),
        ("numeric", "bigint", None),
        ("numeric(5,2)", "numeric", "numeric"),
        ("numeric(5,2)", "double precision", "double precision"),
        ("real", "double precision", "double precision"),
        ("real", "smallint", None),
        ("double precision", "bigint", "numeric"),
        ("text", "integer", None),
        ("uuid", "text", None),
        ("character varying(5)", "character varying(4)", None),
        ("character varying(5)", "character varying(6)", "character varying(6)"),
        ("character", "text", "text"),
        ("date", "timestamp without time zone", "timestamp without time zone"),
        ("timestamp with time zone", "date", None),
        ("timestamp(3) without time zone", "timestamp(2) without time zone", None),
        (
            "timestamp(3) without time zone",
            "timestamp without time zone",
            "timestamp without time zone",
        ),
        ("time without time zone", "time with time zone", "time with time zone"),
        ("boolean", "integer", "integer"),
        ("mood", "text", None),
        ("integer[]", "bigint[]", None),
    ],
)
def test_a_type_gives_way_only_to_one_that_holds_more(
    old: str, new: str, becomes: str | None
) -> None:
    assert roomier(old, new) == becomes


SAME = Spelling(standard=str, own=str)


@pytest.mark.parametrize(
    ("old", "new", "fits", "misfits"),
    [
        ("character varying(3)", "text", ["'abc'", "'é'"], ["'abcd'", "'éé'"]),
        ("character(3)", "text", ["'abc'", "'a'"], ["'abcd'", "'a '"]),
        ("smallint", "bigint", ["-32768", "32767"], ["32768"]),
        ("integer", "numeric(12,2)", ["7.00"], ["7.01", "2147483648"]),
        ("numeric(5,2)", "numeric(9,4)", ["1.25", "-999.99"], ["1.255", "999.995", "1000"]),
        ("numeric(5,2)", "double precision", ["1.5"], ["0.125", "1e300", "'NaN'"]),
        ("integer", "double precision", ["3"], ["3.5", "'Infinity'"]),
        ("real", "double precision", ["0.5"], ["0.1", "1e300"]),
        ("date", "timestamp without time zone", ["'2020-01-02'"], ["'2020-01-02 03:04:05'"]),
    ],
)
def test_a_value_is_told_that_a_column_would_change_or_refuse(
    postgres: PostgresServer, old: str, new: str, fits: list[str], misfits: list[str]
) -> None:
    test = misfit("v", old, new, SAME)
    for value, expected in [*((v, "f") for v in fits), *((v, "t") for v in misfits)]:
        query = f"SELECT {test} FROM (SELECT CAST({value} AS {new}) AS v) q"
        assert postgres.psql(query) == f"{expected}\n", value
    assert postgres.psql(f"SELECT {test} FROM (SELECT CAST(NULL AS {new}) AS v) q") in ("f\n", "\n")


def test_where_no_value_of_a_type_can_be_another_every_value_needs_it() -> None:
    assert misfit("v", "boolean", "integer", SAME) is None
    assert misfit("v", "date", "integer", SAME) is None
    assert misfit("v", "mood", "text", SAME) is None
