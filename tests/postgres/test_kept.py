"""What users lose when a tool drops their table and makes a new one; here it stays."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres.publish import reasons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres.conftest import Bench, Move
    from support.postgres import PostgresServer


TABLE = (
    "CREATE TABLE t (id int PRIMARY KEY, n int DEFAULT 7, gone text, word varchar(5))",
    "INSERT INTO t VALUES (1, 1, 'x', 'a'), (2, 2, 'y', 'b')",
)
SAME_SHAPE = (
    "CREATE TABLE src (id int, n int, gone text, word varchar(5))",
    "INSERT INTO src VALUES (5, 50, NULL, 'five'), (6, 60, 'z', 'six')",
)
OTHER_SHAPE = (
    "CREATE TABLE src (word text, n bigint, id int, extra date)",
    "INSERT INTO src VALUES ('longer than five', 5000000000, 5, '2020-01-02'), ('b', 6, 6, NULL)",
)
# No server can change the type of what a column that may not be empty is computed from.
ANEW = (
    "ALTER TABLE t ADD made numeric NOT NULL GENERATED ALWAYS AS (COALESCE(n, 0) + 1) STORED",
    *OTHER_SHAPE,
)


@dataclass(frozen=True)
class Thing:
    """Something that hangs on the table ``t``, and the query that tells it is the same."""

    makes: tuple[str, ...]
    looks: str
    since: int = 13


def _rel(name: str, what: str) -> str:
    return f"SELECT {what} FROM pg_class c WHERE oid = '{name}'::regclass"


ACL = "SELECT pg_get_userbyid(grantor), CASE grantee WHEN 0 THEN 'PUBLIC' ELSE \
pg_get_userbyid(grantee)::text END, privilege_type, is_grantable FROM {}, aclexplode({}) \
WHERE {} ORDER BY 1, 2, 3, 4"
VIEW = "CREATE VIEW v AS SELECT id, n * 2 AS twice, word FROM t WHERE n IS NOT NULL"
MATVIEW = "CREATE MATERIALIZED VIEW m AS SELECT n, count(*) AS c FROM t GROUP BY n"
VIEWS = "SELECT c.oid::regclass::text, pg_get_viewdef(c.oid) FROM pg_class c \
WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace ORDER BY 1"

KEPT = {
    "the table's own OID": Thing((), "SELECT 't'::regclass::oid"),
    "the owner": Thing(("ALTER TABLE t OWNER TO {role}",), _rel("t", "pg_get_userbyid(relowner)")),
    "grants on the table": Thing(
        ("GRANT SELECT, INSERT ON t TO {role} WITH GRANT OPTION", "GRANT SELECT ON t TO PUBLIC"),
        ACL.format("pg_class", "relacl", "oid = 't'::regclass"),
    ),
    "grants on columns": Thing(
        ("GRANT SELECT (n), UPDATE (word) ON t TO {role}",),
        ACL.format("pg_attribute", "attacl", "attrelid = 't'::regclass"),
    ),
    "that it has no rights that are given by default": Thing(
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",),
        ACL.format(
            "pg_class", "COALESCE(relacl, acldefault('r', relowner))", "oid = 't'::regclass"
        ),
    ),
    "a view on it": Thing((VIEW,), VIEWS),
    "views on views on it": Thing(
        (
            VIEW,
            "CREATE VIEW w AS SELECT twice FROM v UNION ALL SELECT n FROM t",
            'CREATE VIEW "Third one" (renamed) AS SELECT v.word || w.twice FROM v, w',
        ),
        VIEWS,
    ),
    "a materialized view and its indexes": Thing(
        (
            MATVIEW,
            "CREATE UNIQUE INDEX m_n ON m (n) WITH (fillfactor = 70)",
            "CREATE INDEX m_c ON m (c) WHERE c > 1",
            "COMMENT ON INDEX m_n IS 'unique'",
            "ALTER MATERIALIZED VIEW m CLUSTER ON m_n",
            "ALTER MATERIALIZED VIEW m ALTER COLUMN c SET STATISTICS 77",
            "CREATE VIEW on_m AS SELECT c FROM m",
        ),
        "SELECT pg_get_viewdef('m'), pg_get_indexdef(indexrelid), indisclustered, "
        "obj_description(indexrelid), relispopulated, pg_get_viewdef('on_m'), (SELECT "
        "attstattarget FROM pg_attribute WHERE attrelid = 'm'::regclass AND attname = 'c') "
        "FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE indrelid = 'm'::regclass "
        "ORDER BY 2",
    ),
    "a materialized view that was never filled": Thing(
        (f"{MATVIEW} WITH NO DATA",), _rel("m", "relispopulated, pg_get_viewdef(oid)")
    ),
    "the owner of a view": Thing(
        (VIEW, "GRANT CREATE ON SCHEMA public TO {role}", "ALTER VIEW v OWNER TO {role}"),
        _rel("v", "pg_get_userbyid(relowner)"),
    ),
    "grants on a view": Thing(
        (
            VIEW,
            "GRANT SELECT ON v TO {role} WITH GRANT OPTION",
            "SET ROLE {role}; GRANT SELECT ON v TO PUBLIC; RESET ROLE",
            "GRANT UPDATE (word) ON v TO {role}",
        ),
        ACL.format("pg_class", "relacl", "oid = 'v'::regclass") + "",
    ),
    "rights on columns of a view": Thing(
        (VIEW, "GRANT UPDATE (word) ON v TO {role}"),
        ACL.format("pg_attribute", "attacl", "attrelid = 'v'::regclass"),
    ),
    "a view that its owner may not write to": Thing(
        (VIEW, "REVOKE INSERT, UPDATE, DELETE ON v FROM CURRENT_USER"),
        ACL.format("pg_class", "relacl", "oid = 'v'::regclass"),
    ),
    "a view without rights that are given by default": Thing(
        (VIEW, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC"),
        ACL.format(
            "pg_class", "COALESCE(relacl, acldefault('r', relowner))", "oid = 'v'::regclass"
        ),
    ),
    "comments on a view and its columns": Thing(
        (VIEW, "COMMENT ON VIEW v IS 'it''s \\ mine'", "COMMENT ON COLUMN v.twice IS 'double'"),
        "SELECT objsubid, description FROM pg_description WHERE objoid = 'v'::regclass ORDER BY 1",
    ),
    "a view's security barrier and check option": Thing(
        (
            (
                "CREATE VIEW v WITH (security_barrier) "
                "AS SELECT id, n, word FROM t WHERE n > 0 WITH CASCADED CHECK OPTION"
            ),
            "ALTER VIEW v ALTER COLUMN word SET DEFAULT 'seen'",
        ),
        "SELECT reloptions, (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef "
        "WHERE adrelid = c.oid) FROM pg_class c WHERE oid = 'v'::regclass",
    ),
    "whose rights a view looks with": Thing(
        ("CREATE VIEW v WITH (security_invoker = true) AS SELECT id, n FROM t",),
        _rel("v", "reloptions"),
        since=15,
    ),
    "rules and triggers of a view": Thing(
        (
            VIEW,
            "CREATE RULE quiet AS ON DELETE TO v DO INSTEAD NOTHING",
            "COMMENT ON RULE quiet ON v IS 'hush'",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER instead INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()",
            "COMMENT ON TRIGGER instead ON v IS 'there'",
        ),
        "SELECT pg_get_ruledef(r.oid), obj_description(r.oid, 'pg_rewrite'), "
        "pg_get_triggerdef(g.oid), obj_description(g.oid, 'pg_trigger') "
        "FROM pg_rewrite r, pg_trigger g WHERE rulename = 'quiet' AND tgname = 'instead'",
    ),
    "indexes": Thing(
        (
            "CREATE INDEX by_n ON t (n DESC NULLS LAST, lower(word)) WITH (fillfactor = 60)",
            "CREATE INDEX part ON t USING hash (word) WHERE n > 3",
            "CREATE INDEX expr ON t ((n + 1))",
            "ALTER INDEX expr ALTER COLUMN 1 SET STATISTICS 55",
        ),
        "SELECT pg_get_indexdef(indexrelid), (SELECT string_agg(attstattarget::text, ',') "
        "FROM pg_attribute a WHERE a.attrelid = indexrelid) "
        "FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1",
    ),
    "a primary key that was never called t_pkey": Thing(
        ("ALTER TABLE t RENAME CONSTRAINT t_pkey TO mine",),
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = 't'::regclass AND contype = 'p'",
    ),
    "constraints": Thing(
        (
            "ALTER TABLE t ADD CONSTRAINT u UNIQUE (n, word) DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE t ADD CONSTRAINT k CHECK (n > 0) NOT VALID",
            "ALTER TABLE t ALTER COLUMN word SET NOT NULL",
            "ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING btree (n WITH =)",
        ),
        "SELECT conname, pg_get_constraintdef(oid), attnotnull FROM pg_constraint, pg_attribute "
        "WHERE conrelid = 't'::regclass AND attrelid = conrelid AND attname = 'word' "
        "AND contype <> 'n' ORDER BY 1",
    ),
    "foreign keys of its own": Thing(
        (
            "CREATE TABLE parent (n bigint PRIMARY KEY)",
            "INSERT INTO parent SELECT generate_series(1, 100) UNION SELECT 5000000000",
            (
                "ALTER TABLE t ADD CONSTRAINT up FOREIGN KEY (n) REFERENCES parent "
                "ON DELETE CASCADE DEFERRABLE"
            ),
            "COMMENT ON CONSTRAINT up ON t IS 'upwards'",
        ),
        "SELECT conname, pg_get_constraintdef(oid), obj_description(oid) FROM pg_constraint "
        "WHERE conrelid = 't'::regclass AND contype = 'f'",
    ),
    "foreign keys of others": Thing(
        (
            "ALTER TABLE t ADD CONSTRAINT u UNIQUE (n)",
            "CREATE TABLE child (id int REFERENCES t ON DELETE CASCADE, n int REFERENCES t (n))",
        ),
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE confrelid = 't'::regclass ORDER BY 1",
    ),
    "comments": Thing(
        (
            "COMMENT ON TABLE t IS 'mine'",
            "COMMENT ON COLUMN t.n IS 'number'",
            "CREATE INDEX by_n ON t (n)",
            "COMMENT ON INDEX by_n IS 'quick'",
            "ALTER TABLE t ADD CONSTRAINT k CHECK (n > 0)",
            "COMMENT ON CONSTRAINT k ON t IS 'positive'",
        ),
        "SELECT description FROM pg_description WHERE description IN "
        "('mine', 'number', 'quick', 'positive') ORDER BY 1",
    ),
    "row security and its policies": Thing(
        (
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE t FORCE ROW LEVEL SECURITY",
            (
                "CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE TO {role}, PUBLIC "
                "USING (n > 3) WITH CHECK (word <> 'x')"
            ),
            "CREATE POLICY every ON t",
            "COMMENT ON POLICY own ON t IS 'mine'",
        ),
        "SELECT relrowsecurity, relforcerowsecurity, tablename, policyname, permissive, roles, cmd,"
        " qual, with_check, obj_description(p.oid, 'pg_policy') FROM pg_policies "
        "JOIN pg_policy p ON polname = policyname, pg_class WHERE pg_class.oid = 't'::regclass "
        "ORDER BY 4",
    ),
    "triggers": Thing(
        (
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            (
                "CREATE TRIGGER a BEFORE UPDATE OF n ON t FOR EACH ROW WHEN (OLD.n > 5) "
                "EXECUTE FUNCTION f()"
            ),
            (
                "CREATE TRIGGER b AFTER INSERT ON t REFERENCING NEW TABLE AS fresh "
                "FOR EACH STATEMENT EXECUTE FUNCTION f()"
            ),
            "ALTER TABLE t DISABLE TRIGGER a",
            "ALTER TABLE t ENABLE ALWAYS TRIGGER b",
            "COMMENT ON TRIGGER a ON t IS 'off'",
        ),
        "SELECT pg_get_triggerdef(oid), tgenabled, obj_description(oid) FROM pg_trigger "
        "WHERE tgrelid = 't'::regclass AND NOT tgisinternal ORDER BY 1",
    ),
    "rules": Thing(
        (
            "CREATE TABLE log (n int)",
            "CREATE RULE r AS ON UPDATE TO log DO ALSO DELETE FROM t WHERE n = 99",
            "ALTER TABLE log DISABLE RULE r",
            "COMMENT ON RULE r ON log IS 'odd'",
        ),
        "SELECT pg_get_ruledef(oid), ev_enabled, obj_description(oid) FROM pg_rewrite "
        "WHERE rulename = 'r'",
    ),
    "publications": Thing(
        (
            "CREATE PUBLICATION p FOR TABLE t WITH (publish = insert)",
            "CREATE PUBLICATION q FOR TABLE t",
        ),
        "SELECT pubname, tablename, pubinsert, pubupdate FROM pg_publication_tables "
        "JOIN pg_publication USING (pubname) ORDER BY 1, 2",
    ),
    "publications of columns and rows": Thing(
        (
            "CREATE PUBLICATION p FOR TABLE t (id, n) WHERE (n > 3) WITH (publish = insert)",
            "CREATE PUBLICATION q FOR TABLE t",
        ),
        "SELECT pubname, attnames::text, rowfilter FROM pg_publication_tables WHERE pubname = 'p' "
        "UNION SELECT pubname, NULL, NULL FROM pg_publication_tables WHERE tablename = 't' "
        "ORDER BY 1, 2",
        since=15,
    ),
    "statistics objects": Thing(
        (
            "CREATE STATISTICS s (dependencies, mcv) ON n, word FROM t",
            "COMMENT ON STATISTICS s IS 'both'",
            "ALTER STATISTICS s SET STATISTICS 88",
        ),
        "SELECT pg_get_statisticsobjdef(oid), obj_description(oid), stxstattarget "
        "FROM pg_statistic_ext",
    ),
    "storage parameters": Thing(
        ("ALTER TABLE t SET (fillfactor = 50, autovacuum_enabled = false)",),
        _rel("t", "reloptions"),
    ),
    "how columns are stored and sampled": Thing(
        (
            "ALTER TABLE t ALTER COLUMN word SET STORAGE EXTERNAL",
            "ALTER TABLE t ALTER COLUMN n SET STATISTICS 123",
            "ALTER TABLE t ALTER COLUMN n SET (n_distinct = 7)",
        ),
        "SELECT attstorage, attstattarget, attoptions FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attname IN ('n', 'word') ORDER BY attname",
    ),
    "how columns are compressed": Thing(
        ("ALTER TABLE t ALTER COLUMN word SET COMPRESSION pglz",),
        "SELECT attcompression FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attname = 'word'",
        since=14,
    ),
    "column defaults": Thing(
        ("ALTER TABLE t ALTER COLUMN word SET DEFAULT 'w'",),
        "SELECT attname, pg_get_expr(adbin, adrelid)::varchar(3) FROM pg_attrdef "
        "JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum "
        "WHERE adrelid = 't'::regclass ORDER BY 1",
    ),
    "an identity column and where its sequence is": Thing(
        (
            (
                "ALTER TABLE t ADD COLUMN own int GENERATED ALWAYS AS IDENTITY "
                "(START WITH 40 INCREMENT BY 2 CACHE 3)"
            ),
            "GRANT USAGE, SELECT ON SEQUENCE t_own_seq TO {role}",
            "COMMENT ON SEQUENCE t_own_seq IS 'counts'",
        ),
        "SELECT attidentity, seqstart, seqincrement, seqcache, seqmin, seqmax, "
        "pg_get_serial_sequence('t', 'own'), has_sequence_privilege('{role}', 't_own_seq', 'USAGE')"
        ", obj_description('t_own_seq'::regclass) FROM pg_attribute, pg_sequence "
        "WHERE attrelid = 't'::regclass AND attname = 'own'",
    ),
    "the OID of the sequence of an identity column": Thing(
        ("ALTER TABLE t ADD COLUMN own int GENERATED ALWAYS AS IDENTITY",),
        "SELECT pg_get_serial_sequence('t', 'own')::regclass::oid",
    ),
    "a sequence that a column owns": Thing(
        ("CREATE SEQUENCE s OWNED BY t.n", "ALTER TABLE t ALTER COLUMN n SET DEFAULT nextval('s')"),
        "SELECT pg_get_serial_sequence('t', 'n'), 's'::regclass::oid",
    ),
    "the replica identity": Thing(
        (
            "ALTER TABLE t ALTER COLUMN n SET NOT NULL",
            "CREATE UNIQUE INDEX ri ON t (n)",
            "ALTER TABLE t REPLICA IDENTITY USING INDEX ri",
            "ALTER TABLE t CLUSTER ON ri",
        ),
        "SELECT relreplident, indisreplident, indisclustered FROM pg_class, pg_index "
        "WHERE pg_class.oid = 't'::regclass AND indexrelid = 'ri'::regclass",
    ),
    "that it is not logged": Thing(("ALTER TABLE t SET UNLOGGED",), _rel("t", "relpersistence")),
    "a function that reads it": Thing(
        (
            (
                "CREATE FUNCTION total() RETURNS numeric LANGUAGE sql STABLE "
                "AS 'SELECT sum(id) FROM t WHERE false'"
            ),
        ),
        "SELECT total(), pg_get_functiondef('total'::regproc)",
    ),
    "a function of SQL that was parsed": Thing(
        (
            (
                "CREATE FUNCTION highest(below numeric DEFAULT 7) RETURNS numeric STABLE "
                "BEGIN ATOMIC SELECT max(n) FROM t WHERE n < below; END"
            ),
            "CREATE VIEW on_f AS SELECT highest() AS h, n FROM t",
            (
                "CREATE PROCEDURE empty() BEGIN ATOMIC "
                "DELETE FROM t WHERE n = 77; SELECT max(h) FROM on_f; END"
            ),
            "REVOKE ALL ON FUNCTION highest FROM PUBLIC",
            "COMMENT ON FUNCTION highest IS 'high'",
        ),
        "SELECT oid, pg_get_functiondef(oid), proacl::text, obj_description(oid, 'pg_proc') "
        "FROM pg_proc WHERE proname IN ('highest', 'empty') ORDER BY proname",
        since=14,
    ),
    "a policy of another table that asks a view": Thing(
        (
            VIEW,
            "CREATE TABLE other (word text)",
            "CREATE POLICY asks ON other USING (EXISTS (SELECT FROM v WHERE v.word = other.word))",
        ),
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy",
    ),
    "a constraint trigger of another table": Thing(
        (
            "CREATE TABLE other (word text)",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            (
                "CREATE CONSTRAINT TRIGGER c AFTER INSERT ON other FROM t "
                "DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()"
            ),
        ),
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    ),
    "rules of its own that are off": Thing(
        ("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", "ALTER TABLE t DISABLE RULE r"),
        "SELECT pg_get_ruledef(oid), ev_enabled FROM pg_rewrite WHERE rulename = 'r'",
    ),
    "how its key and its long values are kept": Thing(
        (
            "ALTER INDEX t_pkey SET (fillfactor = 66)",
            "ALTER TABLE t SET (toast.autovacuum_enabled = false)",
            "ALTER TABLE t REPLICA IDENTITY FULL",
        ),
        "SELECT t.reloptions, i.reloptions, c.relreplident FROM pg_class c "
        "JOIN pg_class t ON t.oid = c.reltoastrelid, pg_class i "
        "WHERE c.oid = 't'::regclass AND i.oid = 't_pkey'::regclass",
    ),
    "collations": Thing(
        ('ALTER TABLE t ALTER word TYPE varchar(5) COLLATE "C"',),
        "SELECT attcollation::regcollation::text FROM pg_attribute "
        "WHERE attrelid = 't'::regclass AND attname = 'word'",
    ),
    "columns that are computed from one that changes": Thing(
        (
            "ALTER TABLE t ADD COLUMN g numeric GENERATED ALWAYS AS (n * 2) STORED",
            "CREATE INDEX by_g ON t (g)",
            "CREATE VIEW on_g AS SELECT g FROM t",
        ),
        "SELECT pg_get_expr(adbin, adrelid), pg_get_indexdef('by_g'::regclass), "
        "pg_get_viewdef('on_g'::regclass) FROM pg_attrdef JOIN pg_attribute "
        "ON attrelid = adrelid AND attnum = adnum WHERE attname = 'g'",
    ),
    "its generated columns": Thing(
        ("ALTER TABLE t ADD COLUMN g int GENERATED ALWAYS AS (id * 2) STORED",),
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute "
        "ON attrelid = adrelid AND attnum = adnum WHERE attname = 'g'",
    ),
}


@pytest.fixture
def role(pg: Bench) -> Iterator[str]:
    name = f"role_{secrets.token_hex(4)}"
    pg.run(f"CREATE ROLE {name}")
    yield name
    pg.run(f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


def _plain(rows: list[tuple[Any, ...]]) -> str:
    """Leave out the casts that a column of another type has, or has no more."""
    return str(rows).replace("::text", "").replace("(", "").replace(")", "")


OF_THE_OBJECT = {"the table's own OID", "the OID of the sequence of an identity column"}
SHAPES = {"same": SAME_SHAPE, "altered": OTHER_SHAPE, "anew": ANEW}
CASES = [
    pytest.param(
        thing, shape, id=f"{name.replace(' ', '-')}-{kind}", marks=pytest.mark.since(thing.since)
    )
    for name, thing in KEPT.items()
    for kind, shape in SHAPES.items()
    if shape is not ANEW or name not in OF_THE_OBJECT
]


@pytest.mark.parametrize(("thing", "shape"), CASES)
def test_replace_keeps(
    pg: Bench, move: Move, role: str, thing: Thing, shape: tuple[str, ...]
) -> None:
    pg.run(*TABLE, *(make.replace("{role}", role) for make in thing.makes), *shape)
    looks, of_the_table = thing.looks.replace("{role}", role), "SELECT 't'::regclass::oid"
    before, was = pg.rows(looks), pg.rows(of_the_table)
    assert before
    moved = move(f"{pg.url}::src", f"{pg.url}::t", if_exists="replace")
    assert moved.rows == 2
    assert _plain(pg.rows(looks)) == _plain(before)
    wanted = "SELECT id, n, word FROM {} ORDER BY id"
    assert pg.rows(wanted.format("t")) == pg.rows(wanted.format("src"))
    names = {column.name for column in pg.info("t").columns}
    assert ("extra" in names, "gone" in names) == (shape is not SAME_SHAPE, shape is SAME_SHAPE)
    if shape is ANEW:
        assert pg.rows(of_the_table) != was
        assert any("made anew" in note for note in moved.notes)


def _dumped(server: PostgresServer, database: str) -> Counter[str]:
    """Return the lines by which PostgreSQL's own tool would make all schemas again."""
    command = [str(server.client_path("pg_dump")), "--schema-only", "-d", database]
    ran = subprocess.run(command, env=server.client_env, capture_output=True, text=True, check=True)
    lines = (line.strip().removesuffix(",") for line in ran.stdout.splitlines())
    return Counter(line for line in lines if line and not line.startswith(("--", "\\")))


def test_a_dump_of_tables_that_were_made_anew_differs_by_what_was_added(
    each_postgres: PostgresServer,
    pg: Bench,
    move: Move,
    role: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reasons, "MOST_COLUMNS", 4)
    known = [thing for thing in KEPT.values() if thing.since <= pg.version]
    schemas = [f"s{number}" for number in range(len(known))]
    for schema, thing in zip(schemas, known, strict=True):
        made = "; ".join((*TABLE, *thing.makes)).replace("{role}", role)
        own_names = re.sub(r"\b([pq]) FOR TABLE", rf"\1_{schema} FOR TABLE", made)
        rights = f"GRANT ALL ON SCHEMA {schema} TO {role}"
        pg.run(
            f"CREATE SCHEMA {schema}; {rights}; SET search_path = {schema}; {own_names}; RESET ALL"
        )
    pg.run("CREATE TABLE src AS SELECT 1 AS id, 7 AS n, NULL AS gone, 'a' AS word, true AS extra")
    name = str(pg.database.engine.url.database)
    before = _dumped(each_postgres, name)
    for schema in schemas:
        moved = move(f"{pg.url}::src", f"{pg.url}::{schema}.t", if_exists="replace")
        assert any("made anew" in note for note in moved.notes), schema
    after = _dumped(each_postgres, name)
    assert after - before == {"extra boolean": len(schemas)}
    assert before - after == {}
