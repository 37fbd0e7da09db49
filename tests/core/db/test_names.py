"""Names and texts as the standard writes them."""

from __future__ import annotations

import pytest

from records_mover.db.sql.names import checked_name, cut, identifier, literal
from records_mover.errors import SchemaError


@pytest.mark.parametrize(
    ("name", "written"), [("a", '"a"'), ("A b", '"A b"'), ('a"b', '"a""b"'), ("", '""')]
)
def test_an_identifier_is_quoted_whatever_it_holds(name: str, written: str) -> None:
    assert identifier(name) == written


@pytest.mark.parametrize(
    ("text", "written"), [("a", "'a'"), ("it's", "'it''s'"), ("\\N", "'\\N'"), ("", "''")]
)
def test_a_backslash_means_nothing_in_a_literal(text: str, written: str) -> None:
    assert literal(text) == written


@pytest.mark.parametrize("write", [checked_name, identifier, literal])
def test_what_holds_a_nul_character_is_refused(write: object) -> None:
    with pytest.raises(SchemaError, match=r"'a\\x00b' holds a NUL character"):
        write("a\0b")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "octets", "kept"),
    [("abc", 3, "abc"), ("abcd", 3, "abc"), ("aé", 2, "a"), ("aé", 3, "aé"), ("\ud800b", 9, "b")],
)
def test_a_name_is_cut_between_characters(name: str, octets: int, kept: str) -> None:
    assert cut(name, octets) == kept
