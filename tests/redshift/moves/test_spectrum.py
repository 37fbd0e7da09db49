"""External tables as targets: Parquet in S3, and one step that shows it to every reader."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover.errors import ConfigError, DatabaseError, MoverError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def lake(warehouse: Any, objects: Any) -> Iterator[Callable[..., str]]:
    """Name a table of an external schema."""
    schema = f"x_{warehouse.ask.schema}"
    warehouse.ask(
        f"create external schema {schema} from data catalog database 'lake'"
        " iam_role default create external database if not exists"
    )

    def named(table: str = "t", **settings: str) -> str:
        known = {"iam_role": "default", "spectrum_base_url": objects.url("lake/"), **settings}
        base = warehouse.url("t", **known).partition("::")[0]
        return f"{base}::{schema}.{table}"

    named.schema = schema  # type: ignore[attr-defined]
    yield named
    warehouse.ask(f"drop schema {schema} cascade")


def rows(*ids: int) -> pa.Table:
    return pa.table({"id": pa.array(ids, pa.int32()), "name": [f"n{i}" for i in ids]})


def seen(warehouse: Any, lake: Any, columns: str = "id") -> list[Any]:
    return [row[0] for row in warehouse.ask(f"select {columns} from {lake.schema}.t order by 1")]


def test_a_table_is_made_filled_and_replaced(
    session: Any, warehouse: Any, lake: Any, objects: Any
) -> None:
    first = session.move(rows(1, 2), lake())
    assert first.rows == 2
    assert first.route[-1] == "redshift-copy"
    assert seen(warehouse, lake) == [1, 2]
    assert session.move(rows(3), lake(), if_exists="append").rows == 1
    assert seen(warehouse, lake) == [1, 2, 3]
    for mode, number in (("delete", 4), ("truncate", 5), ("replace", 6)):
        result = session.move(rows(number), lake(), if_exists=mode)
        assert seen(warehouse, lake) == [number]
        assert objects.url("lake/") in result.notes[0]
    session.move(pa.table({"other": [1.5]}), lake(), if_exists="drop")
    assert seen(warehouse, lake, "other") == [1.5]
    told = warehouse.ask(
        f"select parameters from svv_external_tables where schemaname = '{lake.schema}'"
    )
    assert "numRows" in told[0][0]


def test_what_parquet_can_carry_is_there(session: Any, warehouse: Any, lake: Any) -> None:
    moment = dt.datetime(2020, 1, 2, 3, 4, 5, 6)
    table = pa.table(
        {
            "i": pa.array([1], pa.int16()),
            "b": pa.array([2**60]),
            "d": pa.array([Decimal("1.50")], pa.decimal128(12, 2)),
            "f": pa.array([0.1], pa.float32()),
            "y": [True],
            "day": [moment.date()],
            "at": pa.array([moment], pa.timestamp("us")),
            "atz": pa.array([moment], pa.timestamp("us", "UTC")),
            "t": ["\u00e9"],
        }
    )
    session.move(table, lake())
    found = warehouse.ask(f"select i, b, d, y, day, at, atz, t from {lake.schema}.t")
    assert found == [
        (1, 2**60, Decimal("1.50"), True, moment.date(), moment, moment, "\u00e9"),
    ]


def test_a_load_that_fails_leaves_the_table_as_it_was(
    session: Any, warehouse: Any, lake: Any, objects: Any
) -> None:
    session.move(rows(1), lake())
    before = objects.names("lake/")
    with pytest.raises(MoverError):
        session.move(pa.table({"id": ["no number"], "name": ["x"]}), lake(), if_exists="replace")
    assert seen(warehouse, lake) == [1]
    assert objects.names("lake/") == before


def test_what_cannot_be_is_refused(session: Any, lake: Any) -> None:
    with pytest.raises(ConfigError, match="spectrum_base_url"):
        session.move(rows(1), lake(spectrum_base_url="nowhere"))
    session.move(rows(1), lake())
    with pytest.raises(DatabaseError, match="cannot be updated"):
        session.move(rows(1), lake(), if_exists="upsert", key=["id"])
