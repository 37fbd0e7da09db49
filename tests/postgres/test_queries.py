"""The result of a query as a source: as the user wrote it, read only, on every route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from records_mover import Session
from records_mover.cli.app import mvrec
from records_mover.errors import ColumnMismatchError, DatabaseError, MoverError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

ODD = ['a "quoted" name', "Größe", "50% off", "x:y", "SELECT", "a.b", " ", "a,b", "tab\there", "%s"]

QUERIES: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "a percent sign": ("SELECT id FROM s WHERE name LIKE 'A%'", [(1,)]),
    "a modulo": ("SELECT id % 2 AS m FROM s ORDER BY 1", [(0,), (1,)]),
    "a parameter's look": ("SELECT '%s %(id)s :id $1 ?' AS t", [("%s %(id)s :id $1 ?",)]),
    "a cast": ("SELECT '7'::int AS i, now()::date IS NOT NULL AS b", [(7, True)]),
    "a slice": ("SELECT (ARRAY[1,2,3])[2:3] AS a", [([2, 3],)]),
    "a semicolon": ("SELECT 1 AS a;", [(1,)]),
    "semicolons and blanks": ("  SELECT 1 AS a ; ; \n", [(1,)]),
    "a comment": ("SELECT 1 AS a -- and that is all", [(1,)]),
    "a semicolon and a comment": ("SELECT 1 AS a; -- and that is all", [(1,)]),
    "a semicolon and a long comment": ("SELECT 1 AS a; /* that; is all */", [(1,)]),
    "a semicolon in a text": ("SELECT 'a;' AS a", [("a;",)]),
    "dashes in a text": ("SELECT '-- a;' AS a", [("-- a;",)]),
    "dollar quotes": ("SELECT $q$a;--'b$q$ AS a;", [("a;--'b",)]),
    "a comment first": ("/* read */ -- it\nSELECT 1 AS a", [(1,)]),
    "a CTE": ("WITH w AS (SELECT 1 AS a) SELECT a + 1 AS b FROM w", [(2,)]),
    "a CTE that recurs": (
        "WITH RECURSIVE w(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM w WHERE n < 3) TABLE w",
        [(1,), (2,), (3,)],
    ),
    "VALUES": ("VALUES (1, 'a'), (2, NULL)", [(1, "a"), (2, None)]),
    "TABLE": ("TABLE s", [(1, "Ann"), (2, "Bo")]),
    "a set": ("SELECT 1 AS a UNION SELECT 2 ORDER BY 1 LIMIT 1", [(1,)]),
    "in parentheses": ("(SELECT 1 AS a)", [(1,)]),
    "a backslash": (r"SELECT E'a\\b' AS a, 'a\b' AS b", [("a\\b", "a\\b")]),
}

WRITES = {
    "DELETE": "DELETE FROM s RETURNING id",
    "INSERT": "INSERT INTO s VALUES (3, 'C') RETURNING id",
    "UPDATE": "UPDATE s SET name = 'x' RETURNING id",
    "a CTE that deletes": "WITH gone AS (DELETE FROM s RETURNING id) SELECT id FROM gone",
    "two statements": "SELECT 1 AS a; DELETE FROM s",
    "out of its parentheses": "SELECT 1 AS a) AS q; DELETE FROM s; SELECT * FROM (SELECT 1 AS a",
    "DDL": "DROP TABLE s",
    "a transaction's end": "COMMIT",
}


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run("CREATE TABLE s (id int, name text)", "INSERT INTO s VALUES (1, 'Ann'), (2, 'Bo')")
    return one_pg


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_means_on_every_route_what_it_says(
    near: Bench, far_pg: Bench, session: Session, tmp_path: Path, name: str
) -> None:
    query, rows = QUERIES[name]
    order = "ORDER BY 1 NULLS LAST"
    source = f"{near.url}::"
    assert session.move(source, f"{near.url}::here", query=query).rows == len(rows)
    assert near.rows(f"SELECT * FROM here {order}") == rows
    session.move(session.sources.query(near.url, query), f"{far_pg.url}::there")
    assert far_pg.rows(f"SELECT * FROM there {order}") == rows
    for path in ("rows/", "rows.parquet"):
        target = f"{tmp_path}/{path}"
        session.move(source, target, query=query)
        session.move(target, f"{near.url}::back", if_exists="drop")
        assert near.rows(f"SELECT * FROM back {order}") == rows


@pytest.mark.parametrize("name", WRITES)
def test_a_query_that_would_write_is_refused_on_every_route(
    near: Bench, far_pg: Bench, session: Session, tmp_path: Path, name: str
) -> None:
    for target in (f"{near.url}::here", f"{far_pg.url}::there", f"{tmp_path}/rows.csv"):
        with pytest.raises(MoverError):
            session.move(f"{near.url}::", target, query=WRITES[name])
    assert near.rows("TABLE s") == [(1, "Ann"), (2, "Bo")]
    assert near.rows("SELECT to_regclass('here')") == [(None,)]
    assert far_pg.rows("SELECT to_regclass('there')") == [(None,)]
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_writes_is_stopped_by_a_read_only_transaction(
    near: Bench, far_pg: Bench, session: Session, tmp_path: Path
) -> None:
    near.run(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM s; SELECT 1 $$",
    )
    for target in (f"{far_pg.url}::there", f"{tmp_path}/rows.csv", f"{tmp_path}/rows.parquet"):
        with pytest.raises(DatabaseError, match="read-only"):
            session.move(f"{near.url}::", target, query="SELECT f() AS a")
    assert near.rows("SELECT count(*) FROM s") == [(2,)]


def test_odd_names_of_columns_come_along(
    near: Bench, far_pg: Bench, session: Session, tmp_path: Path
) -> None:
    quoted = [name.replace('"', '""') for name in ODD]
    near.run("CREATE TABLE odd ({})".format(", ".join(f'"{name}" int' for name in quoted)))
    near.run(f"INSERT INTO odd VALUES ({', '.join(str(at) for at in range(len(ODD)))})")
    query = "SELECT {} FROM odd".format(", ".join(f'"{name}"' for name in reversed(quoted)))
    wanted = list(reversed(range(len(ODD))))
    for target in (f"{near.url}::here", f"{far_pg.url}::there", f"{tmp_path}/a.csv"):
        session.move(f"{near.url}::", target, query=query)
        session.move(target, f"{near.url}::again", if_exists="drop")
        assert near.rows("TABLE again") == [tuple(wanted)]
        assert session.schema(target).names == tuple(reversed(ODD))
    some = (ODD[4], ODD[0], ODD[9])
    session.move(f"{near.url}::odd", f"{near.url}::few", columns=some)
    assert near.rows("TABLE few") == [(4, 0, 9)]


def test_columns_are_taken_in_the_order_asked_for(
    near: Bench, far_pg: Bench, session: Session, tmp_path: Path
) -> None:
    for target in (f"{near.url}::here", f"{far_pg.url}::there", f"{tmp_path}/a.csv"):
        session.move(f"{near.url}::s", target, columns=("name", "id"))
        assert session.schema(target).names == ("name", "id")
    with pytest.raises(UsageError, match="no column 'nam'"):
        session.move(f"{near.url}::s", f"{tmp_path}/b.csv", columns=("nam",))


def test_a_result_needs_names_that_differ(near: Bench, session: Session, tmp_path: Path) -> None:
    with pytest.raises(ColumnMismatchError, match="more than one column called 'a'"):
        session.move(f"{near.url}::", f"{tmp_path}/a.csv", query="SELECT 1 AS a, 2 AS a")


def test_a_query_that_is_wrong_is_one_line_with_the_servers_reason(
    near: Bench, session: Session, tmp_path: Path
) -> None:
    for query, why in (("SELECT nix FROM s", "nix"), ("SELEC 1", "syntax"), ("", "no|syntax")):
        with pytest.raises(MoverError, match=why) as caught:
            session.move(session.sources.query(near.url, query), f"{tmp_path}/a.csv")
        assert "\n" not in str(caught.value)


def test_a_table_and_a_query_are_not_both_taken(near: Bench, session: Session) -> None:
    with pytest.raises(UsageError, match="not both"):
        session.move(f"{near.url}::s", f"{near.url}::t", query="SELECT 1 AS a")


def test_the_command_takes_queries_and_columns(near: Bench, tmp_path: Path) -> None:
    def run(*words: str) -> int:
        done = CliRunner().invoke(mvrec, ["move", *words, "--json"])
        rows = json.loads(done.stdout)["rows"]
        assert isinstance(rows, int)
        return rows

    target = str(tmp_path / "a.csv")
    query = "SELECT id, name AS \"50%\" FROM s WHERE name LIKE '%o%'; -- that"
    assert run(f"{near.url}::", target, "--query", query) == 1
    assert (tmp_path / "a.csv").read_text() == "id,50%\n2,Bo\n"
    assert run(f"{near.url}::s", target, "--columns", "name,id") == 2
    assert (tmp_path / "a.csv").read_text() == "name,id\nAnn,1\nBo,2\n"
