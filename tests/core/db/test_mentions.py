"""Words in SQL that a catalog keeps as text."""

from __future__ import annotations

import pytest

from records_mover.db.sql.mentions import mentions, reads


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("SELECT gone FROM t", "gone", True),
        ("SELECT t.Gone", "gone", True),
        ('hash("gone")', "gone", True),
        ("SELECT gone_too, agone, gone$", "gone", False),
        ('SELECT "not gone"', "gone", False),
        ('SELECT "a ""b"""', 'a "b"', True),
        ("", "gone", False),
    ],
)
def test_a_name_is_a_word_of_its_own(text: str, name: str, found: bool) -> None:
    assert mentions(text, name) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT a FROM s.t", True),
        ('SELECT a FROM "S" . "T" x', True),
        ("SELECT a FROM t", True),
        ("SELECT a FROM u JOIN (t) USING (a)", True),
        ("SELECT a FROM u, t", True),
        ("SELECT t.a FROM other.t", False),
        ("SELECT t.a FROM other.t t", False),
        ("SELECT t FROM u", False),
        ("SELECT a FROM t.u", False),
        ("SELECT a FROM s.t2", False),
    ],
)
def test_a_table_is_read_by_its_full_name_or_where_tables_stand(text: str, found: bool) -> None:
    assert reads(text, "s", "t") is found
