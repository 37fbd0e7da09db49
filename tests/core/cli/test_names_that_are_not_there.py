"""Files, tables, formats and dialects that are not there: what was meant is said, nothing made."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from records_mover import move
from records_mover.errors import ConfigError, FormatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Runner = Callable[..., Result]


def test_a_file_with_nearly_that_name_is_named(runner: Runner, trips: Path) -> None:
    ran = runner("preview", trips.with_name("trisp.csv"))
    assert ran.exit_code == 1
    assert ran.stderr.endswith("/trisp.csv' (did you mean 'trips.csv'?); check the path\n")


def test_a_folder_with_nearly_that_name_is_named(runner: Runner, trips: Path) -> None:
    (trips.parent / "nightly").mkdir()
    ran = runner("move", trips, trips.parent / "nigthly" / "out.csv")
    assert ran.stderr.endswith("/nigthly' (did you mean 'nightly'?); check the path\n")


def test_a_table_with_nearly_that_name_is_named(
    runner: Runner, trips: Path, sqlite_url: str
) -> None:
    assert runner("move", trips, f"{sqlite_url}::trips").exit_code == 0
    ran = runner("preview", f"{sqlite_url}::trisp")
    assert ran.exit_code == 1
    assert ran.stderr.endswith("::trisp' (did you mean 'trips'?); check its name\n")
    assert "did you mean" not in runner("preview", f"{sqlite_url}::zzz").stderr


def test_a_table_of_postgres_with_nearly_that_name_is_named(
    runner: Runner, trips: Path, pg_url: str
) -> None:
    assert runner("move", trips, f"{pg_url}::public.trips").exit_code == 0
    for name in ("trisp", "public.trisp"):
        assert "(did you mean 'trips'?); check its" in runner("preview", f"{pg_url}::{name}").stderr


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("htps://h/x.csv", "no plugin offers 'htps://' (did you mean 'https'?); "),
        ("postgrsql://h/d::t", "no SQLAlchemy dialect is called 'postgrsql' (did you mean 'postgr"),
        ("myslq://h/d::t", "no SQLAlchemy dialect is called 'myslq' (did you mean 'mysql'?); "),
    ],
)
def test_a_scheme_that_is_nearly_one_is_named(runner: Runner, source: str, line: str) -> None:
    assert runner("preview", source).stderr.startswith(f"mvrec: {line}")


def test_postgres_is_understood_as_by_other_tools(runner: Runner, trips: Path, pg_url: str) -> None:
    url = pg_url.replace("postgresql://", "postgres://", 1)
    assert runner("move", trips, f"{url}::trips").exit_code == 0
    assert "'postgres://' is a database" in runner("preview", "postgres://h/d").stderr


def test_a_database_file_that_is_not_there_is_not_made_by_reading_it(
    runner: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "none.db"
    for command in (["preview"], ["schema"], ["move"], ["explain"]):
        target = [tmp_path / "out.csv"] if command[0] in ("move", "explain") else []
        ran = runner(*command, f"sqlite:///{path}::t", *target)
        assert (ran.exit_code, path.exists()) == (1, False)
        assert ran.stderr == f"mvrec: there is no database '{path}'; check the path\n"
    sqlite3.connect(path).close()
    assert "there is no table" in runner("preview", f"sqlite:///{path}::t").stderr
    assert "there is no table" in runner("preview", "sqlite://::t").stderr


@pytest.mark.parametrize(
    ("source", "options", "line"),
    [
        ("::", [], "the source names no table; write DATABASE::TABLE, or DATABASE:: with --query"),
        ("::t", ["--query", "SELECT 1"], "a database source takes a table or a query, not both; "),
        ("::", ["--query", " "], "the query is empty; write a SELECT"),
    ],
)
def test_a_database_without_a_table_is_told_from_one_with_a_query_too(
    runner: Runner, source: str, options: list[str], line: str
) -> None:
    ran = runner("preview", f"sqlite://{source}", *options)
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"mvrec: {line}")


def test_a_file_is_not_moved_to_itself_however_it_is_written(
    runner: Runner, trips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(trips.parent)
    (trips.parent / "link.csv").symlink_to(trips)
    before = trips.stat().st_mtime_ns
    for source in ("trips.csv", "link.csv", trips.as_uri()):
        ran = runner("move", source, "./trips.csv", "--target-hint", "header-row=false")
        assert ran.exit_code == 2, source
        assert "is both source and target" in ran.stderr
    assert trips.stat().st_mtime_ns == before


def test_a_folder_that_is_there_is_no_file_to_write(runner: Runner, trips: Path) -> None:
    (trips.parent / "out").mkdir()
    ran = runner("move", trips, trips.parent / "out")
    assert ran.stderr.endswith("is a directory; end it in '/' if that folder is meant\n")


def test_a_schema_that_is_none_is_named_with_its_file(runner: Runner, trips: Path) -> None:
    ran = runner("move", trips, trips.with_name("out.parquet"), "--schema", trips)
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"mvrec: in '{trips}': the records schema is no JSON: ")
    assert ran.stderr.endswith("; 'mvrec schema SOURCE' prints one\n")


def test_callers_of_the_api_are_told_the_same_of_a_format(trips: Path) -> None:
    with pytest.raises(FormatError, match=r"'cvs' is unknown \(did you mean 'csv'\?\); use one of"):
        move(trips, trips.with_name("out.csv"), format="cvs")


def test_a_broken_configuration_does_not_hide_what_was_wrong(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text("[connections]\nx = 1\n")
    monkeypatch.setenv("MOVER_CONFIG", str(tmp_path / "config.toml"))
    ran = runner("preview", "nobody::t", "--json")
    assert ran.exit_code == ConfigError.exit_code
    assert "is no table" in json.loads(ran.stdout)["error"]
