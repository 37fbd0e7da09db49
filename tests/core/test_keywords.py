"""What messages tell a program to write, where the command line has an option."""

from __future__ import annotations

from dataclasses import fields

import pytest

from records_mover.errors import FormatError, MoverError
from records_mover.records.options import MoveOptions
from records_mover.utils.keywords import OPTIONS, as_keywords

SAID = {
    "name the key columns with --key": "name the key columns with key=...",
    "add --if-exists upsert or drop the key": "add if_exists='upsert' or drop the key",
    "with --max-failure-rows and --rejects": "with max_failure_rows=... and rejects=...",
    "name it with --scratch URL or SCRATCH_S3_URL": "name it with scratch=URL or SCRATCH_S3_URL",
    "leave it out with --bad-bytes strip": "leave it out with bad_bytes='strip'",
    "use --bad-bytes or go": "use bad_bytes=... or go",
    "with --allow-lossy when, or": "with allow_lossy='when', or",
    "with --allow-lossy 'a b' --allow-lossy c or": "with allow_lossy=['a b', 'c'] or",
    "--allow-lossy 'it'\"'\"'s'": 'allow_lossy="it\'s"',
    "with --allow-lossy": "with allow_lossy=...",
    "keep it with --target-hint 'dateformat=MM/DD YY' --target-hint quoting=all, or": (
        "keep it with target_hints={'dateformat': 'MM/DD YY', 'quoting': 'all'}, or"
    ),
    "say --hint header-row=false": "say hints={'header-row': False}",
    "pip install --upgrade mover-of-another": "pip install --upgrade mover-of-another",
    "run again with --debug": "run again with --debug",
    "nothing to see -- here": "nothing to see -- here",
}


@pytest.mark.parametrize("said", SAID)
def test_an_option_is_a_keyword_in_python(said: str) -> None:
    assert as_keywords(said) == SAID[said]


def test_an_error_says_options_to_the_shell_and_keywords_to_python() -> None:
    error = MoverError("the option --target-hint says nothing of x", "leave out --target-hint")
    assert error.advice == "leave out --target-hint"
    assert str(error) == ("the option 'target_hints' says nothing of x; leave out target_hints=...")
    assert str(MoverError("the value '--key' is wrong")) == "the value '--key' is wrong"
    assert str(FormatError("a", "b", in_python="c --key")) == "a; b; c --key"


def test_the_options_that_are_keywords_are_those_of_a_move() -> None:
    keywords = {option.name for option in fields(MoveOptions)}
    spelled = {name.replace("hint", "hints").replace("-", "_") for name in OPTIONS}
    assert keywords - spelled == {"instructions", "user_grants", "group_grants"}
    assert spelled <= keywords
