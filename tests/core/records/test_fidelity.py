"""A plan marks every column; what is lossy moves only where that was allowed."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import Session
from records_mover.errors import LossError, UsageError
from records_mover.formats import DelimitedRecordsFormat
from records_mover.records.route.plan import plan_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FRAME = pa.table({"id": pa.array([1, 2], pa.int32()), "f": [0.1, 0.2], "t": ["a", ""]})


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


@pytest.fixture
def url(tmp_path: Path) -> str:
    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (id smallint, f integer, t varchar(5))")
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture
def dumb(tmp_path: Path) -> str:
    source = tmp_path / "a.parquet"
    pq.write_table(FRAME, source)
    return str(source)


def test_every_column_is_marked_in_the_plan_and_in_the_result(
    session: Session, url: str, dumb: str
) -> None:
    plan = session.explain(dumb, f"{url}::new")
    assert [(each.column, each.verdict) for each in plan.columns] == [
        ("id", "widened"),
        ("f", "exact"),
        ("t", "exact"),
    ]
    data = json.loads(json.dumps(plan_data(plan)))
    assert data["columns"][0] == {
        "column": "id",
        "target": "id",
        "source_type": "integer",
        "target_type": "integer",
        "verdict": "widened",
        "why": "larger integers fit",
    }
    assert "  exact: f, t\n  widened: id: integer; larger integers fit" in str(plan)
    result = session.move(dumb, f"{url}::new")
    assert result.columns == plan.columns
    assert result.to_data()["columns"]


def test_columns_of_a_table_that_is_there_are_judged_by_its_types(
    session: Session, url: str, dumb: str
) -> None:
    plan = session.explain(dumb, f"{url}::t")
    assert {each.column: each.verdict for each in plan.columns} == {
        "id": "widened",
        "f": "checked",
        "t": "checked",
    }


def test_what_a_format_loses_is_refused_before_anything_is_written(
    session: Session, dumb: str, tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    options: dict[str, Any] = {"target_format": "delimited", "target_variant": "dumb"}
    assert "lossy: t: string; nothing tells" in str(session.explain(dumb, str(target), **options))
    with pytest.raises(LossError, match=r"'t' may lose .* nothing tells .* allow_lossy='t'"):
        session.move(dumb, str(target), **options)
    assert not target.exists()
    for allowed in ("t", ["t"], "all"):
        moved = session.move(dumb, str(target), allow_lossy=allowed, **options)
        assert [each.verdict for each in moved.columns] == ["exact", "exact", "lossy"]


def test_a_loss_that_only_the_rows_show_is_refused_before_anything_is_written(
    session: Session, tmp_path: Path
) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    source.write_text("at,n\n1870-01-02,1\n")
    form = DelimitedRecordsFormat("csv", {"compression": None})
    wanted = session.targets.data_url(str(target), form)
    plan = session.explain(str(source), wanted)
    assert [each.verdict for each in plan.columns] == ["checked", "checked"]
    with pytest.raises(LossError, match=r"'at' .* dateformat MM/DD/YY does not keep the century"):
        session.move(str(source), wanted)
    assert not target.exists()
    assert session.move(str(source), wanted, allow_lossy="at").rows == 1


def test_bytes_that_are_copied_are_exact(session: Session, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a,b\n1,x\n")
    plan = session.explain(str(source), f"{tmp_path}/b.csv.gz")
    assert plan.route.names == ("read", "compress", "write")
    assert [each.verdict for each in plan.columns] == ["exact", "exact"]


def test_text_of_unknown_types_is_checked_by_the_table_that_takes_it(
    session: Session, url: str, tmp_path: Path
) -> None:
    source = tmp_path / "a.csv"
    source.write_text("id,f,t\n1,,x\n")
    plan = session.explain(str(source), f"{url}::t")
    assert [(each.target_type, each.verdict) for each in plan.columns] == [
        ("SMALLINT", "checked"),
        ("INTEGER", "checked"),
        ("VARCHAR(5)", "checked"),
    ]
    assert session.move(str(source), f"{url}::t").rows == 1


def test_a_column_to_allow_must_be_there(session: Session, url: str, dumb: str) -> None:
    with pytest.raises(UsageError, match=r"no column 'idd' .* did you mean 'id'"):
        session.move(dumb, f"{url}::t", allow_lossy=["idd"])
