"""Rows of another shape take the place of a table's own, or nothing is touched."""

from __future__ import annotations

import itertools
import random
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import BadRowError, ColumnMismatchError, DatabaseError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench, Move


def types(pg: Bench, table: str = "t") -> dict[str, str]:
    return {column.name: column.type for column in pg.info(table).columns}


def test_a_new_column_of_a_file_is_added_with_the_type_of_its_values(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id int PRIMARY KEY, a text)", "INSERT INTO t VALUES (1, 'old')")
    source = tmp_path / "in.csv"
    source.write_bytes(b"when,a,id\n2020-01-02,new,7\n,,8\n")
    moved = move(str(source), f"{pg.url}::t", if_exists="replace")
    assert moved.notes == ("column 'when' (DATE) was added",)
    assert types(pg) == {"id": "integer", "a": "text", "when": "date"}
    assert pg.rows('SELECT id, a, "when"::text FROM t ORDER BY 1') == [
        (7, "new", "2020-01-02"),
        (8, None, None),
    ]


def test_what_the_table_fills_by_itself_stays_when_the_rows_bring_none(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int, b int DEFAULT 7, c text, "
        "g int GENERATED ALWAYS AS (a + 1) STORED)",
    )
    source = tmp_path / "in.csv"
    source.write_bytes(b"a\n1\n")
    moved = move(str(source), f"{pg.url}::t", if_exists="replace")
    assert moved.notes == ("column 'c' was dropped",)
    assert pg.rows("SELECT * FROM t") == [(1, 1, 7, 2)]


def test_a_type_changes_only_when_a_value_needs_it(pg: Bench, move: Move) -> None:
    pg.run(
        "CREATE TABLE t (i int, v varchar(5), d date, n numeric(5,2))",
        "CREATE TABLE src (i bigint, v text, d timestamp, n numeric(9,4))",
        "INSERT INTO src VALUES (2147483647, 'five5', '2020-01-02', 123.45)",
    )
    moved = move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert moved.notes == ()
    before = types(pg)
    assert before["i"] == "integer"
    pg.run("UPDATE src SET i = 2147483648, n = 123.456")
    moved = move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert moved.notes == ("column 'i' became bigint", "column 'n' became numeric(9,4)")
    assert types(pg) == {**before, "i": "bigint", "n": "numeric(9,4)"}
    pg.run("UPDATE src SET v = 'six666', d = '2020-01-02 03:04:05'")
    move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert types(pg) == types(pg, "src") | {"n": "numeric(9,4)"}
    assert pg.rows("TABLE t") == pg.rows("TABLE src")


def test_a_file_that_changes_a_table_is_verified_while_nobody_else_can_look_at_it(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (a int DEFAULT 7, gone text DEFAULT 'x')")
    pg.run("ALTER TABLE t ALTER gone DROP DEFAULT")
    source = tmp_path / "in.csv"
    source.write_bytes(b"a,extra\n1,2\n")
    moved = move(str(source), f"{pg.url}::t", if_exists="replace", verify=True)
    assert moved.verified
    assert pg.rows("TABLE t") == [(1, 2)]


def test_not_null_gives_way_to_a_null_that_the_source_allows(pg: Bench, move: Move) -> None:
    pg.run(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL)",
        "CREATE TABLE src (id int NOT NULL, a int, b int)",
        "INSERT INTO src VALUES (1, NULL, 2)",
    )
    moved = move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert moved.notes == ("column 'a' allows NULL",)
    assert [column.nullable for column in pg.info("t").columns] == [False, True, False]


def test_a_query_that_knows_of_no_not_null_loosens_none(pg: Bench, move: Move) -> None:
    pg.run("CREATE TABLE t (id int NOT NULL)", "INSERT INTO t VALUES (1)")
    with pytest.raises(MoverError, match="null value"):
        move(f"{pg.url}::", f"{pg.url}::t", if_exists="replace", query="SELECT NULL::int AS id")
    assert pg.rows("TABLE t") == [(1,)]


def test_a_file_never_changes_the_type_of_a_column_that_is_there(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    source = tmp_path / "in.csv"
    source.write_bytes(b"a\n2\noops\n")
    with pytest.raises(BadRowError, match=r"line 3.*'oops'|line 3.*oops"):
        move(str(source), f"{pg.url}::t", if_exists="replace")
    assert pg.rows("TABLE t") == [(1,)]


def test_explain_says_what_will_and_what_may_change(pg: Bench, session: Session) -> None:
    pg.run(
        "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, gone text)",
        "CREATE TABLE src (id int NOT NULL, a bigint, extra date)",
    )
    plan = str(session.explain(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace"))
    for words in (
        "adding 'extra' (date)",
        "dropping 'gone'",
        "making 'a' bigint if a value needs it",
        "allowing NULL in 'a' if one comes",
    ):
        assert words in plan


NEEDING = {
    "view v": ("CREATE VIEW v AS SELECT id, gone FROM t",),
    "materialized view m": ("CREATE MATERIALIZED VIEW m AS SELECT max(gone) FROM t",),
    "index by_gone": ("CREATE INDEX by_gone ON t (id, gone)",),
    "constraint k on table t": ("ALTER TABLE t ADD CONSTRAINT k CHECK (gone <> '')",),
    "constraint u on table t": ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (gone)",),
    "column g": ("ALTER TABLE t ADD g text GENERATED ALWAYS AS (upper(gone)) STORED",),
    "policy p on table t": ("CREATE POLICY p ON t USING (gone = 'x')",),
    "statistics object s": ("CREATE STATISTICS s ON id, gone FROM t",),
    "trigger r on table t": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER r BEFORE UPDATE OF gone ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "publication": ("CREATE PUBLICATION p FOR TABLE t (id, gone)",),
    "function f": ("CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT max(gone) FROM t; END",),
}


NEEDING_SINCE = {"publication": 15, "function f": 14}


@pytest.mark.parametrize(
    "needing",
    [
        pytest.param(each, marks=pytest.mark.since(NEEDING_SINCE.get(each[0], 13)))
        for each in NEEDING.items()
    ],
    ids=[name.split()[0] for name in NEEDING],
)
def test_a_column_that_something_needs_is_not_dropped(
    pg: Bench, move: Move, tmp_path: Path, needing: tuple[str, tuple[str, ...]]
) -> None:
    words, makes = needing
    pg.run("CREATE TABLE t (id int, gone text)", "INSERT INTO t VALUES (1, 'x')", *makes)
    source = tmp_path / "in.csv"
    source.write_bytes(b"id\n2\n")
    with pytest.raises(DatabaseError, match="no column 'gone'") as caught:
        move(str(source), f"{pg.url}::t", if_exists="replace")
    assert words in str(caught.value)
    assert "alter or drop" in str(caught.value)
    assert pg.rows("SELECT id, gone FROM t") == [(1, "x")]


FIXED = {
    "partition": ("CREATE TABLE p (id int) PARTITION BY LIST (id)", "PARTITION OF p DEFAULT"),
    "typed": ("CREATE TYPE kind AS (id int)", "OF kind"),
}


@pytest.mark.parametrize("kind", FIXED)
def test_a_table_whose_columns_are_said_elsewhere_takes_on_no_others(
    pg: Bench, move: Move, tmp_path: Path, kind: str
) -> None:
    before, how = FIXED[kind]
    pg.run(before, f"CREATE TABLE t {how}", "INSERT INTO t VALUES (1)")
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,extra\n2,3\n")
    with pytest.raises(
        DatabaseError, match=r"cannot take on .*adding 'extra'.*; (move into|alter)"
    ):
        move(str(source), f"{pg.url}::t", if_exists="replace")
    assert pg.rows("TABLE t") == [(1,)]


def test_an_inherited_column_is_not_dropped(pg: Bench, move: Move, tmp_path: Path) -> None:
    pg.run("CREATE TABLE p (a int, gone int)", "CREATE TABLE t (id int) INHERITS (p)")
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,a\n2,3\n")
    with pytest.raises(DatabaseError, match="it inherits 'gone'; alter the parent first"):
        move(str(source), f"{pg.url}::t", if_exists="replace")


def test_only_the_owner_has_a_table_take_on_other_columns(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (id int)", "CREATE ROLE no_owner LOGIN PASSWORD 'x'")
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,extra\n2,3\n")
    try:
        pg.run("GRANT ALL ON t TO no_owner")
        url = pg.url.replace(pg.url.split("//")[1].split("@")[0], "no_owner:x")
        with pytest.raises(DatabaseError, match="it belongs to 'mover'; move as its owner"):
            move(str(source), f"{url}::t", if_exists="replace")
    finally:
        pg.run("DROP OWNED BY no_owner", "DROP ROLE no_owner")


def test_a_file_of_another_kind_does_not_take_a_table_over(
    pg: Bench, move: Move, tmp_path: Path
) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)")
    source = tmp_path / "in.csv"
    source.write_bytes(b"x,y\n1,2\n")
    with pytest.raises(ColumnMismatchError, match=r"none of the columns 'x', 'y'.*'drop'"):
        move(str(source), f"{pg.url}::t", if_exists="replace")
    assert pg.rows("TABLE t") == [(1,)]


def test_a_view_that_could_not_be_made_again_is_named(pg: Bench, move: Move) -> None:
    pg.run(
        "CREATE TABLE t (n int)",
        "INSERT INTO t VALUES (1)",
        "CREATE FUNCTION just_int(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
        "CREATE VIEW v AS SELECT just_int(n) FROM t",
        "CREATE TABLE src AS SELECT 5000000000 AS n",
    )
    with pytest.raises(DatabaseError) as caught:
        move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert "column 'n' would become bigint): view public.v could not be made" in str(caught.value)
    assert pg.rows("TABLE v") == [(1,)]


@pytest.mark.parametrize(
    ("makes", "words"),
    [
        ("ALTER TABLE t ADD g int GENERATED ALWAYS AS (n * 2) STORED", "integer out of range"),
        pytest.param(
            (
                "CREATE FUNCTION only_int(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; "
                "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT only_int(n) FROM t; END"
            ),
            "CREATE OR REPLACE FUNCTION public.f() RETURNS integer LANG",
            marks=pytest.mark.since(14),
        ),
        ("CREATE VIEW v AS SELECT n::text::inet FROM t; CREATE TABLE x (v v)", "depend on it"),
    ],
    ids=["generated", "function", "row-type"],
)
def test_a_type_that_cannot_change_leaves_everything_as_it_was(
    pg: Bench, move: Move, makes: str, words: str
) -> None:
    pg.run(
        "CREATE TABLE t (n int)",
        "INSERT INTO t VALUES (1)",
        makes,
        "CREATE TABLE src AS SELECT 5000000000 AS n",
    )
    with pytest.raises(MoverError) as caught:
        move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert words in str(caught.value)
    assert pg.rows("SELECT n FROM t") == [(1,)]
    assert types(pg)["n"] == "integer"


def test_a_replica_of_another_server_comes_by_binary_copy_and_alters_the_table(
    pg: Bench, far_pg: Bench, move: Move
) -> None:
    far_pg.run(
        "CREATE TABLE src AS SELECT n::bigint * 1000000 AS a, date '2020-01-01' + n AS b "
        "FROM generate_series(1, 5000) AS n"
    )
    pg.run("CREATE TABLE t (a int, c text)", "INSERT INTO t VALUES (1, 'x')")
    moved = move(f"{far_pg.url}::src", f"{pg.url}::t", if_exists="replace", verify=True)
    assert moved.verified
    assert "postgres-binary-in" in moved.route
    assert types(pg) == {"a": "bigint", "b": "date"}
    assert moved.notes == (
        "column 'b' (date) was added",
        "column 'c' was dropped",
        "column 'a' became bigint",
    )


OLD = {
    "smallint": "7",
    "integer": "70000",
    "numeric(5,2)": "1.5",
    "real": "0.5",
    "character varying(3)": "'abc'",
    "text": "'x'",
    "date": "'2020-01-02'",
    "boolean": "true",
    "uuid": "'00000000-0000-0000-0000-000000000001'",
    "integer[]": "'{1}'",
}
NEW = {
    "integer": "123456",
    "bigint": "5000000000",
    "numeric(9,4)": "12.3456",
    "double precision": "1e300",
    "text": "'longer than three'",
    "timestamp without time zone": "'2020-01-02 03:04:05'",
    "timestamp with time zone": "'2020-01-02 03:04:05+00'",
    "boolean": "false",
    "jsonb": "'{}'",
    "bigint[]": "'{5000000000}'",
}
HANGING = (
    "CREATE VIEW v AS SELECT id, c FROM t; COMMENT ON VIEW v IS 'mine'",
    "CREATE INDEX i ON t (c)",
    "ALTER TABLE t ADD CONSTRAINT k CHECK (c IS NOT NULL)",
    "ALTER TABLE t ALTER c SET DEFAULT {}",
    "ALTER TABLE t ADD CONSTRAINT k2 CHECK (c = {} OR c IS NOT NULL)",
    "CREATE POLICY p ON t USING (c = {})",
    "CREATE MATERIALIZED VIEW m AS SELECT c, 1 AS one FROM t",
    "CREATE TABLE child (id int REFERENCES t); INSERT INTO child VALUES (1)",
)
STATE = """
SELECT 'v', pg_get_viewdef(oid) || obj_description(oid)
FROM pg_class WHERE relname = 'v'
UNION ALL SELECT 'i', pg_get_indexdef(oid) FROM pg_class WHERE relname = 'i'
UNION ALL SELECT conname, conname FROM pg_constraint WHERE conname IN ('k', 'k2')
UNION ALL SELECT 'd', 'default' FROM pg_attrdef WHERE adrelid = 't'::regclass
UNION ALL SELECT 'p', polname FROM pg_policy
UNION ALL SELECT 'm', pg_get_viewdef(oid) FROM pg_class WHERE relname = 'm'
UNION ALL SELECT 'f', pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'
UNION ALL SELECT 't', 't'::regclass::oid::text ORDER BY 1
"""


def _cases() -> list[tuple[str, str, tuple[str, ...]]]:
    """Pair every two types at least once, each with what hangs on the column."""
    chance = random.Random(20200102)
    pairs = list(itertools.product(OLD, NEW))
    chance.shuffle(pairs)
    return [(old, new, tuple(chance.sample(HANGING, chance.randint(0, 4)))) for old, new in pairs]


def _values(rows: list[tuple[Any, ...]]) -> list[object]:
    """Return the values, of which some are spelled in two ways."""
    values = ["false" if value in ("f", "0") else value for row in rows for value in row]
    return [
        Decimal(value)
        if re.fullmatch(r"\d[\d.]*(e\+\d+)?", str(value))
        else str(value).removesuffix("+00")
        for value in values
    ]


def _is_taken_on(move: Move, url: str) -> bool:
    try:
        move(f"{url}::src", f"{url}::t", if_exists="replace")
    except MoverError:
        return False
    return True


@pytest.mark.slow
def test_another_shape_is_taken_on_whole_or_refused_with_everything_untouched(
    pg: Bench, move: Move
) -> None:
    outcomes = []
    for old, new, hanging in _cases():
        pg.run(
            "DROP TABLE IF EXISTS t, src, child CASCADE",
            f"CREATE TABLE t (id int PRIMARY KEY, c {old})",
            f"INSERT INTO t VALUES (1, {OLD[old]}), (2, {OLD[old]})",
            *(made.format(OLD[old]) for made in hanging),
            f"CREATE TABLE src (id int PRIMARY KEY, c {new}, extra text DEFAULT 'e')",
            f"INSERT INTO src VALUES (1, {NEW[new]}), (3, {NEW[new]})",
        )
        state, rows = pg.rows(STATE), pg.rows("SELECT id, c::text FROM t ORDER BY 1")
        taken_on = _is_taken_on(move, pg.url)
        outcomes.append(taken_on)
        case = (old, new, hanging)
        if taken_on:
            wanted = "SELECT id, c::text, extra FROM {} ORDER BY 1"
            assert _values(pg.rows(wanted.format("t"))) == _values(pg.rows(wanted.format("src"))), (
                case
            )
            assert [name for name, _ in pg.rows(STATE)] == [name for name, _ in state], case
            assert pg.rows(STATE)[-1] == state[-1], case
        else:
            assert types(pg) == {"id": "integer", "c": old}, case
            assert pg.rows("SELECT id, c::text FROM t ORDER BY 1") == rows, case
            assert pg.rows(STATE) == state, case
    assert outcomes.count(True) > 40
    assert outcomes.count(False) > 10
