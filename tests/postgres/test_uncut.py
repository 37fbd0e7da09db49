"""Blanks past the length of a varchar, in batches: refused or allowed, never cut in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover import Session
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

KINDS = {
    "string": pa.string(),
    "large": pa.large_string(),
    "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
}
# In both columns the texts that fit are as long as they may be, in characters and not in bytes.
FITS = ["ä b", None, "", "abc", "  c"]


@pytest.fixture
def session() -> Any:
    with Session() as one:
        yield one


def _table(kind: pa.DataType, *more: str, array: bool = False) -> pa.Table:
    columns: dict[str, Any] = {"s": pa.array([*FITS, *more], pa.string()).cast(kind)}
    if array:  # which sends the rows as text
        columns["x"] = pa.array(["10.0.0.1"] * (len(FITS) + len(more)))
    return pa.table(columns)


@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_blanks_that_would_be_cut_are_refused_by_row_and_column(
    pg: Bench, session: Session, kind: pa.DataType, text: bool
) -> None:
    pg.run("CREATE TABLE t (s varchar(3), x inet)" if text else "CREATE TABLE t (s varchar(3))")
    into = f"{pg.url}::t"
    assert session.move(_table(kind, array=text), into).rows == len(FITS)
    said = r"row 6: column 's' is character varying\(3\): blanks past 3 characters would be cut"
    with pytest.raises(BadRowError, match=said):
        session.move(_table(kind, "a     ", array=text), into)
    assert pg.rows("SELECT s FROM t") == [(value,) for value in FITS]
    allowed = session.move(_table(kind, "a     ", array=text), into, allow_lossy=["s"])
    assert allowed.rows == len(FITS) + 1


def test_a_row_with_such_blanks_is_a_bad_row(pg: Bench, session: Session, tmp_path: Path) -> None:
    pg.run("CREATE TABLE t (s varchar(3))")
    rejects = tmp_path / "bad.csv"
    bad = _table(pa.string(), "a     ", "too long", "b", "ä     ")
    moved = session.move(bad, f"{pg.url}::t", max_failure_rows=3, rejects=str(rejects))
    assert (moved.rows, moved.rejected) == (len(FITS) + 1, 3)
    assert pg.rows("SELECT s FROM t") == [(value,) for value in [*FITS, "b"]]
    told = rejects.read_text()
    assert told.count("blanks past 3 characters would be cut") == 2
    assert "too long" in told
