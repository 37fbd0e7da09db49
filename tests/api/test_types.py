"""What type checkers know of the public names: a program of a user, which mypy reads strictly.

Where a line must be refused, its ``type: ignore`` says why, and is refused itself where it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO, assert_type

import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa

import records_mover
import records_mover.db
import records_mover.url
from records_mover import MoveResult, Plan, Progress, Session, explain, move, sources, targets
from records_mover.creds import BaseCreds
from records_mover.db import DBDriver
from records_mover.records import (
    BaseRecordsFormat,
    DelimitedRecordsFormat,
    PartialRecordsHints,
    RecordsFormat,
    RecordsSchema,
)
from records_mover.url import BaseFileUrl

if TYPE_CHECKING:
    from pathlib import Path


class Facts(BaseCreds):
    """Credentials as programs for 1.x have them."""

    def db_facts(self, name: str) -> dict[str, object]:
        """Return what is known of one."""
        return {"type": "sqlite", "database": name}


def test_ends_results_and_plans(trips: Path) -> None:
    into = trips.with_name("b.parquet")
    assert assert_type(explain(trips, into), Plan).route.names
    result = assert_type(move(str(trips), into, parallel=1, verify=False), MoveResult)
    assert assert_type(result.move_count, int | None) == 3
    assert list(assert_type(result.output_urls, Mapping[str, str])) == ["b.parquet"]
    told: list[Progress] = []
    with ThreadPoolExecutor() as pool:
        moved = pool.submit(move, trips, into, progress=told.append)
        assert assert_type(moved.result(), MoveResult).rows == 3
    assert assert_type(told[-1].fraction, float | None) == 1.0


def test_frames_and_factories(trips: Path) -> None:
    pandas, polars = targets.dataframe(), targets.dataframe("polars")
    move(sources.local_file(trips), pandas)
    move(sources.dataframes(iter([pandas.frame])), polars)
    assert len(assert_type(pandas.frame, pd.DataFrame)) == 3
    assert len(assert_type(polars.frame, pl.DataFrame)) == 3


def test_formats_and_hints() -> None:
    hints: PartialRecordsHints = {"field-delimiter": "|", "header-row": True, "compression": None}
    form = assert_type(RecordsFormat(variant="csv", hints=hints), DelimitedRecordsFormat)
    assert assert_type(form.alter_hints({}), DelimitedRecordsFormat) == form
    assert assert_type(RecordsFormat("parquet"), BaseRecordsFormat) != form
    assert assert_type(form.validate().field_delimiter, str) == "|"
    with pytest.raises(TypeError):
        form.hints["compression"] = "GZIP"  # type: ignore[index]


def test_sessions(trips: Path) -> None:
    with Session("a.db", creds=Facts("a.db"), scratch_s3_url=None) as session:
        file = assert_type(session.file_url(str(trips)), BaseFileUrl)
        with assert_type(file.open(), BinaryIO) as stream:
            assert assert_type(stream.read(2), bytes) == b"id"
        assert len(assert_type(session.schema(trips), RecordsSchema).fields) == 3
        engine = assert_type(session.get_default_db_engine(), sa.Engine)
        assert assert_type(session.db_driver(db_engine=engine), DBDriver).supports_time_type()
        assert assert_type(session.creds.db_facts("b")["database"], Any) == "b"
        engine.dispose()


def test_slips_are_found_before_the_program_runs(trips: Path) -> None:
    slips: list[Any] = [
        lambda: records_mover.mvoe,  # type: ignore[attr-defined]
        lambda: records_mover.db.DBDrivers,  # type: ignore[attr-defined]
        lambda: records_mover.url.FileUrl,  # type: ignore[attr-defined]
        lambda: sources.local_files(trips),  # type: ignore[attr-defined]
        lambda: targets.local_files(trips),  # type: ignore[attr-defined]
        lambda: sources.local_file(trips, format=None),  # type: ignore[call-arg]
        lambda: move(trips, trips.with_name("b.csv"), ifexists="drop"),  # type: ignore[call-arg]
        lambda: Session().preview(trips, row=1),  # type: ignore[call-arg]
        lambda: Session().set_stream_logging(streams=None),  # type: ignore[call-arg]
        lambda: move(trips, sa.create_engine("sqlite://")),  # type: ignore[arg-type]
    ]
    for slip in slips:
        with pytest.raises((AttributeError, TypeError, ValueError)):
            slip()
