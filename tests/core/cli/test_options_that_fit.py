"""An option that would do nothing is an error, not a silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


@pytest.mark.parametrize(
    ("option", "value"), [("--query", "SELECT 1"), ("--columns", "id"), ("--if-exists", "append")]
)
def test_options_of_tables_are_refused_between_files(
    runner: Callable[..., Result], trips: Path, tmp_path: Path, option: str, value: str
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("as it was")
    ran = runner("move", trips, out, option, value)
    assert ran.exit_code == 2
    assert f"the option {option} says nothing of a file" in ran.stderr
    assert out.read_text() == "as it was"


@pytest.mark.parametrize(
    ("option", "value"), [("--format", "csv"), ("--variant", "csv"), ("--hint", "header-row=true")]
)
def test_options_of_source_files_are_refused_for_a_table(
    runner: Callable[..., Result],
    trips: Path,
    sqlite_url: str,
    tmp_path: Path,
    option: str,
    value: str,
) -> None:
    runner("move", trips, f"{sqlite_url}::t")
    ran = runner("move", f"{sqlite_url}::t", tmp_path / "out.csv", option, value)
    assert ran.exit_code == 2
    assert f"the option {option} says nothing of a table or query to read" in ran.stderr


def test_options_of_target_files_are_refused_for_a_table(
    runner: Callable[..., Result], trips: Path, sqlite_url: str
) -> None:
    ran = runner("move", trips, f"{sqlite_url}::t", "--target-format", "csv")
    assert ran.exit_code == 2
    assert "the option --target-format says nothing of a table to write" in ran.stderr
