"""docs/vertica.md has a row for each parameter of EXPORT and S3EXPORT that the server knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from vertica_server.grammar import export

PAGE = (Path(__file__).parents[3] / "docs" / "vertica.md").read_text()


@pytest.mark.parametrize(
    ("heading", "options"),
    [
        ("Options of EXPORT", {name for known in export._KNOWN.values() for name in known}),
        ("Options of EXPORT", set(export._KNOWN)),
        ("Options of S3EXPORT", set(export._S3)),
    ],
)
def test_every_parameter_has_a_row(heading: str, options: set[str]) -> None:
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in part.splitlines() if line.startswith("| ")][2:]
    there = set(" ".join(row[1] for row in rows).lower().replace(",", " ").split())
    assert sorted(option for option in options if option not in there) == []
    assert all(row[2].strip() for row in rows)
    assert all(row[3].strip() for row in rows if row[2].strip() == "left out")
