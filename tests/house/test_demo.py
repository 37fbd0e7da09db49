"""The demonstration is no show: its comparison sees what differs."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

DEMO = Path(__file__).parents[2] / "demo" / "demo.py"
ORIGINAL = 'id,price,note\n1,0.50,"a, b"\n2,7.00,plain\n'


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo_script", DEMO)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compared(demo: Any, folder: Path, back: str) -> tuple[str, bool]:
    (folder / "a.csv").write_text(ORIGINAL)
    (folder / "b.csv").write_text(back)
    verdict: tuple[str, bool] = demo._compare(folder / "a.csv", folder / "b.csv")
    return verdict


def test_the_same_rows_in_another_order_are_the_same(demo: ModuleType, tmp_path: Path) -> None:
    back = 'id,price,note\n2,7.00,plain\n1,0.50,"a, b"\n'
    assert _compared(demo, tmp_path, back) == (
        "All 2 rows came back the same in all 3 columns.",
        True,
    )


def test_a_number_may_be_spelt_in_another_way(demo: ModuleType, tmp_path: Path) -> None:
    verdict, same = _compared(demo, tmp_path, 'id,price,note\n1,0.5,"a, b"\n2,7,plain\n')
    assert same
    assert "2 of them spell a number in another way" in verdict


@pytest.mark.parametrize(
    ("back", "why"),
    [
        ('id,price,note\n1,0.51,"a, b"\n2,7.00,plain\n', "A row differs"),
        ('id,price,note\n1,0.50,"a,b"\n2,7.00,plain\n', "A row differs"),
        ('id,price,note\n1,0.50,"a, b"\n', "2 rows, and 1 came back"),
        ('id,note,price\n1,"a, b",0.50\n2,plain,7.00\n', "The columns differ"),
        ('id,price,note\n1,0.50,"a, b"\n1,0.50,"a, b"\n', "A row differs"),
    ],
)
def test_what_differs_is_seen(demo: ModuleType, tmp_path: Path, back: str, why: str) -> None:
    verdict, same = _compared(demo, tmp_path, back)
    assert not same
    assert why in verdict


def test_no_password_is_shown(demo: ModuleType) -> None:
    shown = demo._without_password("postgresql://me:s%40cret@host:1/db::t")
    assert shown == "postgresql://me:***@host:1/db::t"
