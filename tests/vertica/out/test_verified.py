"""A move out of Vertica, into it and through it can be verified, column by column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "in.parquet"
    table = pa.table(
        {
            "id": pa.array(range(5), pa.int64()),
            "name": ["", "a,b", "\\N", "two\nlines", None],
            "price": pa.array([Decimal("1.50"), None, *[Decimal("0.01")] * 3], pa.decimal128(8, 2)),
            "f": [0.1, 5e-324, -0.0, float("inf"), None],
            "at": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 6)] * 5, pa.timestamp("us", "UTC")),
            "day": pa.array([dt.date(2020, 2, 29)] * 5, pa.date32()),
            "raw": pa.array([b"", b"\0\xff", None, b"x", b"y"], pa.binary()),
        }
    )
    pq.write_table(table, path)
    return path


@pytest.mark.parametrize("way", ["bare", "session"])
def test_both_ends_are_compared(
    request: pytest.FixtureRequest, warehouse: Any, file: Path, pg_url: str, way: str
) -> None:
    session = request.getfixturevalue(way)
    into = session.move(file, warehouse.url("t"), verify=True)
    assert into.verified
    out = session.move(warehouse.url("t"), file.with_name("out.parquet"), verify=True)
    assert out.verified
    over = session.move(warehouse.url("t"), f"{pg_url}::t", verify=True)
    assert over.verified
    again = session.move(f"{pg_url}::t", warehouse.url("u"), verify=True)
    assert again.verified
    assert warehouse.rows("u") == warehouse.rows("t")
