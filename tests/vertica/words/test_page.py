"""docs/vertica.md has a row for each option of COPY that the server knows, and each setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from mover_vertica.settings import DRIVER, NAMES
from vertica_server.grammar import copy, copy_options

PAGE = (Path(__file__).parents[3] / "docs" / "vertica.md").read_text()
OPTIONS = (
    *copy_options._OF_COLUMN,
    *copy_options._OF_STATEMENT,
    *((codec,) for codec in copy._CODECS),
    *((parser,) for parser in copy._PARSERS),
    *((word,) for word in ("local", "stdin", "native", "fixedwidth", "orc", "parquet", "filler")),
)


def _rows() -> list[list[str]]:
    part = PAGE.partition("\n## Options of COPY\n")[2].partition("\n## ")[0]
    return [line.split("|") for line in part.splitlines() if line.startswith("| ")][2:]


@pytest.mark.parametrize("option", OPTIONS, ids=" ".join)
def test_every_option_has_a_row(option: tuple[str, ...]) -> None:
    named = [part.split() for row in _rows() for part in row[1].lower().split(",")]
    assert any(words[: len(option)] == list(option) for words in named)


def test_what_is_left_out_has_a_reason() -> None:
    assert all(row[2].strip() for row in _rows())
    assert all(row[3].strip() for row in _rows() if row[2].strip() == "left out")


@pytest.mark.parametrize(("name", "meaning"), [*NAMES.items(), *DRIVER.items()])
def test_every_setting_has_a_row_in_its_own_words(name: str, meaning: str) -> None:
    assert f"| `{name}` | {meaning} |" in PAGE
