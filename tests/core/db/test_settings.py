"""What a user sets for a kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url

from records_mover.db.settings import check_choice, last, listed, said
from records_mover.errors import ConfigError


def test_the_url_goes_before_the_environment() -> None:
    url = make_url("moonbase://h/db?level=%20two%20")
    environment = {"MOON_LEVEL": "one", "MOON_CRATER": " tycho ", "CRATER": "x"}
    found = said(["level", "crater", "dust"], url, environment, "MOON")
    assert found == {"level": "two", "crater": "tycho"}


def test_an_empty_setting_of_the_url_hides_that_of_the_environment() -> None:
    url = make_url("moonbase://h/db?level=%20")
    assert said(["level"], url, {"MOON_LEVEL": "1"}, "MOON") == {}


def test_of_a_setting_that_comes_twice_the_last_one_counts() -> None:
    assert said(["level"], make_url("moonbase://h/db?level=1&level=2"), {}, "MOON") == {
        "level": "2"
    }
    assert last("one") == last(("two", "one")) == "one"


def test_names_are_listed_by_commas() -> None:
    assert listed(" a, b c,,d ") == ("a", "b c", "d")
    assert listed("") == ()


def test_a_choice_is_one_of_those_in_any_case() -> None:
    check_choice("level", "ON", ("on", "off"), "Moonbase")
    check_choice("level", "anything", (), "Moonbase")
    with pytest.raises(ConfigError) as caught:
        check_choice("level", "up", ("on", "off"), "Moonbase")
    assert caught.value.what == "the setting level of Moonbase cannot be 'up'"
    assert caught.value.advice == "use one of: on, off"
