"""From one PostgreSQL table into another: within the server, by a binary pipe, or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine

from records_mover import Session, sources, targets
from records_mover.errors import BadRowError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench
    from records_mover.records.route.plan import Plan


BINARY = ("postgres-binary-out", "postgres-binary-in")
TEXT = ("postgres-copy-out", "postgres-copy-in")
SERVER = ("postgres-insert-select",)
MADE = (
    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a text, n numeric(10,2), d date)",
    "INSERT INTO t (a, n, d) SELECT 'x' || i, i, current_date FROM generate_series(1, 1000) AS i",
    "INSERT INTO t (a) VALUES (NULL), ('')",
)


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run(*MADE)
    return one_pg


def why(plan: Plan, part: str) -> list[str]:
    return [words for name, words in plan.refusals if name == part]


def driven(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg2:", 1)


def same(*benches: Bench) -> bool:
    first, *others = (bench.rows("SELECT * FROM t ORDER BY id") for bench in benches)
    return all(rows == first for rows in others)


# Within the server


def test_two_tables_of_one_database_never_leave_the_server(near: Bench, session: Session) -> None:
    moved = session.move(f"{near.url}::t", f"{near.url}::u")
    assert (moved.rows, moved.bytes, moved.route) == (1002, 0, SERVER)
    assert near.rows("TABLE t EXCEPT TABLE u") == []
    assert "INSERT ... SELECT within the server" in str(
        session.explain(f"{near.url}::t", f"{near.url}::u")
    )


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace"])
def test_each_mode_publishes_what_the_server_inserts(
    near: Bench, session: Session, mode: str
) -> None:
    near.run("CREATE TABLE u AS TABLE t LIMIT 1")
    moved = session.move(f"{near.url}::t", f"{near.url}::u", if_exists=mode)
    assert (moved.rows, moved.route) == (1002, SERVER)
    assert near.rows("SELECT count(*) FROM u") == [(1003 if mode == "append" else 1002,)]


def test_a_query_is_inserted_where_its_table_is(near: Bench, session: Session) -> None:
    moved = session.move(f"{near.url}::", f"{near.url}::u", query="SELECT id, a FROM t -- all")
    assert (moved.rows, moved.route) == (1002, SERVER)


def test_identity_values_are_carried_over_and_columns_matched_by_name(
    near: Bench, session: Session
) -> None:
    near.run("CREATE TABLE u (d date, a text, n numeric, id int GENERATED ALWAYS AS IDENTITY)")
    near.run("DELETE FROM t WHERE id < 900")
    assert session.move(f"{near.url}::t", f"{near.url}::u").route == SERVER
    assert near.rows("SELECT id, a, n, d FROM u EXCEPT TABLE t") == []
    assert near.rows("SELECT min(id) FROM u") == [(900,)]


def test_rows_are_read_before_their_own_table_is_put_aside(near: Bench, session: Session) -> None:
    moved = session.move(f"{near.url}::t", f"{near.url}::t", if_exists="drop")
    assert (moved.rows, moved.route) == (1002, SERVER)
    assert near.rows("SELECT count(*) FROM t") == [(1002,)]


@pytest.mark.parametrize(
    ("source", "options"), [("t", {}), ("v", {}), ("child", {}), ("", {"query": "TABLE t"})]
)
def test_rows_that_emptying_the_target_may_take_along_are_read_elsewhere(
    near: Bench, session: Session, source: str, options: dict[str, Any]
) -> None:
    near.run("CREATE VIEW v AS TABLE t", "CREATE TABLE child () INHERITS (t)")
    plan = session.explain(f"{near.url}::{source}", f"{near.url}::t", if_exists="delete", **options)
    assert plan.route.names != SERVER
    assert "the target is emptied" in why(plan, "postgres-insert-select")[0]


def test_a_cast_never_stands_in_for_what_copy_would_read(near: Bench, session: Session) -> None:
    near.run("CREATE TABLE u (id bigint, a varchar(20), n int, d date)")
    plan = session.explain(f"{near.url}::t", f"{near.url}::u")
    assert plan.route.names == TEXT
    (words,) = why(plan, "postgres-insert-select")
    assert words.startswith("column 'n' is numeric in the source and integer in the target")
    with pytest.raises(BadRowError, match="column 'n'"):
        session.move(f"{near.url}::t", f"{near.url}::u")
    near.run("ALTER TABLE u ALTER n TYPE numeric(12,4)")
    assert session.move(f"{near.url}::t", f"{near.url}::u").route == SERVER


def test_another_user_s_rights_are_not_borrowed(near: Bench, session: Session) -> None:
    role = f"reader_{near.database.engine.url.database}"
    near.run(f"CREATE ROLE {role}", f"GRANT SELECT ON t TO {role}")
    reader = create_engine(driven(near.url), connect_args={"options": f"-c role={role}"})
    try:
        plan = session.explain(
            sources.table(reader, "public", "t"), targets.table(near.url, "public", "u")
        )
        assert plan.route.names == BINARY
        assert f"the source is read as '{role}'" in why(plan, "postgres-insert-select")[0]
    finally:
        reader.dispose()
        near.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_query_keeps_the_settings_of_its_own_connection(near: Bench, session: Session) -> None:
    other = create_engine(driven(near.url), connect_args={"options": "-c timezone=Asia/Tokyo"})
    try:
        plan = session.explain(
            sources.query(other, "SELECT now()::text AS a"),
            targets.table(near.url, "public", "u"),
        )
        assert "differ in TimeZone" in why(plan, "postgres-insert-select")[0]
        table = session.explain(
            sources.table(other, "public", "t"), targets.table(near.url, "public", "u")
        )
        assert table.route.names == SERVER
    finally:
        other.dispose()


def test_rules_of_the_target_are_not_woken(near: Bench, session: Session) -> None:
    near.run(
        "CREATE TABLE u AS TABLE t WITH NO DATA",
        "CREATE RULE r AS ON INSERT TO u DO INSTEAD NOTHING",
    )
    moved = session.move(f"{near.url}::t", f"{near.url}::u")
    assert moved.route == BINARY
    assert near.rows("SELECT count(*) FROM u") == [(1002,)]


def test_a_row_that_does_not_fit_leaves_both_tables_as_they_were(
    near: Bench, session: Session
) -> None:
    near.run("CREATE TABLE u (id int, a text NOT NULL, n numeric, d date)")
    with pytest.raises(MoverError, match="'a'"):
        session.move(f"{near.url}::t", f"{near.url}::u")
    assert near.rows("TABLE u") == []


# Between servers


def test_another_server_is_reached_by_a_binary_pipe(
    near: Bench, far_pg: Bench, session: Session
) -> None:
    moved = session.move(f"{near.url}::t", f"{far_pg.url}::t")
    assert (moved.rows, moved.route) == (1002, BINARY)
    assert moved.bytes > 1002 * 20
    assert same(near, far_pg)
    assert session.move(f"{far_pg.url}::t", f"{near.url}::back").route == BINARY
    assert near.rows("TABLE t EXCEPT TABLE back") == []


def test_a_query_goes_through_the_pipe_too(near: Bench, far_pg: Bench, session: Session) -> None:
    query = "SELECT id, upper(a) AS a, n FROM t WHERE id > 10"
    moved = session.move(f"{near.url}::", f"{far_pg.url}::t", query=query)
    assert (moved.rows, moved.route) == (992, BINARY)


def test_texts_are_the_same_bytes_whatever_their_length_is_called(
    near: Bench, far_pg: Bench, session: Session
) -> None:
    far_pg.run("CREATE TABLE t (id int, a varchar(10), n numeric, d date)")
    assert session.move(f"{near.url}::t", f"{far_pg.url}::t").route == BINARY
    assert same(near, far_pg)


def test_types_that_differ_go_as_text_and_the_column_is_named(
    near: Bench, far_pg: Bench, session: Session
) -> None:
    far_pg.run("CREATE TABLE t (id bigint, a text, n numeric, d date)")
    plan = session.explain(f"{near.url}::t", f"{far_pg.url}::t")
    assert why(plan, "postgres-binary-in") == [
        "stream (pgcopy): column 'id' is integer in the source and bigint in the target"
    ]
    assert session.move(f"{near.url}::t", f"{far_pg.url}::t").route == TEXT
    assert same(near, far_pg)


def test_types_of_a_database_s_own_go_as_text(
    one_pg: Bench, far_pg: Bench, session: Session
) -> None:
    made = "CREATE TYPE pair AS (a int, b text)"
    one_pg.run(made, "CREATE TABLE t (id int, p pair)", "INSERT INTO t VALUES (1, '(1,x)')")
    far_pg.run(made)
    plan = session.explain(f"{one_pg.url}::t", f"{far_pg.url}::t")
    assert "column 'p' is pair" in why(plan, "postgres-binary-in")[0]
    assert session.move(f"{one_pg.url}::t", f"{far_pg.url}::t").route == TEXT
    assert same(one_pg, far_pg)


def test_encodings_are_no_obstacle_to_the_pipe(near: Bench, session: Session) -> None:
    name = f"latin_{near.database.engine.url.database}"
    autocommit = near.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
    latin = near.database.engine.url.set(database=name).render_as_string(hide_password=False)
    near.run("UPDATE t SET a = 'é' WHERE id = 1")
    with Session() as session:
        assert session.move(f"{near.url}::t", f"{latin}::t").route == BINARY
        assert session.move(f"{latin}::t", f"{near.url}::u").route == BINARY
    assert near.rows("TABLE t EXCEPT TABLE u") == []
    with autocommit.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_columns_that_both_tables_compute_are_left_out(
    one_pg: Bench, far_pg: Bench, session: Session
) -> None:
    made = "CREATE TABLE t (id int, g int GENERATED ALWAYS AS (id * 2) STORED)"
    one_pg.run(made, "INSERT INTO t VALUES (1), (2)")
    far_pg.run(made)
    moved = session.move(f"{one_pg.url}::t", f"{far_pg.url}::t", verify=True)
    assert (moved.rows, moved.route) == (2, BINARY)
    assert far_pg.rows("TABLE t ORDER BY id") == [(1, 2), (2, 4)]
    with pytest.raises(MoverError, match="computes 'g' itself"):
        session.move(f"{one_pg.url}::t", f"{far_pg.url}::t", columns=("id", "g"))


def test_a_row_that_does_not_fit_the_far_table_is_named(
    near: Bench, far_pg: Bench, session: Session
) -> None:
    far_pg.run("CREATE TABLE t (id int, a varchar(3), n numeric, d date)")
    with pytest.raises(BadRowError, match="row 100: column 'a': value too long"):
        session.move(f"{near.url}::t", f"{far_pg.url}::t")
    assert far_pg.rows("TABLE t") == []


def test_no_value_is_read_or_written_for_a_file_s_sake(
    near: Bench, session: Session, tmp_path: Path
) -> None:
    plan = session.explain(f"{near.url}::t", str(tmp_path / "t.csv"))
    assert not [words for _, words in plan.refusals if "pgcopy" in words]


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [("1 / (i - 50000)", "division by zero"), ("killed", "the server cut the connection")],
)
def test_a_source_that_fails_midway_leaves_the_far_table_as_it_was(
    one_pg: Bench, far_pg: Bench, session: Session, spoiled: str, words: str
) -> None:
    far_pg.run("CREATE TABLE t (i int, x int)", "INSERT INTO t VALUES (42)")
    if spoiled == "killed":
        end = "pg_terminate_backend(pg_backend_pid())"
        spoiled = f"CASE WHEN i = 50000 THEN {end}::int END"
    query = f"SELECT i, {spoiled} AS x FROM generate_series(1, 100000) AS i"
    with pytest.raises(MoverError, match=words):
        session.move(f"{one_pg.url}::", f"{far_pg.url}::t", query=query, if_exists="delete")
    assert far_pg.rows("TABLE t") == [(42, None)]
    assert session.move(f"{one_pg.url}::", f"{far_pg.url}::t", query="SELECT 1 AS i, 2 AS x").rows


def test_behind_tls_the_drivers_pass_the_rows(
    near: Bench, far_pg: Bench, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_postgres.wire import frames

    monkeypatch.setattr(frames, "is_bare", lambda connection: False)
    moved = session.move(f"{near.url}::t", f"{far_pg.url}::t", verify=True)
    assert (moved.rows, moved.route, moved.verified) == (1002, BINARY, True)


def test_a_table_without_rows_goes_through_the_pipe(
    one_pg: Bench, far_pg: Bench, session: Session
) -> None:
    one_pg.run("CREATE TABLE t (id int)")
    moved = session.move(f"{one_pg.url}::t", f"{far_pg.url}::t", verify=True)
    assert (moved.rows, moved.route) == (0, BINARY)


def test_rows_larger_than_any_block_pass_whole(
    one_pg: Bench, far_pg: Bench, session: Session
) -> None:
    one_pg.run(
        "CREATE TABLE t AS SELECT id, repeat('x', 5000000) AS a FROM generate_series(1, 3) AS id"
    )
    assert session.move(f"{one_pg.url}::t", f"{far_pg.url}::t", verify=True).bytes > 15_000_000
