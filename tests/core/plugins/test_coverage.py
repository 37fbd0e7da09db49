"""Every hook is held by a test and described on the page for plugin authors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from records_mover.hookspecs import MoverSpecs

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "writing-a-plugin.md"
HOOKS = sorted(name for name in vars(MoverSpecs) if name.startswith("mover_"))


def test_there_are_seven_hooks() -> None:
    assert len(HOOKS) == 7


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test(hook: str) -> None:
    texts = [path.read_text() for path in HERE.glob("test_*.py") if path != Path(__file__)]
    assert any(re.search(rf"\b{hook}\b", text) for text in texts)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_row_on_the_page(hook: str) -> None:
    arguments = ", ".join(_arguments(hook))
    assert f"| `{hook}({arguments})` |" in PAGE.read_text()


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_it_is_for(hook: str) -> None:
    assert getattr(MoverSpecs, hook).__doc__


def _arguments(hook: str) -> list[str]:
    code = getattr(MoverSpecs, hook).__code__
    return list(code.co_varnames[1 : code.co_argcount])
