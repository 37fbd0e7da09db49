"""What the database says of itself, and how a load becomes visible in it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from mover_postgres.database import open_postgres
from mover_postgres.plugin import mover_databases
from records_mover.db import open_engine
from records_mover.errors import DatabaseError, MoverError
from records_mover.parts import PublishRequest, Selection, TableName
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    RecordsSchema,
    StringConstraints,
)

if TYPE_CHECKING:
    from postgres.conftest import Bench
    from records_mover.parts import ExistingMode
    from support.postgres import PostgresServer

EVERY = """
CREATE TABLE every (
    a smallint, b integer, c bigint NOT NULL, d numeric, e numeric(15,2), f numeric(5), g real,
    h double precision, i boolean, j text, k varchar(30), l char(3), m date, n time, o timetz(3),
    p timestamp(3), q timestamptz, r interval, s uuid, t json, u jsonb, v bytea, w integer[],
    x text[], y inet, z mood, dom positive, g2 int GENERATED ALWAYS AS (1) STORED,
    ident int GENERATED ALWAYS AS IDENTITY, def int DEFAULT 7, mon money, bits bit varying(5)
)
"""


@pytest.fixture
def every(pg: Bench) -> Bench:
    pg.run(
        "CREATE TYPE mood AS ENUM ('ok')",
        "CREATE DOMAIN positive AS numeric(7,3) DEFAULT 1 CHECK (value > 0)",
        EVERY,
    )
    return pg


def test_a_table_is_inspected_by_name(every: Bench) -> None:
    info = every.info("every")
    assert info.name == TableName(schema="public", name="every")
    assert info.kind == "table"
    columns = {column.name: column for column in info.columns}
    assert columns["e"].type == "numeric(15,2)"
    assert columns["o"].type == "time(3) with time zone"
    assert columns["z"].type == "mood"
    assert not columns["c"].nullable
    assert columns["g2"].generated
    assert columns["ident"].filled
    assert columns["def"].filled
    assert columns["dom"].filled
    assert not columns["a"].filled
    assert "g2" not in [column.name for column in info.writable_columns]


def test_kinds_and_sizes_are_seen(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) AS q (n)",
        "CREATE VIEW v AS SELECT * FROM t",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
        "CREATE TABLE p (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "INSERT INTO p VALUES (1), (2)",
        "CREATE SEQUENCE s",
        "CREATE TABLE empty ()",
    )
    assert pg.info("t").rows is None
    pg.run("ANALYZE")
    kinds = {name: pg.info(name) for name in ("t", "v", "m", "p")}
    assert [info.kind for info in kinds.values()] == ["table", "view", "view", "table"]
    assert kinds["t"].rows == 1000
    assert (kinds["t"].bytes or 0) > 8000
    assert kinds["p"].rows == 2
    assert kinds["v"].rows is None
    assert pg.info("empty").columns == ()
    with pytest.raises(DatabaseError, match="is no table"):
        pg.database.inspect(TableName(name="s"))


def test_a_schema_read_makes_the_same_table_again(every: Bench) -> None:
    schema = every.database.schema_of(Selection(table=TableName(name="every")))
    copy = TableName(name="copy")
    every.run(*every.database.create_statements(copy, schema))
    before = {c.name: c for c in every.info("every").columns}
    for column in every.info(copy).columns:
        assert column.type == before[column.name].type, column.name
        assert column.nullable == before[column.name].nullable


def test_a_query_has_the_types_that_its_columns_have(every: Bench) -> None:
    names = list("abcdefghijklmqrstuvwx")
    query = Selection(query=f"SELECT {', '.join(names)}, e * 2 AS twice FROM every -- all")
    of_query = every.database.schema_of(query)
    of_table = every.database.schema_of(Selection(table=TableName(name="every")))
    for name in names:
        assert of_query[name].field_type == of_table[name].field_type
        if name != "c":
            assert of_query[name].constraints == of_table[name].constraints, name
    assert of_query["twice"].field_type == "decimal"


def test_the_types_of_a_new_table_hold_every_value(pg: Bench) -> None:
    schema = RecordsSchema(
        [
            Field("small", "integer", IntegerConstraints(min=0, max=9)),
            Field("unknown", "integer"),
            Field("huge", "integer", IntegerConstraints(min=0, max=10**20)),
            Field("money", "decimal", DecimalConstraints(fixed_precision=15, fixed_scale=2)),
            Field("whole", "decimal", DecimalConstraints(fixed_precision=5, fixed_scale=0)),
            Field("any", "decimal"),
            Field(
                "single", "decimal", DecimalConstraints(fp_total_bits=32, fp_significand_bits=23)
            ),
            Field("text", "string"),
            Field("short", "string", StringConstraints(max_length_chars=5)),
            Field("when", "datetimetz"),
            Field("doc", "json"),
            Field("id", "uuid"),
            Field("raw", "bytes"),
            Field("span", "interval"),
            Field(
                "list", "array", items=Field("item", "integer", IntegerConstraints(min=0, max=9))
            ),
            Field("at", "timetz"),
        ]
    )
    pg.run(*pg.database.create_statements(TableName(name="t"), schema))
    types = [column.type for column in pg.info("t").columns]
    assert types == [
        "smallint", "bigint", "numeric(21,0)", "numeric(15,2)", "numeric(5,0)", "numeric", "real",
        "text", "character varying(5)", "timestamp with time zone", "jsonb", "uuid", "bytea",
        "interval", "smallint[]", "time with time zone",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a" * 70, "é" * 40, "x" + "表" * 30, "short", "🎉" * 20])
def test_long_names_are_cut_as_the_server_cuts_them(pg: Bench, name: str) -> None:
    pg.run(f'CREATE TABLE t ("{name}" int)')
    (column,) = pg.info("t").columns
    assert pg.database.column_name(name) == column.name


def test_two_ways_to_a_server_are_the_same_place(postgres: PostgresServer, pg_url: str) -> None:
    kinds = list(mover_databases())
    name = pg_url.rsplit("/", 1)[1]
    databases = [
        open_postgres(open_engine(url, kinds=kinds)) for url in (pg_url, postgres.socket_url(name))
    ]
    first, second = (database.identity() for database in databases)
    other = open_postgres(open_engine(postgres.url("postgres"), kinds=kinds))
    assert first == second
    assert first != other.identity()
    for database in [*databases, other]:
        database.engine.dispose()


def test_a_table_that_is_absent_is_made_in_the_same_transaction(pg: Bench) -> None:
    schema = RecordsSchema([Field("a", "integer"), Field("b", "string")])
    with pytest.raises(MoverError):
        pg.load(b"a,b\nx,y\n", "fresh", schema=schema)
    assert pg.database.inspect(TableName(name="fresh")) is None
    assert pg.load(b"a,b\n1,y\n", "fresh", schema=schema).rows == 1
    assert pg.rows("SELECT * FROM fresh") == [(1, "y")]


@pytest.mark.parametrize("mode", ["delete", "truncate", "drop", "replace"])
def test_old_rows_make_place_for_new_ones(pg: Bench, mode: ExistingMode) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (42)")
    schema = pg.database.schema_of(Selection(table=TableName(name="t")))
    pg.load(b"a\n1\n2\n", "t", mode=mode, schema=schema)
    assert pg.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,)]
    left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'mover%'"
    assert pg.rows(left) == [(0,)]


def test_replace_keeps_the_table_and_all_that_hangs_on_it(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b int DEFAULT 7,"
        " g int GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO t (a) VALUES (42)",
        "CREATE VIEW v AS SELECT a FROM t",
        "COMMENT ON TABLE t IS 'mine'",
    )
    oid = pg.rows("SELECT 't'::regclass::oid")
    pg.load(b"id,a\n5,1\n", "t", ("id", "a"), mode="replace")
    assert pg.rows("SELECT 't'::regclass::oid") == oid
    assert pg.rows("SELECT * FROM t") == [(5, 1, 7, 2)]
    assert pg.rows("SELECT * FROM v") == [(1,)]
    assert pg.rows("SELECT obj_description('t'::regclass)") == [("mine",)]


def test_readers_never_see_a_replaced_table_empty(pg: Bench) -> None:
    pg.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (0)")
    other = pg.other()
    seen: set[int] = set()

    class Watched(io.RawIOBase):
        rows = iter([b"a\n1\n", b"2\n", b""])

        def read(self, size: int = -1, /) -> bytes:
            with other.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM t")
                seen.add(cursor.fetchone()[0])
            return next(self.rows)

    pg.load(Watched(), "t", mode="replace")
    assert seen == {1}
    assert pg.rows("SELECT count(*) FROM t") == [(2,)]


def test_replace_refuses_to_empty_other_tables(pg: Bench) -> None:
    pg.run(
        "CREATE TABLE t (a int PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE child (a int REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO child VALUES (1)",
    )
    with pytest.raises(DatabaseError, match="child"):
        pg.load(b"a\n2\n", "t", mode="replace")
    assert pg.rows("SELECT * FROM child") == [(1,)]


def test_upsert_updates_and_inserts_by_key(pg: Bench) -> None:
    pg.run("CREATE TABLE t (k int, l text, v text, d int DEFAULT 7)")
    pg.run("INSERT INTO t VALUES (1, 'a', 'old', 1), (2, 'a', 'old', 2)")
    pg.load(b"v,k,l\nnew,2,a\nnew,2,b\n", "t", ("v", "k", "l"), mode="upsert", key=("k", "l"))
    found = pg.rows("SELECT * FROM t ORDER BY k, l")
    assert found == [(1, "a", "old", 1), (2, "a", "new", 2), (2, "b", "new", 7)]


@pytest.mark.parametrize("rows", [b"1,a\n1,b\n", b",a\n"])
def test_upsert_refuses_keys_that_are_no_keys(pg: Bench, rows: bytes) -> None:
    pg.run("CREATE TABLE t (k int, v text)", "INSERT INTO t VALUES (1, 'old')")
    with pytest.raises(MoverError, match="key k"):
        pg.load(b"k,v\n" + rows, "t", mode="upsert", key=("k",))
    assert pg.rows("SELECT * FROM t") == [(1, "old")]


def test_an_engine_with_another_driver_is_opened_with_ours(one_pg: Bench) -> None:
    class Other:
        driver = "psycopg"
        url = one_pg.database.engine.url.set(drivername="postgresql+psycopg")

    database = open_postgres(Other())  # type: ignore[arg-type] # psycopg 3 is not here to make one
    assert database.engine.driver == "psycopg2"
    assert database.inspect(TableName(name="none")) is None
    database.engine.dispose()


def test_what_publishing_will_do_is_said(one_pg: Bench) -> None:
    one_pg.run("CREATE TABLE t (a int)")
    info = one_pg.info("t")
    said: dict[ExistingMode, str] = {"truncate": "readers wait", "replace": "stays what it is"}
    for mode, words in said.items():
        request = PublishRequest(table=info.name, mode=mode, info=info)
        assert words in one_pg.database.explain_publish(request)
    request = PublishRequest(table=info.name, mode="upsert", info=info, key=("a",))
    assert "the same a" in one_pg.database.explain_publish(request)
