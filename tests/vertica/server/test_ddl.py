"""Definitions, constraints and transactions as Vertica has them, and what its catalog tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from vertica.conftest import Ask


def test_names_keep_their_case_and_ignore_it(ask: Ask) -> None:
    ask('CREATE TABLE Foo (Bar INT, "With Space" INT, Ünï INT)')
    ask('INSERT INTO "FOO" (BAR, "with space", "ÜNÏ") VALUES (1, 2, 3)')
    assert ask('SELECT * FROM "fOO"') == [[1, 2, 3]]
    assert [column.name for column in ask.cursor.description] == ["Bar", "With Space", "Ünï"]
    assert ask("SELECT table_name FROM v_catalog.tables WHERE table_schema = %s", [ask.schema]) == [
        ["Foo"]
    ]
    assert ask.error('CREATE TABLE x (a INT, "A" INT)').startswith("3145 42701")


def test_names_are_128_octets_long(ask: Ask) -> None:
    long = "n" * 127
    ask(f"CREATE TABLE {long}a ({long}b INT, {long}c INT)")
    ask(f"INSERT INTO {long}a ({long}c) VALUES (1)")
    ask(f"SELECT {long}c, {long}b FROM {long}A")
    assert [column.name for column in ask.cursor.description] == [f"{long}c", f"{long}b"]
    assert ask.error(f"CREATE TABLE {long}ab (a INT)").startswith("4961 42622")


def test_ddl_commits_what_was_open(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask("INSERT INTO t VALUES (1)")
    ask("CREATE TABLE u (a INT)")
    ask("ROLLBACK")
    assert ask("SELECT * FROM t") == [[1]]
    ask("TRUNCATE TABLE t")
    ask("ROLLBACK")
    assert ask("SELECT * FROM t") == []


def test_a_failed_statement_undoes_itself_alone(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask("INSERT INTO t VALUES (1)")
    assert ask.error("INSERT INTO t VALUES ('x')").startswith("3681 22V02")
    ask("COMMIT")
    assert ask("SELECT * FROM t") == [[1]]


def test_a_selecting_session_locks_nobody_out(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask.other()("SELECT * FROM t")
    ask("DROP TABLE t")


def test_a_lock_that_does_not_come_is_told(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    other = ask.other()
    other("INSERT INTO t VALUES (1)")
    assert ask.error("DROP TABLE t").startswith("5156 55V03 Unavailable")
    other("ROLLBACK")
    ask("DROP TABLE t")


def test_keys_are_written_down_and_not_enforced_unless_enabled(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE, c INT CHECK (c > 0))")
    for _ in range(2):
        ask("INSERT INTO t VALUES (1, 1, 1)")
    assert ask.error("INSERT INTO t VALUES (NULL, 1, 1)").startswith("2501 22004")
    assert ask.error("INSERT INTO t VALUES (1, 1, 0)").startswith("7230 23514")
    ask("CREATE TABLE u (a INT, CONSTRAINT k PRIMARY KEY (a) ENABLED)")
    ask("INSERT INTO u VALUES (1)")
    assert ask.error("INSERT INTO u VALUES (1)").startswith(
        "6745 23505 Duplicate key values: 'a=1'"
    )
    assert ask(
        "SELECT table_name, constraint_name, column_name, is_enabled FROM primary_keys"
        " WHERE table_schema = %s ORDER BY 1",
        [ask.schema],
    ) == [["t", "C_PRIMARY", "a", False], ["u", "k", "a", True]]


def test_tables_are_swapped_by_one_rename(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask("CREATE TABLE t_new LIKE t INCLUDING PROJECTIONS")
    ask("INSERT INTO t VALUES (1)")
    ask("INSERT INTO t_new VALUES (2)")
    ask("CREATE VIEW v AS SELECT a FROM t")
    ask("ALTER TABLE t, t_new, t_old RENAME TO t_old, t, t_new")
    assert [ask("SELECT a FROM t"), ask("SELECT a FROM t_new")] == [[[2]], [[1]]]
    assert ask("SELECT a FROM v") == [[2]], "a view looks at a name"
    assert ask.error(f"ALTER TABLE t RENAME TO {ask.schema}.x").startswith("4856 42601")
    assert ask.error("ALTER TABLE t, t_new RENAME TO x").startswith("4105 42601")


def test_a_table_like_another_has_keys_of_the_same_names(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, CONSTRAINT k PRIMARY KEY (a) ENABLED)")
    ask("CREATE TABLE u LIKE t INCLUDING PROJECTIONS")
    for table in ("t", "u"):
        ask(f"INSERT INTO {table} VALUES (1)")
        said = ask.error(f"INSERT INTO {table} VALUES (1)")
        assert said.startswith("6745 23505 Duplicate key values: 'a=1'")
        assert said.endswith(f".{table}.k'")
        ask(f"ALTER TABLE {table} DROP CONSTRAINT k")


def test_comments_and_grants_go_with_a_table_that_is_renamed(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask("COMMENT ON TABLE t IS 'mine'")
    ask("GRANT SELECT ON t TO PUBLIC")
    ask("ALTER TABLE t RENAME TO u")
    named = "object_schema = %s AND object_name = 'u'"
    assert ask(f"SELECT comment FROM comments WHERE {named}", [ask.schema]) == [["mine"]]
    assert ask(f"SELECT grantee FROM grants WHERE {named}", [ask.schema]) == [["public"]]


def test_a_merge_updates_and_inserts_and_never_twice(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(9))")
    ask("CREATE TABLE s (a INT, b VARCHAR(9))")
    ask.copy("COPY t FROM STDIN", b"1|old\n2|kept\n")
    ask.copy("COPY s FROM STDIN", b"1|new\n3|more\n")
    merge = (
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b"
        " WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)"
    )
    assert ask(merge) == [[2]]
    assert ask("SELECT * FROM t ORDER BY a") == [[1, "new"], [2, "kept"], [3, "more"]]
    ask("INSERT INTO s VALUES (1, 'again')")
    assert ask.error(merge).startswith("3983 21000")
    delete = merge.replace("UPDATE SET b = s.b", "DELETE")
    assert ask.error(delete).startswith("4856 42601")


def test_partitions_are_swapped_between_tables_alike(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT NOT NULL, b INT) PARTITION BY a")
    ask("CREATE TABLE s LIKE t INCLUDING PROJECTIONS")
    ask.copy("COPY t FROM STDIN", b"1|1\n2|2\n")
    ask.copy("COPY s FROM STDIN", b"1|10\n")
    ask("SELECT SWAP_PARTITIONS_BETWEEN_TABLES('s', 1, 1, 't')")
    assert ask("SELECT * FROM t ORDER BY a") == [[1, 10], [2, 2]]
    assert ask("SELECT * FROM s") == [[1, 1]]


def test_the_catalog_tells_types_comments_projections_and_grants(ask: Ask) -> None:
    ask(
        "CREATE TABLE t (a INT NOT NULL ENCODING RLE, b VARCHAR(20) DEFAULT 'x', n NUMERIC(8,2),"
        " z TIMESTAMPTZ(3), i INTERVAL DAY TO SECOND) ORDER BY b, a SEGMENTED BY HASH(a) ALL NODES"
        " KSAFE 1 PARTITION BY a"
    )
    ask("COMMENT ON TABLE t IS 'it''s'")
    ask("CREATE USER reader IDENTIFIED BY 'x'")
    ask("GRANT SELECT, INSERT ON t TO reader")
    where = f"WHERE table_schema = '{ask.schema}' AND table_name = 't'"
    columns = "column_name, data_type, is_nullable, column_default, ordinal_position"
    assert ask(f"SELECT {columns} FROM v_catalog.columns {where} ORDER BY ordinal_position") == [
        ["a", "int", False, None, 1],
        ["b", "varchar(20)", True, "'x'", 2],
        ["n", "numeric(8,2)", True, None, 3],
        ["z", "timestamptz(3)", True, None, 4],
        ["i", "interval day to second", True, None, 5],
    ]
    assert ask(f"SELECT partition_expression, owner_name FROM tables {where}") == [["a", "dbadmin"]]
    assert ask(
        "SELECT projection_name, is_segmented, segment_expression FROM projections"
        f" WHERE projection_schema = '{ask.schema}' ORDER BY 1"
    ) == [["t_b0", True, "HASH(a)"], ["t_b1", True, "HASH(a)"]]
    assert ask(
        "SELECT projection_column_name, encoding_type FROM projection_columns WHERE"
        f" table_schema = '{ask.schema}' AND projection_name = 't_b0' AND sort_position IS NOT NULL"
        " ORDER BY sort_position"
    ) == [["b", "AUTO"], ["a", "RLE"]]
    assert ask(f"SELECT comment FROM comments WHERE object_schema = '{ask.schema}'") == [["it's"]]
    assert ask("SELECT privileges_description FROM grants WHERE grantee = 'reader'") == [
        ["SELECT, INSERT"]
    ]
    assert "ENCODING" not in ask(f"SELECT EXPORT_OBJECTS('', '{ask.schema}.t')")[0][0]
    ask("DROP USER reader")


def test_an_identity_counts_and_is_not_copied_into(ask: Ask) -> None:
    ask("CREATE TABLE t (id IDENTITY(10, 5), a INT)")
    ask.copy("COPY t FROM STDIN", b"1\n")
    ask("INSERT INTO t (a) VALUES (2)")
    assert ask("SELECT LAST_INSERT_ID()") == [[15]]
    assert ask("SELECT * FROM t ORDER BY 1") == [[10, 1], [15, 2]]


def test_temporary_tables_lose_their_rows_at_commit(ask: Ask) -> None:
    ask("CREATE LOCAL TEMP TABLE gone (a INT)")
    ask("CREATE LOCAL TEMP TABLE kept (a INT) ON COMMIT PRESERVE ROWS")
    for table in ("gone", "kept"):
        ask(f"INSERT INTO {table} VALUES (1)")
    ask("COMMIT")
    assert [ask("SELECT * FROM gone"), ask("SELECT * FROM kept")] == [[], [[1]]]


def test_a_text_that_is_too_long_is_an_error_of_insert(ask: Ask) -> None:
    ask("CREATE TABLE t (a VARCHAR(3), b CHAR(3))")
    said = ask.error("INSERT INTO t (a) VALUES ('éé')")
    assert said == "4800 22001 String of 4 octets is too long for type Varchar(3)"
    ask("INSERT INTO t VALUES ('éé'::VARCHAR(3), 'a')")
    assert ask("SELECT b, LENGTH('éé'), OCTET_LENGTH('éé') FROM t") == [["a  ", 2, 4]]


def test_integers_have_64_bits_and_divide_exactly(ask: Ask) -> None:
    ask("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b, 2.5 AS c")
    ask("INSERT INTO t (a) VALUES (9223372036854775807)")
    assert [str(value) for value in ask("SELECT 5 / 2, 5 // 2")[0]] == ["2.500000000000000000", "2"]
    assert ask("SELECT data_type FROM columns WHERE column_name = 'a' AND table_schema = %s",
               [ask.schema]) == [["int"]]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("CREATE TABLE x (a TEXT)", '5108 42704 Type "TEXT" does not exist'),
        ("CREATE TABLE x (a JSONB)", '5108 42704 Type "JSONB" does not exist'),
        ("CREATE TABLE x (a SERIAL)", '5108 42704 Type "SERIAL" does not exist'),
        ("CREATE TABLE x (a VARCHAR(65001))", "3851 22023 Length for type varchar"),
        ("CREATE TABLE x (a NUMERIC(1025))", "4103 22023 NUMERIC precision 1025"),
        ("CREATE TABLE x (a INT,, b INT)", '4856 42601 Syntax error at or near ","'),
        ("CREATE UNLOGGED TABLE x (a INT)", "4856 42601"),
        ("CREATE INDEX i ON t (a)", "4856 42601"),
        ("INSERT INTO t VALUES (1), (2)", '4856 42601 Syntax error at or near ","'),
        ("INSERT INTO t VALUES (1) RETURNING a", '4856 42601 Syntax error at or near "RETURNING"'),
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "4856 42601 Syntax error at or near"),
        ("SELECT * FROM information_schema.tables", '4650 3F000 Schema "information_schema"'),
        ("SELECT * FROM pg_catalog.pg_class", '4650 3F000 Schema "pg_catalog"'),
        ("SELECT generate_series(1, 2)", "3457 42883 Function generate_series() does not exist"),
        ("SELECT 1::text", '5108 42704 Type "text" does not exist'),
        ("SELECT * FROM nowhere.t", '4650 3F000 Schema "nowhere" does not exist'),
        ("SELECT * FROM nothing", '4566 42V01 Relation "nothing" does not exist'),
        ("VACUUM", "5366 0A000 VACUUM is not supported"),
        ("DROP TABLE nothing", '4883 42V01 Table "nothing" does not exist'),
        ("ALTER TABLE t ADD COLUMN a INT", '3145 42701 Duplicate column "a"'),
        ("ALTER TABLE t DROP COLUMN nothing", '2624 42703 Column "nothing" does not exist'),
    ],
)
def test_what_vertica_has_not_is_refused_in_its_words(ask: Ask, statement: str, why: str) -> None:
    ask("CREATE TABLE t (a INT)")
    assert ask.error(statement).startswith(why)
