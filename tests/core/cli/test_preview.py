"""``mvrec preview``: the first rows as they will land, their types, and what was guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.records import preview as room

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from support.postgres import PostgresServer

    Process = Callable[..., subprocess.CompletedProcess[str]]
    Runner = Callable[..., Result]


def test_a_file_is_shown_with_types_and_guesses(runner: Runner, tmp_path: Path) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_text("id;name;day\n1;Ann;2020-02-29\n2;'Bo; Jr';\n3;NULL;2021-01-01\n")
    ran = runner("preview", odd, "--rows", "2")
    assert ran.exit_code == 0, ran.stderr
    title, guessed, *rest = ran.stdout.splitlines()
    assert title.startswith(f"{odd} (csv, delimiter ';'")
    assert guessed.startswith("guessed: ")
    assert "field-delimiter=; (" in guessed
    assert "types: guessed from every row" in rest
    (head,) = [line for line in rest if line.startswith("column")]
    assert head.split() == ["column", "type", "row", "1", "row", "2"]
    lines = {line.split()[0]: line.split() for line in rest[rest.index(head) + 1 :]}
    assert lines["day"] == ["day", "date", "2020-02-29", "NULL"]
    assert lines["name"][:3] == ["name", "string", "Ann"]


def test_null_is_told_from_text_and_long_text_is_cut(runner: Runner, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    rows = [{"a": None, "b": ""}, {"a": "NULL", "b": "x" * 50}, {"a": "x\ty", "b": " z"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    shown = runner("preview", path).stdout.splitlines()
    (a,) = [line.split()[2:] for line in shown if line.startswith("a ")]
    (b,) = [line for line in shown if line.startswith("b ")]
    assert a == ["NULL", '"NULL"', "x\\ty"]
    assert '""' in b
    assert "x…" in b
    assert '" z"' in b
    data = json.loads(runner("preview", path, "--json").stdout)
    assert [one["values"] for one in data["columns"]] == [
        [None, "NULL", "x\ty"],
        ["", "x" * 50, " z"],
    ]


def test_a_table_is_asked_for_its_first_rows_alone(
    process: Process, postgres: PostgresServer, pg_url: str
) -> None:
    name = pg_url.rsplit("/", 1)[-1]
    postgres.psql(
        "CREATE TABLE big AS SELECT n, n::numeric(9,2) / 4 AS fare, '{\"a\":1}'::jsonb AS j "
        "FROM generate_series(1, 200000) n; CREATE VIEW steep AS SELECT 1 / (6 - n) AS x FROM big",
        name,
    )
    ran = process("preview", f"{pg_url}::big", "--rows", "3", "--json")
    told = json.loads(ran.stdout)
    assert told["types"] == "as the table says"
    assert [(one["name"], one["type"]) for one in told["columns"]] == [
        ("n", "integer"),
        ("fare", "numeric"),
        ("j", "jsonb"),
    ]
    assert told["columns"][0]["values"] == ["1", "2", "3"]
    ran = process("preview", f"{pg_url}::steep", "--rows", "6")
    assert (ran.returncode, "division by zero" in ran.stderr) == (1, True)
    assert process("preview", f"{pg_url}::steep").returncode == 0, "row 6 is not asked for"


def test_a_query_and_columns_are_taken(runner: Runner, trips: Path, sqlite_url: str) -> None:
    runner("move", trips, f"{sqlite_url}::trips")
    ran = runner("preview", f"{sqlite_url}::", "--query", "SELECT name, id FROM trips;", "--json")
    assert [one["name"] for one in json.loads(ran.stdout)["columns"]] == ["name", "id"]
    ran = runner("preview", f"{sqlite_url}::trips", "--columns", "fare", "--json")
    assert [one["values"] for one in json.loads(ran.stdout)["columns"]] == [["2.50", "3.25"]]


def test_a_database_that_knows_no_limit_is_read_as_it_gives(
    trips: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session() as session:
        session.move(trips, f"{sqlite_url}::trips")
        monkeypatch.setattr(room, "LIMIT", "LIMITED TO {rows}")
        seen = session.preview(f"{sqlite_url}::trips", rows=1)
    assert [(one.name, one.values) for one in seen.columns] == [
        ("id", ("1",)),
        ("name", ("Ann",)),
        ("fare", ("2.50",)),
    ]


def test_a_large_file_is_sampled_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "big.csv"
    path.write_text("n\n" + "".join(f"{n}\n" for n in range(3_000_000)) + "end\n")
    monkeypatch.setattr(room, "SAMPLE_ROWS", 1000)
    with Session() as session:
        first = session.preview(path, rows=1)
        whole = session.preview(path, rows=1, whole=True)
    assert first.types.startswith("guessed from the first ")
    assert first.columns[0].type != "string"
    assert (whole.types, whole.columns[0].type) == ("guessed from every row", "string")


def test_standard_input_an_empty_table_and_no_rows(process: Process, tmp_path: Path) -> None:
    ran = process("preview", "-", stdin="a,b\n1,x\n")
    assert ran.stdout.splitlines()[-1].split() == ["b", "string", "x"], ran.stderr
    (tmp_path / "none.csv").write_text("a,b\n")
    ran = process("preview", tmp_path / "none.csv")
    assert ran.stdout.splitlines()[-1].split() == ["b", "string"], ran.stderr
    ran = process("preview", "-", "--rows", "0", stdin="a,b\n1,x\n")
    assert ran.stdout.splitlines()[-1].split() == ["b", "string"], ran.stderr


def test_no_plugin_is_told_of_a_move(trips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from records_mover.plugins import Plugins

    told: list[object] = []
    monkeypatch.setattr(Plugins, "moved", lambda _, result: told.append(result))
    with Session() as session:
        session.preview(trips)
    assert told == []
