"""The page on performance lists what is measured, with the bounds that must hold."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "performance.md").read_text().partition("\n## ")[0]
ROWS = re.findall(r"^\| (`.*?) \| .*? \| .*?\| ?(.*?) ?\|$", PAGE, re.MULTILINE)


def test_every_figure_is_on_the_page_with_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    figures = importlib.import_module("bench.figures").FIGURES
    told = {name: bounds for names, bounds in ROWS for name in re.findall(r"`([\w-]+)`", names)}
    assert told.keys() - {"formats", "memory"} == {figure.name for figure in figures}
    for figure in figures:
        bounds = {float(one) for one in re.findall(r"\d+\.\d+", told[figure.name])}
        expected = set() if figure.limit is None else {round(figure.limit, 2)}
        assert expected <= bounds
        assert expected or not bounds
