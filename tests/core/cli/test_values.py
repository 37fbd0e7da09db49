"""Options' values: hints and lists of names."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records_mover.cli.values import hint_option, names, parse_hint


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("h=true", True),
        ("h=false", False),
        ("h=null", None),
        ("h=none", None),
        ("h=3", 3),
        ("h=", ""),
        ("h=NULL", "NULL"),
        ("h=None", "None"),
        ("h=True", True),
        ("h=False", False),
        ("h==", "="),
        (r"h=\t", "\t"),
        (r"h=\n", "\n"),
        (r"h=\r\n", "\r\n"),
        (r"h=\0", "\0"),
        (r"h=\x01", "\x01"),
        (r"h=\u2028", "\u2028"),
        ("h=\\", "\\"),
        (r"h=\\", "\\"),
        (r"h=\\t", r"\t"),
        (r"h=\N", r"\N"),
        ('h="true"', "true"),
        ('h="3"', "3"),
        ('h="', '"'),
        ('h="""', '"""'),
        ("h=a b", "a b"),
    ],
)
def test_a_hint_says_a_value(text: str, value: object) -> None:
    assert parse_hint(text) == ("h", value)
    assert type(parse_hint(text)[1]) is type(value)


@pytest.mark.parametrize("text", ["", "header-row", "=true", " =1"])
def test_what_is_no_hint_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not name=value"):
        parse_hint(text)


VALUES = (
    st.none() | st.booleans() | st.integers(min_value=0) | st.text(st.characters(codec="utf-8"))
)


@given(VALUES)
def test_a_printed_hint_pasted_into_a_shell_is_the_same_hint(value: object) -> None:
    option, text = shlex.split(hint_option("some-hint", value))
    assert option == "--hint"
    back = parse_hint(text)[1]
    assert back == value
    assert type(back) is type(value)


def test_names_are_split_at_commas_but_not_inside_quotes() -> None:
    assert names(["a,b", '"c,d", e']) == ("a", "b", "c,d", "e")
    assert names([]) == ()


@pytest.mark.parametrize("text", ["a,,b", "", ",", '"a'])
def test_a_list_with_a_hole_in_it_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty name|no list of names"):
        names([text])
