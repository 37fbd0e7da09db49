"""What a suite declares is held against the names that there are, and against what happens."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.plugins import Plugins
from records_mover.testing import (
    CredsSuite,
    DatabaseSuite,
    LoaderSuite,
    StoreSuite,
    Suite,
    UnloaderSuite,
    ValueCase,
    cases_of,
    refused,
)

if TYPE_CHECKING:
    from pathlib import Path

WHY = refused("a reason")


def declare(suite: type[Suite], **body: Any) -> type[Suite]:
    return type("TestIt", (suite,), body)


@pytest.mark.parametrize(
    ("suite", "body", "said"),
    [
        (LoaderSuite, {"gaps": {"text_null": WHY}}, "'text_null'; did you mean 'text_nul'?"),
        (LoaderSuite, {"gaps": {"text_nul[txt]": WHY}}, "mean 'text_nul[batches]'?"),
        (StoreSuite, {"gaps": {"a_file_is_lost": WHY}}, "mean 'a_file_is_deleted'?"),
        (UnloaderSuite, {"gaps": {"zzzz": WHY}}, "'zzzz'; use a_move_that_is_cancelled_leaves"),
        (DatabaseSuite, {"capabilities": {"view"}}, "'view'; did you mean 'views'?"),
        (CredsSuite, {"capabilities": {"all"}}, "'all'; use broken"),
        (LoaderSuite, {"capabilities": "rejects"}, "is text; write ('rejects',)"),
        (LoaderSuite, {"doors": ("batch",)}, "'batch'; did you mean 'batches'?"),
        (LoaderSuite, {"doors": ()}, "no value passes"),
        (LoaderSuite, {"applies": {"bool"}}, "'bool'; did you mean 'boolean'?"),
        (LoaderSuite, {"gaps": {"boolean": "not so"}}, "write refused('why')"),
    ],
)
def test_a_name_that_is_none_is_an_error_with_advice(
    suite: type[Suite], body: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError) as caught:
        declare(suite, **body)
    assert said in str(caught.value)
    assert str(caught.value).startswith("TestIt: ")


def test_a_gap_of_a_capability_that_is_not_declared_is_an_error() -> None:
    name = "rows_that_do_not_fit_are_left_out_and_counted"
    with pytest.raises(TypeError, match="capability 'rejects' is declared; declare it"):
        declare(LoaderSuite, gaps={name: WHY})
    declare(LoaderSuite, gaps={name: WHY}, capabilities={"rejects"})


def test_a_gap_of_what_does_not_apply_is_an_error() -> None:
    with pytest.raises(TypeError, match="'text_nul'"):
        declare(LoaderSuite, gaps={"text_nul": WHY}, applies={"boolean"})


def test_a_suite_by_a_name_that_pytest_does_not_collect_declares_nothing_yet() -> None:
    type("Common", (LoaderSuite,), {"capabilities": {"all of them"}})


def test_a_provider_that_is_none_is_an_error_with_advice() -> None:
    suite = declare(CredsSuite, provider="configuration")()
    with pytest.raises(TypeError, match="did you mean 'config'"):
        suite.test_it_says_what_it_looks_at(Plugins())  # type: ignore[attr-defined]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of cases of one's own."""
    folder = tmp_path / "cases"
    (folder / "values").mkdir(parents=True)
    return folder


def test_a_case_takes_the_place_of_the_one_that_has_its_name(own: Path) -> None:
    text = 'about = "only yes"\ntype = "boolean"\nvalues = ["true"]\n'
    (own / "values" / "boolean.toml").write_text(text)
    (own / "values" / "mine.toml").write_text(text)
    ours = {case.name: case for case in cases_of("values") if isinstance(case, ValueCase)}
    found = {case.name: case for case in cases_of("values", own) if isinstance(case, ValueCase)}
    assert set(found) - set(ours) == {"mine"}
    assert (found["boolean"].values, ours["boolean"].values[:1]) == (("true",), ("true",))
    assert len(ours["boolean"].values) > 1
    declare(LoaderSuite, cases=own, gaps={"mine[text]": WHY})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('type = "boolean"\nvalues = ["true"]', "it says no 'about'"),
        ('about = "x"\ntype = "boolean"', "it says no 'values'"),
        ('about = "x"\ntype = "bool"\nvalues = ["true"]', "'bool'"),
        ('about = "x"\ntype = "integer"\nvalues = [1]', "put each into quotes"),
        ('about = "x"\ntype = "integer"\nvalues = ["1"]\ndoor = ["text"]', "nobody reads 'door'"),
        ('about = "x"\ntype = "integer"\nvalues = ["1"]\ndoors = ["txt"]', "use some of"),
        ("about = ", "Invalid value"),
    ],
)
def test_a_case_that_cannot_be_read_is_an_error_that_names_its_file(
    own: Path, text: str, said: str
) -> None:
    (own / "values" / "mine.toml").write_text(text)
    with pytest.raises(ValueError, match=r"mine\.toml' cannot be read") as caught:
        declare(LoaderSuite, cases=own)
    assert said in str(caught.value)


def test_a_folder_of_cases_that_nobody_would_read_is_an_error(own: Path) -> None:
    with pytest.raises(TypeError, match="there is no folder"):
        declare(LoaderSuite, cases=own / "case")
    with pytest.raises(TypeError, match="there is no case in"):
        declare(LoaderSuite, cases=own)
    (own / "value").mkdir()
    (own / "value" / "mine.toml").write_text("")
    with pytest.raises(TypeError, match="nobody reads"):
        declare(LoaderSuite, cases=own)


MODEL = """
from records_mover.errors import MoverError
from records_mover.testing import Suite, lossy, missing, refused
from records_mover.testing.gap import ValueChanged, ValueLossy, ValueRefused
from records_mover.testing.suite import behaviour, over

class Model(Suite):
    how = None
    applies = frozenset(["boolean", "it_stays"])

    @over("values")
    def test_values(self, case, door):
        self.test_it_stays()

    @behaviour()
    def test_it_stays(self):
        if self.how is not None:
            raise self.how("so it is")
"""
DECLARED = """
class Test_{outcome}_{how}(Model):
    how = {how}
    gaps = {{"boolean": {outcome}("why"), "it_stays": {outcome}("why")}}
"""
ENDS = {
    "refused": ("ValueRefused",),
    "lossy": ("ValueLossy",),
    "missing": ("ValueRefused", "ValueLossy", "AssertionError", "MoverError"),
}
HOWS = (*ENDS["missing"], "ValueChanged", "KeyError", "None")


def test_a_gap_must_fail_and_in_the_way_that_was_declared(tmp_path: Path) -> None:
    """What does not fail any more is an error, and so is a value that changes in silence."""
    pairs = [(outcome, how) for outcome in ENDS for how in HOWS]
    suites = (DECLARED.format(outcome=outcome, how=how) for outcome, how in pairs)
    (tmp_path / "test_model.py").write_text(MODEL + "".join(suites))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    for outcome, how in pairs:
        lines = [line for line in ran.stdout.splitlines() if f"Test_{outcome}_{how}::" in line]
        word = "XFAIL" if how in ENDS[outcome] else "FAILED"
        assert [line.split()[0] for line in lines] == [word] * 3, (outcome, how)
