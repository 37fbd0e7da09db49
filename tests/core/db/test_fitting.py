"""Rows for a bulk load: with the names and types of the columns that they land in."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover.errors import BadRowError, MoveCancelled, SchemaError
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Batches, Form, Landing, LoadJob, TableName

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.db import SqlDatabase

T = TableName(name="t")
COLUMNS = ("number", "words", "day", "clock")


@pytest.fixture
def fitted(database: SqlDatabase, sql: Callable[..., Any]) -> Callable[..., pa.Table]:
    """Return rows as the columns of a table have them."""
    sql(database, "CREATE TABLE t (number BIGINT, words TEXT, day DATE, clock TIME)")

    def fit(rows: pa.Table, columns: tuple[str, ...] = COLUMNS, **more: Any) -> pa.Table:
        with database.transaction() as connection:
            landing = Landing(connection=connection, table=T)
            form = Form(kind="batches")
            job = LoadJob(database=database, landing=landing, columns=columns, form=form, **more)
            return database.fitting(job, Batches(reader=rows.to_reader())).read_all()

    return fit


def test_columns_come_by_the_names_and_in_the_types_of_the_table(fitted: Any) -> None:
    wide = pa.array([Decimal("1.5")] * 2, pa.decimal128(5, 2))
    come = [pa.array([1, None], pa.int8()), wide, ["2026-11-23", None], ["23:59:59", None]]
    rows = fitted(pa.table(come, names=["a", "b", "c", "d"]))
    assert rows.schema.names == list(COLUMNS)
    assert [str(kind) for kind in rows.schema.types] == [
        "int64",
        "string",
        "date32[day]",
        "time64[us]",
    ]
    assert rows.column("words").to_pylist() == ["1.50", "1.50"]
    assert str(rows.column("clock")[0]) == "23:59:59"


def test_some_columns_come_in_the_order_in_which_they_are_named(fitted: Any) -> None:
    rows = fitted(pa.table({"x": ["a"], "y": [2]}), ("words", "number"))
    assert rows.to_pylist() == [{"words": "a", "number": 2}]


def test_lists_become_text_as_json_where_the_column_is_text(fitted: Any) -> None:
    lists = pa.array([[1, None], [], None], pa.list_(pa.int64()))
    assert fitted(pa.table([lists], names=["x"]), ("words",)).column(0).to_pylist() == [
        "[1, null]",
        "[]",
        None,
    ]


@pytest.mark.parametrize(
    ("column", "value"), [("number", "x"), ("number", 1.5), ("day", "soon"), ("clock", "24:00")]
)
def test_a_value_that_does_not_fit_names_its_column(fitted: Any, column: str, value: Any) -> None:
    with pytest.raises(BadRowError, match=f"column '{column}' does not fit"):
        fitted(pa.table({"x": [value]}), (column,))


def test_a_type_that_never_fits_is_found_before_the_first_row(fitted: Any) -> None:
    flags = pa.table({"x": pa.array([], pa.bool_())})
    with pytest.raises(SchemaError, match="column 'day' holds date32"):
        fitted(flags, ("day",))


def test_rows_are_counted_and_who_asks_to_stop_is_heard(fitted: Any) -> None:
    meter, cancellation = Meter(), Cancellation()
    fitted(pa.table({"x": [1, 2, 3]}), ("number",), meter=meter)
    assert meter.rows == 3
    cancellation.cancel()
    with pytest.raises(MoveCancelled):
        fitted(pa.table({"x": [1]}), ("number",), cancellation=cancellation)


def test_a_column_that_may_lose_something_keeps_what_the_database_says(
    fitted: Any, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = pa.array(["short"])
    monkeypatch.setattr(type(database), "eased", lambda *_: short)
    rows = pa.table({"x": ["too long"], "y": [1]})
    kept = fitted(rows, ("words", "number"), lossy=("words",))
    assert kept.to_pylist() == [{"words": "short", "number": 1}]
