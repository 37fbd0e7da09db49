"""What a plan says of a column is what becomes of its values in a server."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from records_mover import Session
from records_mover.cli.app import mvrec
from records_mover.errors import LossError, MoverError

if TYPE_CHECKING:
    from postgres.conftest import Bench

SCRIPT = Path(__file__).parent / "fidelity_page.py"
PAGE = runpy.run_path(str(SCRIPT))


def test_the_page_says_what_the_rule_says() -> None:
    assert PAGE["PAGE"].read_text("utf-8") == PAGE["page"](), f"run {SCRIPT}"


@pytest.mark.parametrize(("source", "target", "value"), PAGE["PAIRS"])
def test_each_pair_of_types_becomes_what_the_page_says(
    one_pg: Bench, session: Session, source: str, target: str, value: str
) -> None:
    literal = "'" + value.replace("'", "''") + "'"
    one_pg.run(
        f"CREATE TABLE s (x {source})",
        f"INSERT INTO s VALUES ({literal})",
        f"CREATE TABLE t (x {target})",
    )
    ends = (f"{one_pg.url}::s", f"{one_pg.url}::t")
    (column,) = session.explain(*ends).columns
    assert (column.verdict, column.why) == PAGE["verdict"](source, target)
    assert (column.source_type, column.target_type) == (source, target)
    if column.verdict == "lossy":
        with pytest.raises(LossError, match="allow_lossy='x'"):
            session.move(*ends)
        assert one_pg.rows("TABLE t") == []
        session.move(*ends, allow_lossy="x")
        assert one_pg.rows("SELECT s.x::text = t.x::text FROM s, t") == [(False,)]
    elif column.verdict == "checked":
        with pytest.raises(MoverError):
            session.move(*ends)
        assert one_pg.rows("TABLE t") == []
    else:
        session.move(*ends)
        assert _same(one_pg)


def _same(pg: Bench) -> bool:
    """Whether the target's value, read as the source's type, is the source's value."""
    kind = pg.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = 's'::regclass AND attnum = 1"
    )[0][0]
    if kind.startswith("json"):
        return pg.rows("SELECT (SELECT x::text FROM s) = (SELECT x::text FROM t)") == [(True,)]
    return pg.rows(f"SELECT s.x = t.x::text::{kind} FROM s, t") == [(True,)]


def test_a_time_without_a_zone_is_taken_as_utc_wherever_the_server_is(
    one_pg: Bench, session: Session
) -> None:
    (name,) = one_pg.rows("SELECT current_database()")[0]
    one_pg.run(
        f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Tokyo'",
        "CREATE TABLE s AS SELECT timestamp '2020-01-02 03:04:05' AS x",
        "CREATE TABLE t (x timestamptz)",
    )
    session.move(f"{one_pg.url}::s", f"{one_pg.url}::t")
    assert one_pg.rows("SELECT x = '2020-01-02 03:04:05+00' FROM t") == [(True,)]


def test_types_of_the_databases_own_are_exact_where_they_are_found_again(
    one_pg: Bench, far_pg: Bench, session: Session
) -> None:
    made = (
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE DOMAIN price AS numeric(9,2) CHECK (VALUE > 0)",
        "CREATE TABLE s (m mood, p price, n numeric(9,2))",
    )
    one_pg.run(*made)
    here = session.explain(f"{one_pg.url}::s", f"{one_pg.url}::new").columns
    assert [(each.target_type, each.verdict) for each in here] == [
        ("mood", "exact"),
        ("price", "exact"),
        ("numeric(9,2)", "exact"),
    ]
    there = session.explain(f"{one_pg.url}::s", f"{far_pg.url}::new").columns
    assert [(each.target_type, each.verdict) for each in there] == [
        ("text", "widened"),
        ("numeric(9,2)", "exact"),
        ("numeric(9,2)", "exact"),
    ]
    far_pg.run("CREATE DOMAIN price AS numeric(9,2)", "CREATE TABLE t (m text, n price, p numeric)")
    matched = session.explain(f"{one_pg.url}::s", f"{far_pg.url}::t").columns
    assert {each.column: each.verdict for each in matched} == {
        "m": "widened",
        "n": "checked",
        "p": "widened",
    }


def test_files_keep_what_their_formats_can_hold(
    one_pg: Bench, session: Session, tmp_path: Path
) -> None:
    one_pg.run("CREATE TABLE s (d date, j json, n numeric, t text)")
    for name in ("a.csv", "a.parquet", "a.jsonl", "rows/"):
        plan = session.explain(f"{one_pg.url}::s", f"{tmp_path}/{name}")
        assert {each.verdict for each in plan.columns} == {"exact"}, str(plan)


def run(*words: str) -> tuple[int, Any]:
    done = CliRunner().invoke(mvrec, [*words, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_the_command_marks_columns_and_wants_losses_allowed(one_pg: Bench) -> None:
    one_pg.run(
        "CREATE TABLE s AS SELECT 1.005 AS a, now() AS b, 1 AS c",
        "CREATE TABLE t (a numeric(9,2), b timestamp, c bigint)",
    )
    ends = (f"{one_pg.url}::s", f"{one_pg.url}::t")
    code, told = run("explain", *ends)
    verdicts = [each["verdict"] for each in told["columns"]]
    assert (code, verdicts) == (0, ["lossy", "lossy", "widened"])
    code, told = run("move", *ends)
    assert (code, "--allow-lossy a --allow-lossy b" in told["advice"]) == (1, True)
    code, told = run("move", *ends, "--allow-lossy", "a")
    assert (code, "--allow-lossy b" in told["advice"]) == (1, True)
    code, told = run("move", *ends, "--allow-lossy", "a", "--allow-lossy", "b")
    assert (code, [each["verdict"] for each in told["columns"]]) == (0, verdicts)
    assert one_pg.rows("SELECT count(*) FROM t") == [(1,)]
