"""What a shell completes: asked as bash, zsh and fish ask, and by bash itself."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from records_mover.cli.options import FORMATS
from records_mover.formats.names import OTHER_KINDS, TEXT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


JOBS = '[jobs.nightly]\nsource = "a.csv"\ntarget = "b.csv"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, a job file and two connections."""
    (tmp_path / "trips.csv").write_text("id\n1\n")
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "config.toml").write_text('[connections.reports]\nurl = "sqlite://"\n')
    return tmp_path


@pytest.fixture
def env(folder: Path) -> dict[str, str]:
    return {
        "MOVER_CONN_WAREHOUSE": "sqlite:///w.db",
        "MOVER_CONFIG": str(folder / "config.toml"),
        "JOBS": str(folder / "jobs.toml"),
    }


@pytest.fixture
def complete(
    process: Callable[..., subprocess.CompletedProcess[str]], env: dict[str, str]
) -> Callable[..., list[str]]:
    """Ask for the ways in which the last of some words goes on, as a shell does."""

    def ask(*words: str, shell: str = "zsh") -> list[str]:
        told = [word.replace("JOBS", env["JOBS"]) for word in ("mvrec", *words)]
        at = told[-1] if shell == "fish" else str(len(told) - 1)
        asked = {"COMP_CWORD": at, "_MVREC_COMPLETE": f"{shell}_complete"}
        ran = process(env={**env, **asked, "COMP_WORDS": "\n".join(told)})
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.split("\n")[:-1]

    return ask


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["move", ""], ["file", "", "_"]),
        (["move", "a.csv", "ware"], ["file", "ware", "_", "plain", "warehouse::", "_"]),
        (["explain", "repo"], ["file", "repo", "_", "plain", "reports::", "_"]),
        (["move", "warehouse::t"], [""]),
        (["sniff", "tr"], ["file", "tr", "_"]),
        (["move", "--schema", ""], ["file", "", "_"]),
        (["creds", "ware"], ["plain", "warehouse", "_"]),
        (["table2file", "ware"], ["plain", "warehouse", "_"]),
        (["file2table", "tr"], ["file", "tr", "_"]),
        (["move", "--format", "p"], ["plain", "parquet", "_"]),
        (["move", "--target-variant", "b"], ["plain", "bluelabs", "_", "plain", "bigquery", "_"]),
        (["move", "--hint", "header"], ["plain", "header-row=", "_"]),
        (["move", "--hint", "header-row=f"], ["plain", "header-row=false", "_"]),
        (["move", "--if-exists", "up"], ["plain", "upsert", "_"]),
        (["move", "--if-exists=up"], ["plain", "--if-exists=upsert", "_"]),
        (["run", "JOBS", "--only", ""], ["plain", "nightly", "_"]),
        (["run", "nowhere.toml", "--only", ""], [""]),
        (["plugins", "n"], ["plain", "new"]),
        (["plugins", "new", "--folder", "x"], ["dir", "x", "_"]),
    ],
)
def test_each_word_goes_on_as_it_can(
    complete: Callable[..., list[str]], words: list[str], expected: list[str]
) -> None:
    assert complete(*words)[: len(expected)] == expected


def test_fish_gets_the_whole_word_back(complete: Callable[..., list[str]]) -> None:
    assert complete("move", "--if-exists=up", shell="fish") == ["plain,--if-exists=upsert"]


def test_a_broken_configuration_file_completes_nothing_and_says_nothing(
    complete: Callable[..., list[str]], folder: Path
) -> None:
    (folder / "config.toml").write_text("no TOML")
    assert complete("creds", "ware") == [""]


ASK_BASH = """
eval "$(_MVREC_COMPLETE=bash_source mvrec)"
compopt() { printf '%s ' "$*"; }
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_mvrec_completion mvrec
printf '%s\\n' "${COMPREPLY[*]}"
"""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["move", "tr"], "-o default \n"),
        (["move", "ware"], "-o default -o nospace warehouse::\n"),
        # bash cuts words at : and =
        (["move", "warehouse", "::", "t", "--format", "parq"], "parquet\n"),
        (["move", "warehouse", "::", "t", "tr"], "-o default \n"),
        (["move", "a", "b", "--hint", "header-row", "=", "f"], "false\n"),
        (["move", "a", "b", "--hint", "header-r"], "-o nospace header-row=\n"),
        (["move", "a", "b", "--if-exists", "=", "up"], "upsert\n"),
        (["move", "a", "b", "--if-exists", "="], "append delete truncate drop replace upsert\n"),
    ],
)
def test_bash_completes_words_that_it_has_cut(
    mvrec: Path, env: dict[str, str], words: list[str], shown: str
) -> None:
    given = " ".join(f"'{word}'" for word in ["mvrec", *words])
    ran = subprocess.run(
        ["bash", "-c", f"COMP_WORDS=({given})\n{ASK_BASH}"],
        env={**os.environ, **env, "PATH": f"{mvrec.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == shown


def test_the_formats_that_are_offered_are_those_there_are() -> None:
    assert (*TEXT_KINDS, *OTHER_KINDS) == FORMATS
