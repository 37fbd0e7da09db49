"""docs/redshift.md has a row for each option that the server's grammar knows, and each setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from mover_redshift.settings import NAMES
from redshift_server.grammar import copy, unload

PAGE = (Path(__file__).parents[3] / "docs" / "redshift.md").read_text()


def rows(heading: str) -> str:
    """Return the first cells of the table below a heading, in lower case."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.split("|") for line in part.splitlines() if line.startswith("| ")]
    assert all(cell[2].strip() for cell in cells)
    left_out = [cell for cell in cells if cell[2].strip() == "left out"]
    assert all(cell[3].strip() for cell in left_out), "what is left out has a reason"
    return " ".join(cell[1] for cell in cells).lower().replace(",", " ")


@pytest.mark.parametrize(
    ("heading", "options"),
    [
        (
            "Options of COPY",
            {*copy._OPTIONS, *copy._FORMATS, "iam_role", "access_key_id", "credentials"},
        ),
        (
            "Options of UNLOAD",
            {*unload._OPTIONS, *unload._SIZES, "csv", "parquet", "json", "partition", "manifest",
             "include", "encrypted", "iam_role", "access_key_id", "credentials"},
        ),
    ],
)  # fmt: skip
def test_every_option_has_a_row(heading: str, options: set[str]) -> None:
    there = set(rows(heading).split())
    assert sorted(option for option in options if option not in there) == []


def test_every_setting_has_a_row_in_its_own_words() -> None:
    for name, meaning in NAMES.items():
        assert f"| `{name}` | {meaning} |" in PAGE
