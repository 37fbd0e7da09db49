"""The examples of the pages for those who program work as they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import sqlalchemy as sa

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_on_python_runs_from_its_first_line_to_its_last(
    trips: Path, engine: sa.Engine, pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trips.parent)
    written = (DOCS / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", written, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 5
    url = engine.url.render_as_string(hide_password=False)
    known: dict[str, Any] = {}
    for block in blocks:
        here = block.replace("postgresql+psycopg2://me@localhost/lab", url)
        exec(here.replace("postgresql://me@localhost/lab", pg_url), known)
    assert known["result"].verified
    assert sorted(path.name for path in trips.parent.iterdir()) == [
        "one.parquet", "trips.csv", "trips.parquet", "two.parquet"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["sources", "targets"])
def test_the_page_on_python_has_every_factory(kind: str) -> None:
    from records_mover.records import RecordsSources, RecordsTargets

    factories = vars(RecordsSources if kind == "sources" else RecordsTargets)
    (table,) = re.findall(rf"\| `{kind}\.`.*?\n\n", (DOCS / "python.md").read_text(), re.DOTALL)
    named = set(re.findall(r"`(\w+)\(", table))
    there = {name for name in factories if not name.startswith("_")} - {"google_sheet"}
    assert named - {"spectrum"} == there


def test_the_page_on_python_has_every_option() -> None:
    from records_mover.records.options import MoveKeywords

    page = (DOCS / "python.md").read_text()
    told = set(MoveKeywords.__annotations__) - {"instructions"}
    assert {name for name in told if f"`{name}`" not in page} == set()


def test_the_dag_of_the_page_on_airflow_is_python() -> None:
    (block,) = re.findall(
        r"^```python\n(from .*?)^```", (DOCS / "airflow.md").read_text(), re.DOTALL | re.MULTILINE
    )
    compile(block, "airflow.md", "exec")
