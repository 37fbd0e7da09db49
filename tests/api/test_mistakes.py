"""Slips that are made again and again: each is told in one line, with what to write instead."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sqlalchemy as sa

from records_mover import Session, move, sources, targets
from records_mover.errors import ConfigError, DatabaseError, UsageError
from records_mover.records import DelimitedRecordsFormat, ParquetRecordsFormat, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Rows = Callable[[str], list[tuple[Any, ...]]]

FRAME = pd.DataFrame({"a": [1]})

NO_SOURCES: dict[str, tuple[Any, str]] = {
    "nothing": (None, "'NoneType' is no source; give a string, a path"),
    "a list of frames": ([FRAME], "several by sources.dataframes"),
    "a generator of frames": ((one for one in [FRAME]), "several by sources.dataframes"),
    "a dict": ({"a": [1]}, "'dict' is no source; give a string, a path"),
    "a series": (pd.Series([1]), "'Series' is no frame: .*; give a DataFrame"),
    "a series of polars": (pl.Series("a", [1]), "'Series' is no frame: .*; give a DataFrame"),
    "an array": (pa.array([1]), "'Int64Array' is no frame: .*; give a DataFrame"),
    "a stream": (io.BytesIO(b"a\n1\n"), r"name it: sources.fileobjs\({'a.csv': stream}\)"),
    "an engine": (sa.create_engine("sqlite://"), r"sources.table\(engine, schema_name"),
    "a target": (targets.dataframe(), "it is a target: give what a factory of sources makes"),
    "a class": (pd.DataFrame, "the class 'DataFrame' is no source"),
}
NO_TARGETS: dict[str, tuple[Any, str]] = {
    "nothing": (None, "'NoneType' is no target; give a string, a path"),
    "a frame": (FRAME, r"have one made: targets.dataframe\(\), whose frame"),
    "a stream": (io.BytesIO(), r"say its format: targets.fileobj\(stream, records_format\)"),
    "an engine": (sa.create_engine("sqlite://"), r"targets.table\(engine, schema_name"),
    "a source": (sources.dataframe(FRAME), "it is a source: give what a factory of targets"),
}
NO_OPTIONS: dict[str, tuple[Any, str]] = {
    "hints": ("header-row=true", "'str' is nothing for the option 'hints'; give a dict"),
    "target_hints": (["a"], "'list' is nothing for the option 'target_hints'; give a dict"),
    "parallel": ("2", "'str' is nothing for the option 'parallel'; give a whole number"),
    "max_failure_rows": (0.5, "'float' is nothing for .* give a whole number"),
    "format": (ParquetRecordsFormat(), "give its name, or the format to a factory as records_f"),
    "target_format": (DelimitedRecordsFormat(), "give its name, or the format to a factory"),
    "columns": (3, "'int' is nothing for the option 'columns'; give a name, or a list of names"),
    "key": ([None, 1], "'int' is nothing for the option 'key'"),
    "query": (sa.text("SELECT 1"), "'TextClause' is nothing for the option 'query'"),
    "rejects": (1, "'int' is nothing for the option 'rejects'; give the path of a file"),
    "user_grants": (["me"], "'list' is nothing for the option 'user_grants'; give a dict"),
    "schema": ({"a": "integer"}, "'dict' is no records schema"),
    "progress": (True, "'bool' cannot be told the progress"),
    "cancellation": (True, "'bool' is no cancellation"),
    "if_exists": ("replce", "unknown mode 'replce'; use one of append, "),
}


@pytest.mark.parametrize("slip", NO_SOURCES)
def test_what_is_no_source_is_told_from_one(slip: str, tmp_path: Path) -> None:
    given, words = NO_SOURCES[slip]
    with pytest.raises(UsageError, match=words):
        move(given, tmp_path / "b.csv")


@pytest.mark.parametrize("slip", NO_TARGETS)
def test_what_is_no_target_is_told_from_one(slip: str, trips: Path) -> None:
    given, words = NO_TARGETS[slip]
    with pytest.raises(UsageError, match=words):
        move(trips, given)


@pytest.mark.parametrize("option", NO_OPTIONS)
def test_what_an_option_cannot_be_is_said_by_its_name(option: str, trips: Path) -> None:
    given, words = NO_OPTIONS[option]
    slip: Any = {option: given}
    with pytest.raises(UsageError, match=words):
        move(trips, trips.with_name("b.csv"), **slip)
    assert list(trips.parent.iterdir()) == [trips]


def test_a_number_of_numpys_is_a_number(trips: Path) -> None:
    import numpy as np

    two: Any = np.int64(2)
    into = f"{trips.parent}/out/"
    assert move(trips, into, rows_per_file=two).move_count == 3
    assert len([one for one in (trips.parent / "out").iterdir() if one.suffix == ".csv"]) == 2


def test_a_schema_may_be_given_as_it_is(trips: Path, session: Session) -> None:
    schema = session.schema(trips).cast_field_types({"integer": "string"})
    arrow = targets.dataframe("arrow")
    session.move(trips, arrow, schema=schema)
    assert arrow.frame.column("id").to_pylist() == ["1", "2", "3"]
    assert session.schema(trips, schema=RecordsSchema.from_json(schema.to_json())) == schema


def test_a_path_is_no_url(trips: Path) -> None:
    given: Any = trips
    for factory in (sources.data_url, targets.data_url):
        with pytest.raises(UsageError, match="is no URL; give it as text, or a path to local_file"):
            factory(given)
    for folder in (sources.directory_from_url, targets.directory_from_url):
        with pytest.raises(ValueError, match="is no URL; write it as text, with / last"):
            folder(given)


HEEDED_BY_NOBODY: dict[str, tuple[str, dict[str, Any], str]] = {
    "columns of a query": (
        "table",
        {"query": "SELECT 1 AS a", "columns": "a"},
        "the option 'columns' says nothing of a query, which names its own",
    ),
    "a query of a query": (
        "query",
        {"query": "SELECT 1 AS a"},
        "'query' says nothing of a source that is a query",
    ),
    "hints of Parquet": (
        "parquet",
        {"hints": {"header-row": True}},
        "takes no hint 'header-row'; leave it out",
    ),
    "hints of a format without": (
        "parquet",
        {"format": "parquet", "hints": {"header-row": True}},
        "'parquet' takes no hint 'header-row'",
    ),
    "hints of a format to write": (
        "parquet",
        {"target_format": "parquet", "target_hints": {"quoting": "all"}},
        "'parquet' takes no hint 'quoting'",
    ),
    "rows of a file, where there is one": (
        "parquet",
        {"rows_per_file": 2},
        "'.*b.csv' is one file, and several were asked for",
    ),
}


@pytest.mark.parametrize("option", HEEDED_BY_NOBODY)
def test_an_option_that_nobody_would_heed_is_refused(option: str, tmp_path: Path) -> None:
    end, given, words = HEEDED_BY_NOBODY[option]
    url, parquet = f"sqlite:///{tmp_path}/a.db", tmp_path / "a.parquet"
    move(FRAME, parquet)
    move(FRAME, f"{url}::t")
    ends: dict[str, Any] = {
        "table": f"{url}::",
        "query": sources.query(url, "SELECT a FROM t"),
        "parquet": parquet,
    }
    slip: Any = given
    with pytest.raises(UsageError, match=words):
        move(ends[end], tmp_path / "b.csv", **slip)
    with pytest.raises(UsageError, match="'rows_per_file' says nothing of a frame to make"):
        move(parquet, targets.dataframe(), rows_per_file=2)


def test_how_it_is_packed_may_be_said_of_any_file(tmp_path: Path) -> None:
    packed = tmp_path / "rows"
    move(FRAME, packed, target_format="jsonl", target_hints={"compression": "GZIP"})
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    frame = targets.dataframe("arrow")
    assert move(packed, frame, format="jsonl", hints={"compression": "GZIP"}).rows == 1
    assert move(packed, frame, hints={"compression": "GZIP"}).rows == 1


# databases


def test_what_is_no_engine_is_told_from_one(engine: sa.Engine) -> None:
    wrong: list[tuple[Any, str]] = [
        (engine.url.host, "no credentials provider knows"),
        (7, "'int' is no database; give an SQLAlchemy engine"),
        (engine.raw_connection, "'method' is no database"),
    ]
    with engine.connect() as connection:
        for given, words in (*wrong, (connection, "'Connection' is no engine; give it as db_conn")):
            with pytest.raises((UsageError, LookupError), match=words):
                move(sources.table(given, None, "t"), targets.dataframe())
            with pytest.raises((UsageError, LookupError), match=words):
                move(FRAME, targets.table(given, None, "t"))
    with pytest.raises(UsageError, match="'str' is no database"):
        Session().db_driver(db_engine="postgresql://host/db")  # type: ignore[arg-type]


def test_an_engine_for_coroutines_is_refused(engine: sa.Engine) -> None:
    dialect = SimpleNamespace(name="some", driver="aio", is_async=True)
    given: Any = SimpleNamespace(dialect=dialect, url=engine.url)
    with pytest.raises(ConfigError, match=r"'aio' is for coroutines alone; .*asyncio\.to_thread"):
        move(FRAME, targets.table(given, None, "t"))


def test_the_url_of_an_engine_opens_another(engine: sa.Engine, rows: Rows) -> None:
    move(FRAME, targets.table(engine.url, "public", "t"))
    assert move(sources.query(engine.url, "SELECT a FROM t"), targets.dataframe()).move_count == 1
    assert rows("SELECT a FROM t") == [(1,)]


def test_an_engine_that_was_disposed_of_opens_again(engine: sa.Engine, rows: Rows) -> None:
    engine.dispose()
    move(FRAME, targets.table(engine, "public", "t"))
    assert rows("SELECT a FROM t") == [(1,)]


def test_names_and_queries_are_text(engine: sa.Engine) -> None:
    table: Any = sa.Table("t", sa.MetaData())
    with pytest.raises(UsageError, match="'Table' is no name; give the table's name"):
        targets.table(engine, "public", table)
    with pytest.raises(UsageError, match="no table is named"):
        sources.table(engine, "public", "")
    with pytest.raises(UsageError, match=r"'Select' is no query; give str\(statement\.compile\("):
        sources.query(engine, sa.select(sa.literal(1)))  # type: ignore[arg-type]


def test_one_grantee_will_do_for_a_list_of_grantees(engine: sa.Engine, rows: Rows) -> None:
    (name,) = rows("SELECT current_database()")[0]
    user = f"reader_{name}"
    rows(f"CREATE ROLE {user}")
    try:
        move(FRAME, targets.table(engine, "public", "t", add_user_perms_for={"select": user}))
        assert rows(f"SELECT has_table_privilege('{user}', 't', 'select')") == [(True,)]
    finally:
        rows(f"DROP OWNED BY {user}; DROP ROLE {user}")
    anew = targets.table(engine, "public", "u", add_user_perms_for={"select": ["nobody"]})
    with pytest.raises(DatabaseError, match=r"cannot grant SELECT on 'public\.u' to 'nobody'"):
        move(FRAME, anew)
    with pytest.raises(UsageError, match="'list' is nothing for the option 'add_group_perms_for'"):
        targets.table(engine, "public", "u", add_group_perms_for=["x"])  # type: ignore[arg-type]


def test_streams_are_given_by_names() -> None:
    for given in ([io.BytesIO()], io.BytesIO()):
        with pytest.raises(UsageError, match="is no dict of streams; give them by the names"):
            sources.fileobjs(given)  # type: ignore[arg-type]


def test_a_type_of_session_that_there_is_not_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="'cron' is no type of session; use one of airflow, cli"):
        Session(session_type="cron")
