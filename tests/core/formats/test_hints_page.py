"""The page on hints says what the code knows of them."""

from __future__ import annotations

import re
from pathlib import Path

from records_mover.formats.delimited.hints import HINTS, VARIANTS

PAGE = (Path(__file__).parents[3] / "docs" / "hints.md").read_text()


def table(under: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, and its head as the first."""
    lines = re.findall(r"^\|(.*)\|$", PAGE.partition(under)[2].partition("\n## ")[0], re.MULTILINE)
    rows = [[cell.strip(" `") for cell in line.split("|")] for line in lines]
    return [row for row in rows if set(row[0]) != {"-"}]


def spelled(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return text.encode("unicode_escape").decode() if not text.isprintable() else text or "empty"


def test_every_hint_is_there_with_its_meaning_and_its_values() -> None:
    (_, *rows) = table("# Hints")
    assert [(name, says) for name, says, _ in rows] == [
        (hint.name, hint.meaning) for hint in HINTS.values()
    ]
    for name, _, values in rows:
        known = [f"`{spelled(value)}`" for value in HINTS[name].values]
        assert f"`{values}`".startswith(", ".join(known))
        takes_null = HINTS[name].check(None) is None
        assert takes_null == ("null" in values)


def test_every_variant_is_there_with_its_hints() -> None:
    head, *rows = table("## Variants")
    assert head == ["hint", *VARIANTS]
    assert rows == [
        [name, *(spelled(variant[name]) for variant in VARIANTS.values())] for name in HINTS
    ]
