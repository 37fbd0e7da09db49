"""A query ends before the semicolons and comments behind it, wherever else such signs stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover.db.sql.query_text import plain_query


@pytest.mark.parametrize(
    "query", ["SELECT 1", "SELECT ';'", 'SELECT "a;--"', "SELECT $$;--$$", "a/b"]
)
@pytest.mark.parametrize(
    "tail", ["", ";", " ; ;\n", "-- end", "; -- end", ";/* a; */", "; /* a /* b */ c */ -- d\n;"]
)
def test_what_ends_a_query_is_left_out(query: str, tail: str) -> None:
    assert plain_query(f"  {query}{tail}") == query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 -- one\n + 1",
        "/* first */ SELECT 1",
        "/* a /* b */ SELECT 1",
        "SELECT 'it''s; -- x'",
        "SELECT $q$ $$;-- $q$",
        r"SELECT E'it\'s; -- x'",
        r"SELECT 'it\'s; -- x' AS a",
        "SELECT a$b, c$d -- e\n FROM t",
        "SELECT `a;--` FROM t",
        "SELECT 'no end; -- x",
    ],
)
def test_nothing_else_is(query: str) -> None:
    assert plain_query(query) == query


@given(st.text(alphabet="aE'\"$`;-/* \n\\", max_size=20))
def test_any_text_is_only_cut_at_its_end(text: str) -> None:
    assert text.strip().startswith(plain_query(text))
