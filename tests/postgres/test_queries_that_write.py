"""Queries that call what may write are read in a transaction that is read only, on every route."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from postgres.conftest import Bench

WRITER = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM s; SELECT 1 $$"
OF_INT = """CREATE FUNCTION f(int) RETURNS boolean LANGUAGE plpgsql AS
$$BEGIN DELETE FROM s; RETURN true; END$$"""
BOUND = """CREATE FUNCTION f(a int, b int) RETURNS int LANGUAGE plpgsql AS
$$BEGIN DELETE FROM s; RETURN a; END$$"""

# What is made first, the query, and the words that name what it calls.
WRITES: dict[str, tuple[list[str], str, str]] = {
    "a function": ([WRITER], "SELECT f() AS a", r"f\(\), which may write"),
    "in WHERE": ([WRITER], "SELECT id AS a FROM s WHERE f() = 1", r"f\(\)"),
    "in ORDER BY": ([WRITER], "SELECT id AS a FROM s ORDER BY f()", r"f\(\)"),
    "in FROM": ([WRITER], "SELECT * FROM f() AS x(a)", r"f\(\)"),
    "in a sub-select": ([WRITER], "SELECT (SELECT max(f()) FROM s) AS a", r"f\(\)"),
    "in a CTE": ([WRITER], "WITH w AS MATERIALIZED (SELECT f() AS a) TABLE w", r"f\(\)"),
    "in LIMIT": ([WRITER], "SELECT id AS a FROM s LIMIT f()", r"f\(\)"),
    "one that is declared harmless": (
        [WRITER, "CREATE FUNCTION g() RETURNS int STABLE LANGUAGE sql AS 'SELECT f()'"],
        "SELECT g() AS a",
        r"g\(\)",
    ),
    "a view": ([WRITER, "CREATE VIEW v AS SELECT f() AS a"], "SELECT a FROM v", r"f\(\)"),
    "a view of a view": (
        [WRITER, "CREATE VIEW v AS SELECT f() AS a", "CREATE VIEW w AS SELECT * FROM v"],
        "SELECT 1 AS a FROM s WHERE EXISTS (TABLE w)",
        r"f\(\)",
    ),
    "an operator": (
        [OF_INT, "CREATE OPERATOR @@! (RIGHTARG = int, FUNCTION = f)"],
        "SELECT @@! 1 AS a",
        r"f\(integer\)",
    ),
    "a cast": (
        [
            "CREATE TYPE c AS (x int)",
            "CREATE FUNCTION f(c) RETURNS int LANGUAGE sql AS 'DELETE FROM s; SELECT 1'",
            "CREATE CAST (c AS int) WITH FUNCTION f(c)",
        ],
        "SELECT row(1)::c::int AS a",
        r"f\(c\)",
    ),
    "an aggregate": (
        [BOUND, "CREATE AGGREGATE agg (int) (SFUNC = f, STYPE = int)"],
        "SELECT agg(id) AS a FROM s",
        r"agg\(integer\)",
    ),
    "a window": (
        [BOUND, "CREATE AGGREGATE agg (int) (SFUNC = f, STYPE = int)"],
        "SELECT agg(id) OVER () AS a FROM s",
        r"agg\(integer\)",
    ),
    "a domain": (
        [OF_INT, "CREATE DOMAIN d AS int CHECK (f(VALUE))"],
        "SELECT id::d AS a FROM s",
        "type d, whose check",
    ),
    "an array of a domain": (
        [OF_INT, "CREATE DOMAIN d AS int CHECK (f(VALUE))"],
        "SELECT ARRAY[id]::d[] AS a FROM s",
        "type d, whose check",
    ),
    "policies": (
        [
            OF_INT,
            "ALTER TABLE s ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON s USING (f(id))",
        ],
        "SELECT id AS a FROM s",
        "policies",
    ),
    "a sequence": ([], "SELECT nextval('seq')::int AS a", "nextval"),
    "a sequence that is set": ([], "SELECT setval('seq', 7)::int AS a", "setval"),
    "a large object": ([], "SELECT lo_create(4711)::int AS a", "lo_create"),
    "a notice to others": ([], "SELECT pg_notify('a', 'b')::text AS a", "pg_notify"),
    "a lock": ([], "SELECT pg_advisory_lock(4711)::text AS a", "pg_advisory_lock"),
    "a setting": ([], "SELECT set_config('work_mem', '64kB', false) AS a", "set_config"),
    "a query in a text": (
        [],
        "SELECT query_to_xml('DELETE FROM s RETURNING id', true, true, '')::text AS a",
        "query_to_xml",
    ),
    "rows that are locked": ([], "SELECT id AS a FROM s FOR UPDATE", "locks rows"),
    "rows that are locked below": (
        [],
        "SELECT a FROM (SELECT id AS a FROM s FOR SHARE) AS q",
        "locks rows",
    ),
}

HARMLESS = {
    "sums": "SELECT count(*) AS n, sum(id) AS s, string_agg(name, ',') AS names FROM s",
    "windows": "SELECT row_number() OVER (ORDER BY id) AS n FROM s",
    "a join": "SELECT a.id FROM s AS a JOIN s AS b USING (id) WHERE b.name LIKE 'A%'",
    "times and chance": "SELECT now() AS a, clock_timestamp() AS b, random() AS c",
    "texts and JSON": """SELECT to_jsonb(s) ->> 'id' AS a, upper(name) AS b, '{"a":1}'::json AS c
        FROM s""",
    "a set": "SELECT generate_series(1, 3) AS a UNION SELECT id FROM s ORDER BY 1",
    "arrays": "SELECT x FROM unnest(ARRAY[1, 2]) AS x WHERE x = ANY (ARRAY[2, 3])",
    "a view": "SELECT * FROM seen",
    "a range and a regular expression": "SELECT id FROM s WHERE id <@ int4range(0, 9) "
    "AND name ~ '^[A-Z]' AND (id, name) > (0, '')",
    "a grouping": "SELECT name, id % 2 AS odd FROM s GROUP BY GROUPING SETS ((name, id), ())",
}


@pytest.fixture
def near(pg: Bench) -> Bench:
    pg.run(
        "CREATE TABLE s (id int, name text)",
        "INSERT INTO s VALUES (1, 'Ann'), (2, 'Bo')",
        "CREATE SEQUENCE seq",
        "CREATE VIEW seen AS SELECT lower(name) AS name FROM s WHERE id > 0",
    )
    return pg


def _stopped_or_not_there(session: Session, source: str, target: str, query: str) -> bool:
    """Whether the server would not write, or what was written went with the transaction."""
    try:
        moved = session.move(source, target, query=query)
    except DatabaseError as error:
        return re.search("read-only|is not allowed in a non-volatile", str(error)) is not None
    return "postgres-insert-select" not in moved.route


@pytest.mark.parametrize("name", WRITES)
def test_what_may_write_is_read_where_it_cannot(near: Bench, session: Session, name: str) -> None:
    made, query, words = WRITES[name]
    near.run(*made)
    source, target = f"{near.url}::", f"{near.url}::here"
    plan = session.explain(source, target, query=query)
    assert "postgres-insert-select" not in plan.route.names
    assert re.search(words, str(plan)), plan
    assert _stopped_or_not_there(session, source, target, query)
    assert near.rows("SELECT count(*) FROM s") == [(2,)]
    assert near.rows("SELECT is_called FROM seq") == [(False,)]
    assert near.rows("SELECT count(*) FROM pg_largeobject_metadata") == [(0,)]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_cannot_write_stays_within_the_server(
    near: Bench, session: Session, name: str
) -> None:
    moved = session.move(f"{near.url}::", f"{near.url}::here", query=HARMLESS[name])
    assert moved.route == ("postgres-insert-select",)
    assert near.rows("SELECT count(*) FROM here") == [(moved.rows,)]
    assert near.rows("SELECT count(*) FROM pg_views WHERE viewname LIKE 'mover%'") == [(0,)]


def test_a_view_that_may_write_is_no_better_than_its_query(near: Bench, session: Session) -> None:
    near.run(WRITER, "CREATE VIEW v AS SELECT f() AS a")
    with pytest.raises(DatabaseError, match="read-only"):
        session.move(f"{near.url}::v", f"{near.url}::here")
    moved = session.move(f"{near.url}::seen", f"{near.url}::here")
    assert moved.route == ("postgres-insert-select",)
    assert near.rows("SELECT count(*) FROM s") == [(2,)]


def test_a_statement_within_a_query_that_changes_rows_is_one_clear_error(
    near: Bench, session: Session
) -> None:
    for change in ("DELETE FROM s", "UPDATE s SET id = 7", "INSERT INTO s VALUES (7)"):
        query = f"WITH w AS ({change} RETURNING id) SELECT id FROM w"
        with pytest.raises(DatabaseError, match="data-modifying statement must be at the top"):
            session.move(f"{near.url}::", f"{near.url}::here", query=query)
    with pytest.raises(DatabaseError):
        session.move(f"{near.url}::", f"{near.url}::here", query="SELECT 1 AS a INTO u")
    assert near.rows("SELECT count(*), max(id) FROM s") == [(2, 2)]
    assert near.rows("SELECT to_regclass('u'), to_regclass('here')") == [(None, None)]


def test_who_may_make_no_views_reads_through_the_client(near: Bench, session: Session) -> None:
    user = near.rows("SELECT 'u' || oid FROM pg_database WHERE datname = current_database()")[0][0]
    password = "secret"
    near.run(
        f"CREATE USER {user} PASSWORD '{password}'",
        f"GRANT ALL ON SCHEMA public TO {user}",
        f"GRANT SELECT ON s TO {user}",
        "DO $$BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database()); "
        "END$$",
    )
    url = near.database.engine.url.set(username=user, password=password)
    text = url.render_as_string(hide_password=False)
    moved = session.move(f"{text}::", f"{text}::here", query="SELECT id FROM s")
    assert moved.rows == 2
    assert "postgres-insert-select" not in moved.route
    near.run("DROP TABLE here", f"DROP OWNED BY {user}", f"DROP USER {user}")
