"""External tables as targets: Parquet in S3, and one step that shows it to every reader."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
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


def places(warehouse: Any, lake: Any) -> dict[str, str]:
    found = warehouse.ask(
        f"select values, location from svv_external_partitions where schemaname = '{lake.schema}'"
    )
    return dict(found)


def dated(*pairs: tuple[int, str | None]) -> pa.Table:
    days = [None if day is None else dt.date.fromisoformat(day) for _, day in pairs]
    return pa.table({"id": pa.array([n for n, _ in pairs], pa.int32()), "day": days})


def rows_of(warehouse: Any, lake: Any) -> list[Any]:
    found = warehouse.ask(f"select id, day from {lake.schema}.t order by id")
    return [(number, None if day is None else day.isoformat()) for number, day in found]


FIRST = [(1, "2020-01-01"), (2, "2020-01-01"), (3, "2020-01-02"), (4, None)]


def test_a_partitioned_table_is_made_and_rows_are_added(
    session: Any, warehouse: Any, lake: Any, objects: Any
) -> None:
    there = lake(spectrum_partition="day")
    assert session.move(dated(*FIRST), there).rows == 4
    assert rows_of(warehouse, lake) == FIRST
    before = places(warehouse, lake)
    assert sorted(before) == ['["2020-01-01"]', '["2020-01-02"]', '["__HIVE_DEFAULT_PARTITION__"]']
    assert all(url.endswith(f"/day={json.loads(key)[0]}/") for key, url in before.items())
    more = [(5, "2020-01-02"), (6, "2020-01-03"), (7, None)]
    assert session.move(dated(*more), lake()).rows == 3
    assert rows_of(warehouse, lake) == [*FIRST, *more]
    after = places(warehouse, lake)
    assert {key: after[key] for key in before} == before, "a partition has one folder"
    assert len(after) == 4
    assert all("day" not in pq.read_schema(io.BytesIO(objects.get(n))).names
               for n in objects.names("lake/") if n.endswith(".parquet"))  # fmt: skip
    assert _told(warehouse, lake)["numRows"] == "7"


def _told(warehouse: Any, lake: Any) -> Any:
    asked = "select parameters from svv_external_tables where schemaname ="
    return json.loads(warehouse.ask(f"{asked} '{lake.schema}'")[0][0])


@pytest.mark.parametrize("mode", ["delete", "truncate", "replace", "drop"])
def test_the_rows_of_a_partitioned_table_are_replaced(
    session: Any, warehouse: Any, lake: Any, mode: str
) -> None:
    there = lake(spectrum_partition="day")
    session.move(dated(*FIRST), there)
    before = places(warehouse, lake)
    new = [(8, "2020-01-02"), (9, "2020-02-01")]
    session.move(dated(*new), there, if_exists=mode)
    assert rows_of(warehouse, lake) == new
    after = places(warehouse, lake)
    assert sorted(after) == ['["2020-01-02"]', '["2020-02-01"]']
    assert after['["2020-01-02"]'] != before['["2020-01-02"]']
    assert _told(warehouse, lake)["numRows"] == "2"


def test_keys_of_every_type_name_their_folders(session: Any, warehouse: Any, lake: Any) -> None:
    moment = dt.datetime(2020, 1, 2, 3, 4, 5)
    columns = {
        "n": pa.array([1, -2, None], pa.int64()),
        "d": pa.array([Decimal("1.50"), Decimal("-0.01"), None], pa.decimal128(12, 2)),
        "y": pa.array([True, False, None]),
        "at": pa.array([moment, moment, None], pa.timestamp("us")),
        "t": pa.array(["a b/c=d%", "\u00e9'\\", None]),
    }
    table = pa.table({"id": pa.array([1, 2, 3], pa.int32()), **columns})
    named = ",".join(columns)
    for mode, count in (("append", 1), ("append", 2), ("replace", 1)):
        session.move(table, lake(spectrum_partition=named), if_exists=mode)
        found = warehouse.ask(f"select distinct id, {named} from {lake.schema}.t order by id")
        assert found == [tuple(row.values()) for row in table.to_pylist()]
        assert seen(warehouse, lake, "count(*)") == [3 * count]
        assert len(places(warehouse, lake)) == 3


def test_many_partitions_are_added_a_hundred_at_a_time(
    session: Any, warehouse: Any, lake: Any
) -> None:
    table = pa.table({"id": pa.array(range(205), pa.int32()), "k": [f"k{n}" for n in range(205)]})
    assert session.move(table, lake(spectrum_partition="k")).rows == 205
    assert len(places(warehouse, lake)) == 205
    sent = [s for s in warehouse.statements("alter") if lake.schema in s and " ADD IF" in s]
    assert [statement.count("LOCATION") for statement in sent] == [100, 100, 5]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("nowhere", "no column 'nowhere' to be partitioned by"),
        ("id,day", "every column would be one"),
        ("f", "UNLOAD partitions by no double precision"),
    ],
)
def test_what_a_table_cannot_be_partitioned_by_is_said(
    session: Any, lake: Any, named: str, said: str
) -> None:
    table = dated(*FIRST)
    if named == "f":
        table = table.append_column("f", pa.array([0.5] * 4))
    with pytest.raises(MoverError, match=said):
        session.move(table, lake(spectrum_partition=named))


def test_empty_text_names_no_partition(session: Any, warehouse: Any, lake: Any) -> None:
    table = pa.table({"id": pa.array([1], pa.int32()), "k": [""]})
    with pytest.raises(MoverError, match="column 'k' holds '', by which no partition"):
        session.move(table, lake(spectrum_partition="k"))
    assert warehouse.ask(
        f"select count(*) from svv_external_tables where schemaname = '{lake.schema}'"
    ) == [(0,)]


def test_rows_that_are_added_are_counted(session: Any, warehouse: Any, lake: Any) -> None:
    session.move(rows(1, 2), lake())
    session.move(rows(3), lake())
    assert _told(warehouse, lake)["numRows"] == "3"


def test_every_column_is_marked(session: Any, warehouse: Any, lake: Any) -> None:
    moment = dt.datetime(2020, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "i": pa.array([1], pa.int32()),
            "at": pa.array([moment], pa.timestamp("us")),
            "atz": pa.array([moment], pa.timestamp("us", "UTC")),
            "time": pa.array([moment.time()], pa.time64("us")),
        }
    )
    wanted = [
        ("i", "integer", "exact"),
        ("at", "timestamp", "exact"),
        ("atz", "timestamp", "widened"),
        ("time", "varchar(32)", "checked"),
    ]
    made = session.explain(table, lake())
    assert [(c.column, c.target_type, c.verdict) for c in made.columns] == wanted
    assert "the moment in UTC, and no zone" in str(made)
    session.move(table, lake())
    there = session.explain(table, lake())
    assert [(c.column, c.target_type, c.verdict) for c in there.columns][1:] == wanted[1:]
    assert there.columns[0].verdict == "exact"
    session.move(table, lake())
    assert warehouse.ask(f"select distinct at, atz, time from {lake.schema}.t") == [
        (moment, moment, "03:04:05")
    ]
