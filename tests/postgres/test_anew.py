"""A table is made anew only where no ALTER TABLE does, which is said, or everything stays."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import psycopg2
import pytest

from records_mover import Session
from records_mover.errors import BadRowError, DatabaseError, MoverError
from support.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres.conftest import Bench, Move
    from records_mover.records import MoveResult


# No server can change the type of what a column that may not be empty is computed from.
TABLE = (
    (
        "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), "
        "made numeric NOT NULL GENERATED ALWAYS AS (COALESCE(n, 0) + 1) STORED, word text)"
    ),
    "INSERT INTO t (id, n, word) VALUES (1, 10, 'one'), (2, 20, 'two')",
    "CREATE VIEW v AS SELECT id, n FROM t",
    "CREATE INDEX by_n ON t (n)",
    "CREATE TABLE child (id int REFERENCES t)",
    "CREATE TABLE src AS SELECT 1 AS id, 5000000000 AS n, 'new' AS word",
)
STATE = """
SELECT oid::int8, relname::text, relowner::int8, relacl::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT oid::int8, pg_get_constraintdef(oid), conrelid::int8, conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT oid::int8, pg_get_functiondef(oid), 0, prosrc FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT oid::int8, proname, 0, pg_get_triggerdef(oid) FROM (
    SELECT t.oid, proname FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid
    WHERE NOT tgisinternal) q ORDER BY 1, 2
"""
OID = "SELECT 't'::regclass::oid"


def _replace(move: Move, pg: Bench, **options: object) -> MoveResult:
    return move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace", **options)


def test_explain_and_the_result_say_that_a_table_is_made_anew(
    pg: Bench, session: Session, move: Move
) -> None:
    pg.run(*TABLE)
    plan = str(session.explain(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace"))
    assert "making 'n' bigint if a value needs it" in plan
    assert "then made anew, with all that hangs on it and under another OID: 'made' is comp" in plan
    before = pg.rows(OID)
    moved = _replace(move, pg, verify=True)
    assert moved.verified
    assert moved.notes == (
        "column 'n' became bigint",
        (
            "'public.t' was made anew, with all that hangs on it and under another OID "
            "('made' is computed from 'n')"
        ),
    )
    assert pg.rows(OID) != before
    assert pg.rows("TABLE t") == [(1, 5000000000, 5000000001, "new")]


def test_a_table_is_not_made_anew_where_the_values_fit(pg: Bench, move: Move) -> None:
    pg.run(*TABLE, "UPDATE src SET n = 7")
    before = pg.rows(OID)
    assert _replace(move, pg).notes == ()
    assert pg.rows(OID) == before
    assert pg.rows("SELECT id, n, made FROM t") == [(1, 7, 8)]


def test_what_is_computed_is_computed_again_in_place_where_the_server_can(
    pg: Bench, move: Move
) -> None:
    pg.run(
        "CREATE TABLE t (id int PRIMARY KEY, n int, g numeric GENERATED ALWAYS AS (n * 2) STORED)",
        "CREATE VIEW v AS SELECT g FROM t",
        "INSERT INTO t VALUES (1, 1)",
        "CREATE TABLE child AS SELECT 1 AS id",
        "ALTER TABLE child ADD FOREIGN KEY (id) REFERENCES t",
        "CREATE TABLE src AS SELECT 1 AS id, 5000000000 AS n",
    )
    can = pg.rows("SELECT current_setting('server_version_num')::int >= 170000") == [(True,)]
    before = pg.rows(OID)
    _replace(move, pg)
    assert (pg.rows(OID) == before) == can
    assert pg.rows("SELECT n, g FROM t JOIN v USING (g)") == [(5000000000, 10000000000)]
    assert [column.name for column in pg.info("t").columns] == ["id", "n", "g"]


@pytest.mark.parametrize(
    ("kind", "stays"),
    [
        pytest.param("VIRTUAL", True, marks=pytest.mark.since(18)),
        pytest.param("VIRTUAL CHECK (n > 0)", False, marks=pytest.mark.since(18)),
        ("STORED CHECK (g IS NOT NULL)", False),
        ("STORED UNIQUE", False),
        pytest.param("STORED REFERENCES parent", True, marks=pytest.mark.since(17)),
    ],
)
def test_what_is_computed_stays_in_place_unless_something_holds_it(
    one_pg: Bench, move: Move, kind: str, *, stays: bool
) -> None:
    one_pg.run(
        "CREATE TABLE parent (g bigint PRIMARY KEY)",
        "INSERT INTO parent VALUES (2), (10000000000)",
        f"CREATE TABLE t (n int, g bigint GENERATED ALWAYS AS (n * 2) {kind})",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE src AS SELECT 5000000000 AS n",
    )
    before = one_pg.rows(OID)
    _replace(move, one_pg)
    assert (one_pg.rows(OID) == before) == stays
    assert one_pg.rows("TABLE t") == [(5000000000, 10000000000)]


def test_the_order_of_columns_stays(pg: Bench, move: Move) -> None:
    pg.run(*TABLE, "ALTER TABLE src ADD extra date NOT NULL DEFAULT '2020-01-02'")
    _replace(move, pg)
    columns = {column.name: column.nullable for column in pg.info("t").columns}
    assert [*columns] == ["id", "n", "made", "word", "extra"]
    assert not columns["extra"]


def test_not_null_gives_way_and_rows_may_refer_to_each_other(pg: Bench, move: Move) -> None:
    pg.run(
        *TABLE,
        "ALTER TABLE t ALTER word SET NOT NULL, ADD up int",
        "CREATE UNIQUE INDEX plain ON t (n)",
        "ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (up) REFERENCES t (n)",
        "ALTER TABLE src ALTER id SET NOT NULL, ADD up bigint DEFAULT 5000000000",
        "UPDATE src SET word = NULL",
    )
    assert "column 'word' allows NULL" in _replace(move, pg).notes
    assert pg.rows("SELECT n, up, word FROM t") == [(5000000000, 5000000000, None)]
    with pytest.raises(psycopg2.IntegrityError, match="up"), pg.other().cursor() as cursor:
        cursor.execute("UPDATE t SET up = 7")


def test_triggers_know_of_every_row_that_goes_and_comes(pg: Bench, move: Move) -> None:
    pg.run(
        *TABLE,
        "CREATE TABLE log (what text, id int)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO log VALUES (TG_OP, COALESCE(NEW.id, OLD.id)); RETURN NULL; END'",
        "CREATE TRIGGER note AFTER INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note()",
    )
    _replace(move, pg)
    assert pg.rows("TABLE log") == [("DELETE", 1), ("DELETE", 2), ("INSERT", 1)]


@pytest.mark.parametrize("action", ["NO ACTION", "CASCADE", "SET NULL"])
def test_rows_that_refer_to_it_are_left_alone(pg: Bench, move: Move, action: str) -> None:
    pg.run(
        *TABLE,
        "DROP TABLE child",
        f"CREATE TABLE child (id int REFERENCES t ON DELETE {action})",
        "INSERT INTO child VALUES (1), (NULL)",
    )
    _replace(move, pg)
    assert pg.rows("TABLE child") == [(1,), (None,)]
    with pytest.raises(psycopg2.IntegrityError), pg.other().cursor() as cursor:
        cursor.execute("INSERT INTO child VALUES (2)")


FAILING = {
    "a-row-that-others-refer-to": (
        "INSERT INTO child VALUES (2)",
        "refers to id=2 in .* which the new rows do not have",
    ),
    "a-row-that-a-check-refuses": (
        "INSERT INTO src VALUES (3, -5000000000, 'x')",
        "violates check constraint",
    ),
    "a-key-that-comes-twice": ("INSERT INTO src SELECT * FROM src", "rows 1 and 2"),
    "a-function-of-its-rows": (
        "CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT $1.id'",
        r"cannot be made anew .*DROP TABLE.*\(function public.f\(public.t\) depends on",
    ),
    "a-column-of-its-rows": (
        "CREATE TABLE holder (row t)",
        "cannot be made anew .*column .*row.* of table .*holder depends on",
    ),
    "a-view-that-does-not-fit": (
        (
            "CREATE FUNCTION i(int) RETURNS int LANGUAGE sql AS 'SELECT $1'; "
            "CREATE VIEW w AS SELECT i(n) FROM t"
        ),
        "view public.w could not be made again",
    ),
    "a-row-that-refers-to-nothing": (
        (
            "CREATE TABLE names (word text PRIMARY KEY); "
            "INSERT INTO names VALUES ('one'), ('two'); "
            "ALTER TABLE t ADD FOREIGN KEY (word) REFERENCES names"
        ),
        r"row 1 of those that came: .*\(word\)=\(new\) is not present",
    ),
    "a-parent": (
        "CREATE TABLE parent (word text); ALTER TABLE t INHERIT parent",
        "cannot be: it inherits from 'parent'",
    ),
    "an-extension": (
        "CREATE EXTENSION hstore; ALTER EXTENSION hstore ADD TABLE t",
        "cannot be: it belongs to the extension 'hstore'",
    ),
    "a-trigger-that-keeps-a-row": (
        (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN IF OLD.id = 1 THEN RETURN NULL; END IF; RETURN OLD; END'; "
            "CREATE TRIGGER no BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION no()"
        ),
        "a trigger keeps rows of 'public.t'",
    ),
    "a-trigger-that-says-no": (
        (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION ''not today''; END'; "
            "CREATE TRIGGER no AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION no()"
        ),
        "not today",
    ),
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_a_move_that_fails_leaves_everything_as_it_was(
    pg: Bench, move: Move, failing: tuple[str, str]
) -> None:
    makes, words = failing
    pg.run(*TABLE, makes, "GRANT SELECT ON t TO PUBLIC")
    state, rows = pg.rows(STATE), pg.rows("TABLE t")
    with pytest.raises((DatabaseError, BadRowError, MoverError), match=words):
        _replace(move, pg)
    assert pg.rows(STATE) == state
    assert pg.rows("TABLE t") == rows


def test_explain_says_that_a_table_could_not_be_made_anew(pg: Bench, session: Session) -> None:
    pg.run(*TABLE, FAILING["a-parent"][0])
    plan = str(session.explain(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace"))
    assert "that is refused: it inherits from 'parent'" in plan


def test_a_table_that_has_had_too_many_columns_takes_on_another(
    one_pg: Bench, session: Session, tmp_path: Path
) -> None:
    adding = ", ".join(f"ADD c{number} int" for number in range(1599))
    dropping = ", ".join(f"DROP c{number}" for number in range(1599))
    one_pg.run("CREATE TABLE t (id int PRIMARY KEY)", f"ALTER TABLE t {adding}")
    one_pg.run(f"ALTER TABLE t {dropping}", "CREATE VIEW v AS SELECT id FROM t")
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,extra\n1,x\n")
    plan = str(session.explain(str(source), f"{one_pg.url}::t", if_exists="replace"))
    assert "then made anew" in plan
    moved = session.move(str(source), f"{one_pg.url}::t", if_exists="replace")
    assert "1,600 columns were in it at some time" in moved.notes[1]
    assert one_pg.rows("SELECT v.id, extra FROM t JOIN v USING (id)") == [(1, "x")]
    assert one_pg.rows("SELECT relnatts FROM pg_class WHERE relname = 't'") == [(2,)]


def test_a_partition_key_becomes_larger_and_the_partitions_stay(pg: Bench, move: Move) -> None:
    pg.run(
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "INSERT INTO parent VALUES (1), (12)",
        "CREATE TABLE t (n int PRIMARY KEY, up int REFERENCES parent, a text NOT NULL) "
        "PARTITION BY RANGE (n)",
        "CREATE INDEX by_a ON t (a)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE t2 PARTITION OF t DEFAULT PARTITION BY LIST (n)",
        "CREATE TABLE t3 PARTITION OF t2 DEFAULT",
        "CREATE VIEW v AS SELECT n FROM t",
        "CREATE VIEW w AS SELECT v.n FROM v JOIN t1 USING (n)",
        "CREATE VIEW x AS SELECT n FROM t3",
        "GRANT SELECT ON t1 TO PUBLIC",
        "CREATE TABLE child (n int REFERENCES t, m int REFERENCES t2)",
        "INSERT INTO t VALUES (1, 1, 'old')",
        "INSERT INTO child VALUES (1, NULL)",
        "CREATE TABLE src (n bigint, up int, a text)",
        "INSERT INTO src VALUES (1, 1, 'new'), (5000000000, 12, 'far')",
    )
    kept = (
        "SELECT c.oid::regclass::text, CASE WHEN c.relname IN ('t1', 't3') THEN c.oid::int8 END, "
        "replace(pg_get_expr(relpartbound, c.oid), '''', ''), relispartition, "
        "inhparent::regclass::text, relacl::text "
        "FROM pg_class c LEFT JOIN pg_inherits ON inhrelid = c.oid "
        "WHERE relnamespace = 'public'::regnamespace AND relname <> 'src' ORDER BY 1"
    )
    keys = (
        "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), "
        "conparentid = 0 FROM pg_constraint WHERE contype <> 'n' "
        "AND conrelid <> 0 AND (conparentid = 0 OR contype = 'p') ORDER BY 1, 2"
    )
    before = pg.rows(kept), pg.rows(keys)
    moved = _replace(move, pg)
    assert "'n' is in the partition key of t, 'n' is in the partition key of t2)" in moved.notes[1]
    assert "'public.t2' was made anew" in moved.notes[2]
    assert (pg.rows(kept), pg.rows(keys)) == before
    assert pg.rows("SELECT tableoid::regclass::text, n, up, a FROM t ORDER BY n") == [
        ("t1", 1, 1, "new"),
        ("t3", 5000000000, 12, "far"),
    ]
    assert pg.rows("SELECT (SELECT count(*) FROM v), (SELECT n FROM w), (SELECT n FROM x)") == [
        (2, 1, 5000000000)
    ]


def test_what_hangs_on_partitions_is_made_again(pg: Bench, move: Move) -> None:
    pg.run(
        "CREATE TABLE t (id int, n int) PARTITION BY LIST (id)",
        "CREATE TABLE t1 PARTITION OF t DEFAULT",
        "CREATE VIEW v AS SELECT n FROM t1",
        "CREATE POLICY p ON t1 USING (n > 3)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER every BEFORE UPDATE OF n ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER one BEFORE UPDATE OF n ON t1 FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE src AS SELECT 1 AS id, 5000000000 AS n",
    )
    looks = (
        "SELECT pg_get_viewdef('v'::regclass), (SELECT count(*) FROM pg_policy), "
        "(SELECT string_agg(tgname || tgrelid::regclass, ',' ORDER BY 1) FROM pg_trigger), "
        "'t'::regclass::oid"
    )
    before = pg.rows(looks.replace("ORDER BY 1", "ORDER BY tgname, tgrelid"))
    assert _replace(move, pg).notes == ("column 'n' became bigint",)
    assert pg.rows(looks.replace("ORDER BY 1", "ORDER BY tgname, tgrelid")) == before
    assert pg.rows("TABLE v") == [(5000000000,)]


@pytest.fixture
def role(pg: Bench) -> Iterator[str]:
    name = f"role_{secrets.token_hex(4)}"
    pg.run(f"CREATE ROLE {name} LOGIN PASSWORD 'x'", f"GRANT ALL ON SCHEMA public TO {name}")
    yield name
    pg.database.engine.dispose()
    pg.run(f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


OWNED = (
    "ALTER TABLE t OWNER TO {role}",
    "ALTER TABLE v OWNER TO {role}",
    "ALTER TABLE child OWNER TO {role}",
    "GRANT SELECT ON src TO {role}",
)
# As it is from 15 on.
SCHEMA = ("REVOKE CREATE ON SCHEMA public FROM PUBLIC", "GRANT USAGE ON SCHEMA public TO PUBLIC")
OTHERS = {
    "nothing": ("SELECT 1", None),
    "a-view": ("ALTER TABLE v OWNER TO CURRENT_USER", "must be owner of view v"),
    "a-table-that-refers": ("ALTER TABLE child OWNER TO CURRENT_USER", "must be owner of table ch"),
    "the-schema": ("REVOKE ALL ON SCHEMA public FROM {role}", "permission denied for schema"),
    "a-publication": ("CREATE PUBLICATION p FOR TABLE t", "must be owner of publication p"),
}


@pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
def test_an_owner_makes_a_table_anew_when_all_that_hangs_on_it_is_the_owners(
    pg: Bench, move: Move, role: str, others: tuple[str, str | None]
) -> None:
    made, words = others
    pg.run(
        *TABLE,
        *(each.format(role=role) for each in (*OWNED, *SCHEMA, made)),
    )
    own = pg.database.engine.url.set(username=role, password="x", drivername="postgresql")
    url = own.render_as_string(hide_password=False)
    state = pg.rows(STATE)
    if words is None:
        assert move(f"{url}::src", f"{url}::t", if_exists="replace").rows == 1
        assert (
            pg.rows(
                "SELECT pg_get_userbyid(relowner)::text FROM pg_class "
                "WHERE relname IN ('t', 'v', 't_pkey')"
            )
            == [(role,)] * 3
        )
    else:
        with pytest.raises(DatabaseError, match=words):
            move(f"{url}::src", f"{url}::t", if_exists="replace")
        assert pg.rows(STATE) == state


def test_statements_that_were_prepared_go_on(pg: Bench, move: Move) -> None:
    pg.run(*TABLE)
    with pg.other().cursor() as other:
        other.execute("PREPARE q AS SELECT id, word FROM t; PREPARE w AS SELECT id FROM v")
        other.execute("EXECUTE q")
        assert len(other.fetchall()) == 2
        _replace(move, pg)
        other.execute("EXECUTE q")
        assert other.fetchall() == [(1, "new")]
        other.execute("EXECUTE w")
        assert other.fetchall() == [(1,)]


def test_readers_see_whole_versions_while_a_table_is_made_anew_again_and_again(
    pg: Bench, move: Move
) -> None:
    pg.run(
        "CREATE TABLE t (id int PRIMARY KEY, version int, word varchar(5), "
        "made text NOT NULL GENERATED ALWAYS AS (upper(word)) STORED)",
        "INSERT INTO t SELECT n, 0, 'xxxxx' FROM generate_series(1, 300) AS n",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE VIEW w AS SELECT * FROM v",
    )
    query = "SELECT count(*), min(version), max(version), min(length(made)) - min(version) FROM {}"
    readers = [Reader(pg.url, query.format(name)) for name in ("t", "v", "w")]
    for reader in readers:
        reader.start()
    for version in range(1, 16):
        size = version + 5
        rows = (
            f"SELECT n::int AS id, {version} AS version, repeat('x', {size})::varchar({size}) "
            "AS word FROM generate_series(1, 300) AS n"
        )
        moved = move(f"{pg.url}::", f"{pg.url}::t", if_exists="replace", query=rows)
        assert "made anew" in moved.notes[1]
    for reader in readers:
        reader.stopping.set()
        reader.join(30)
        assert reader.errors == []
        assert reader.times > 10
        assert len(reader.seen) > 5
        for count, least, most, size in reader.seen:
            assert (count, least, size) == (300, most, 5)
