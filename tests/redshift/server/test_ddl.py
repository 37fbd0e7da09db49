"""Tables, keys, views, transactions and grants of the stand-in."""

from __future__ import annotations

import socket
import struct
from decimal import Decimal
from threading import Timer
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

if TYPE_CHECKING:
    from redshift_server import RedshiftServer


def _definition(ask: Any, table: str) -> list[tuple[Any, ...]]:
    return list(
        ask(
            'select "column", type, encoding, distkey, sortkey, "notnull"'
            " from pg_table_def where tablename = %s and schemaname = %s",
            table,
            ask.schema,
        )
    )


def test_types_are_mapped_to_their_own_limits(ask: Any) -> None:
    ask(
        "create table t (a text, b varchar, c varchar(max), d char, e decimal, f bpchar,"
        " g nvarchar(7), h float(20), i varbyte, j super, k timetz, l geometry, m hllsketch,"
        " n interval day to second, o numeric(38, 37))"
    )
    assert [row[1] for row in _definition(ask, "t")] == [
        "character varying(256)", "character varying(256)", "character varying(65535)",
        "character(1)", "numeric(18,0)", "character(256)", "character varying(7)", "real",
        "varbyte(64000)", "super", "time with time zone", "geometry", "hllsketch",
        "interval day to second", "numeric(38,37)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("varchar(65536)", "22023"), ("char(4097)", "22023"), ("decimal(39,0)", "22023"),
        ("decimal(38,38)", "22023"), ("varbyte(16777217)", "22023"), ("varchar(0)", "22023"),
        ('jsonb', '0A000 Column "t.c" has unsupported type "jsonb".'),
        ("bytea", "0A000"), ("uuid", "0A000"), ("int[]", "0A000"), ("serial", "0A000"),
        ("interval", "0A000"), ("money", "0A000"), ("inet", "0A000"), ("tinyint", "42704"),
        ("timestamp(3)", "42601"), ("int check (c > 1)", "42601"), ("int4range", "0A000"),
    ],
)  # fmt: skip
def test_a_type_that_redshift_has_not_is_refused(ask: Any, kind: str, said: str) -> None:
    assert ask.error(f"create table t (c {kind})").startswith(said)


def test_lengths_are_counted_in_bytes(ask: Any) -> None:
    ask("create table t (s varchar(4), v varbyte(2))")
    ask("insert into t values ('éé', 'ab'), ('abcd  ', null)")
    assert ask.error("insert into t values ('ééx')") == (
        "22001 value too long for type character varying(4)"
    )
    assert ask.error("insert into t values (null, 'abc')").startswith("22001")
    assert ask("select len(s) from t") == [(2,), (4,)]


def test_an_insert_rounds_where_copy_cuts(ask: Any) -> None:
    ask("create table t (d decimal(8,2))")
    ask("insert into t values (20.259)")
    assert ask("select d from t") == [(Decimal("20.26"),)]


def test_quoted_identifiers_fold_too(ask: Any) -> None:
    ask('create table "MiXed" ("Col A" int, "ÄÖ" int)')
    ask('select "COL a" from mixed')
    assert [column.name for column in ask.cursor.description] == ["col a"]
    ask("set enable_case_sensitive_identifier to true")
    ask('create table "Kept" ("Col" int)')
    assert ask.error("select * from kept").startswith("42P01")
    ask('select "Col" as "As Is" from "Kept"')
    assert [column.name for column in ask.cursor.description] == ["As Is"]


def test_keys_are_known_and_not_enforced(ask: Any) -> None:
    ask("create table p (k int primary key, u int unique)")
    ask("create table c (k int references p (k), foreign key (k) references p)")
    ask("insert into p values (1, 1), (1, 1)")
    ask("insert into c values (99)")
    ask("alter table c add primary key (k)")
    ask("insert into c values (99)")
    assert ask.error("insert into p values (null, 1)").startswith("23502")
    ask("alter table c add constraint again foreign key (k) references p (k)")
    ask("insert into p values (1, 1)")
    assert ask("select count(*) from p, c where p.k = 1") == [(6,)]


def test_distribution_sort_and_encoding_are_kept(ask: Any) -> None:
    ask(
        "create table t (a int encode az64, b varchar(9) encode lzo, c bool)"
        " diststyle key distkey (b) compound sortkey (a, b)"
    )
    assert _definition(ask, "t") == [
        ("a", "integer", "az64", False, 1, False),
        ("b", "character varying(9)", "lzo", True, 2, False),
        ("c", "boolean", "none", False, 0, False),
    ]
    ask("create table copied (like t including defaults)")
    assert _definition(ask, "copied") == _definition(ask, "t")
    ask("alter table copied alter diststyle even")
    ask("alter table copied alter sortkey (c)")
    ask("alter table copied rename to renamed")
    assert [row[3:5] for row in _definition(ask, "renamed")] == [(False, 0), (False, 0), (False, 1)]
    ask("insert into t values (1)")
    (info,) = ask(
        'select diststyle, sortkey1, sortkey_num, tbl_rows from svv_table_info where "schema" = %s',
        ask.schema,
    )
    assert info == ("KEY(b)", "a", 2, Decimal(1))
    ask("create table x distkey (a) sortkey (a) as select a, b from t")
    assert [row[3:5] for row in _definition(ask, "x")] == [(True, 1), (False, 0)]
    ask("create table i (a int, b int) diststyle all interleaved sortkey (a, b)")
    assert [row[4] for row in _definition(ask, "i")] == [1, -2]


@pytest.mark.parametrize(
    "tail",
    [
        "(a int distkey, b int distkey)", "(a int) distkey (b)",
        "(a int) diststyle even distkey (a)",
        "(a int) sortkey (a) sortkey (a)", "(a super) sortkey (a)", "(a int encode best)",
        "(a int identity(1))", "(a varchar(3) identity(1,1))", "(a int) diststyle key",
        "(a int) tablespace x", "(a int) with (fillfactor=10)", "(a int) inherits (b)", "()",
        "(xmin int)", "(a int generated always as (1) stored)", "(a int) on commit drop",
    ],
)  # fmt: skip
def test_a_table_beyond_the_grammar_is_refused(ask: Any, tail: str) -> None:
    assert ask.error(f"create table t {tail}")[:5] in {"42601", "42703", "0A000", "42P16", "42701"}


def test_an_identity_column_shows_as_its_default(ask: Any) -> None:
    ask("create table t (a bigint identity(7, 3), b int generated by default as identity(1, 1))")
    found = ask(
        "select column_default from svv_columns where table_name = 't'"
        " and table_schema = %s order by ordinal_position",
        ask.schema,
    )
    assert found[0][0].startswith('"identity"(')
    assert found[0][0].endswith("'7,3'::text)")
    assert len(found) == 2


def test_truncate_commits(ask: Any, redshift: RedshiftServer) -> None:
    ask("create table t (a int)")
    ask("create table other (a int)")
    ask("insert into t values (1)")
    ask("begin")
    ask("insert into other values (1)")
    ask("truncate t")
    ask("rollback")
    assert ask("select (select count(*) from t), (select count(*) from other)") == [(0, 1)]


def test_some_statements_are_not_for_transactions(ask: Any) -> None:
    ask("create table t (a varchar(3))")
    ask("create table u (a varchar(3))")
    for sql in (
        "alter table t append from u",
        "vacuum t",
        "alter table t alter column a type varchar(9)",
        "create external table s.x (a int) stored as parquet location 's3://b/k/'",
    ):
        ask("begin")
        assert "cannot run inside a transaction block" in ask.error(sql)
        assert ask.error("select 1").startswith("25P02")
        ask("rollback")
    ask("vacuum t")
    ask("alter table t alter column a type varchar(9)")
    assert ask.error("alter table t alter column a type int").startswith("0A000")


def test_alter_table_append_moves_the_rows(ask: Any) -> None:
    ask("create table t (a int, b varchar(3))")
    ask("create table u (a int, c int)")
    ask("insert into u values (1, 2)")
    assert "IGNOREEXTRA" in ask.error("alter table t append from u")
    assert "FILLTARGET" in ask.error("alter table t append from u ignoreextra")
    ask("create table v (a int, b varchar(4))")
    assert 'column "b" differs' in ask.error("alter table t append from v")
    ask("create table w (a int)")
    ask("insert into w values (7)")
    ask("alter table t append from w filltarget")
    assert ask("select a, b, (select count(*) from w) from t") == [(7, None, 0)]


def test_merge_obeys_redshifts_restrictions(ask: Any) -> None:
    ask("create table t (id int, s varchar(9))")
    ask("create table n (id int, s varchar(9))")
    ask("insert into t values (1, 'a'), (2, 'b')")
    ask("insert into n values (2, 'B'), (3, 'C')")
    matched = "when matched then update set s = n.s"
    other = "when not matched then insert values (n.id, n.s)"
    ask(f"merge into t using n on t.id = n.id {matched} {other}")
    assert ask("select * from t order by 1") == [(1, "a"), (2, "B"), (3, "C")]
    for sql in (
        f"merge into t using n on t.id = n.id {matched}",
        f"merge into t using n on t.id = n.id {other}",
        f"merge into t x using n on x.id = n.id {matched} {other}",
        f"merge into t using (select * from n) n on t.id = n.id {matched} {other}",
        f"merge into t using n on t.id < n.id {matched} {other}",
        f"merge into t using n on t.id = n.id when matched and n.id > 1 then delete {other}",
        f"merge into t using n on t.id = n.id when matched then update set t.s = 'x' {other}",
        f"merge into t using n on t.id = n.id {other} {matched}",
        f"with n as (select 1) merge into t using n on t.id = n.id {matched} {other}",
    ):
        assert ask.error(sql)[:5] in {"42601", "0A000"}
    ask("insert into n values (2, 'again')")
    assert ask.error(f"merge into t using n on t.id = n.id {matched} {other}").endswith(
        "Found multiple matches to update the same tuple."
    )


def test_merge_can_remove_duplicates(ask: Any) -> None:
    ask("create table t (id int, s varchar(9))")
    ask("create table n (id int, s varchar(9))")
    ask("insert into t values (1, 'a'), (2, 'b'), (2, 'bb')")
    ask("insert into n values (2, 'B'), (2, 'B'), (3, 'C')")
    ask("merge into t using n on t.id = n.id remove duplicates")
    assert ask("select * from t order by 1") == [(1, "a"), (2, "B"), (3, "C")]
    ask("create table m (id int)")
    assert ask.error("merge into t using m on t.id = m.id remove duplicates").startswith("42804")


def test_a_late_binding_view_outlives_its_table(ask: Any) -> None:
    ask("create table t (a int, b varchar(3))")
    ask("insert into t values (1, 'x')")
    ask(f"create view v as select a, b from {ask.schema}.t with no schema binding")
    assert ask(f"select w.b from {ask.schema}.v w where w.a = 1") == [("x",)]
    ask("drop table t")
    assert ask.error(f"select * from {ask.schema}.v").startswith("42P01")
    ask("create table t (a int, b varchar(3))")
    assert ask(f"select v.a from {ask.schema}.v") == []
    columns = ask(
        "select c, d from pg_get_late_binding_view_cols()"
        " cols(s name, v name, c name, d varchar, n int) where s = %s",
        ask.schema,
    )
    assert columns == [("a", "integer"), ("b", "character varying(3)")]
    ask("create table kept (a int)")
    ask("create view bound as select * from kept")
    assert ask.error("drop table kept").startswith("2BP01")


def test_grants_go_to_users_and_groups(ask: Any, redshift: RedshiftServer) -> None:
    name = ask.schema
    assert ask.error(f"create user u_{name} password 'weak'").startswith("22023")
    ask(f"create group g_{name}")
    ask(f"create user u_{name} password 'Abcdefg1' in group g_{name}")
    ask("create table t (a int)")
    ask(f"grant usage on schema {name} to group g_{name}")
    other = psycopg2.connect(redshift.url, user=f"u_{name}", password="Abcdefg1")
    other.autocommit = True
    cursor = other.cursor()
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute(f"select * from {name}.t")
    ask(f"grant select on t to group g_{name}")
    cursor.execute(f"select * from {name}.t")
    ((acl,),) = ask(
        "select array_to_string(relacl, ',') from pg_class"
        " where relname = 't' and relnamespace = (select oid from pg_namespace"
        " where nspname = %s)",
        name,
    )
    assert f"group g_{name}=r/" in acl
    assert ask(
        "select identity_type, privilege_type from svv_relation_privileges"
        " where namespace_name = %s and identity_name = %s",
        name,
        f"g_{name}",
    ) == [("group", "SELECT")]
    assert ask("select has_table_privilege(%s, 't', 'select')", f"u_{name}") == [(True,)]
    cursor.execute("select count(*) from stl_load_errors")
    assert cursor.fetchone() == (0,)  # an ordinary user sees no one else's
    other.close()
    ask(f"revoke all on t from group g_{name}")
    ask(f"revoke usage on schema {name} from group g_{name}")
    ask(f"drop user u_{name}")
    ask(f"drop group g_{name}")


def test_super_takes_a_plain_text_as_a_string(ask: Any) -> None:
    ask("create table t (s super)")
    ask("""insert into t values ('{"a":1}'), (json_parse('{"a": 1}')), (json_parse('"x"'))""")
    assert ask("select s, s::varchar, json_serialize(s) from t") == [
        ('"{\\"a\\":1}"', '{"a":1}', '"{\\"a\\":1}"'), ('{"a":1}', None, '{"a":1}'),
        ('"x"', "x", '"x"'),
    ]  # fmt: skip
    assert ask.error("select json_parse('{')").startswith("22P02")
    ask("insert into t select 'v'::varchar")
    assert ask("select count(*) from t where json_serialize(s) = '\"v\"'") == [(1,)]


def test_a_swap_of_names_is_one_transaction(ask: Any) -> None:
    ask("create table t (a int)")
    ask("begin")
    ask("create table s (like t)")
    ask("insert into s values (1)")
    ask("alter table t rename to old")
    ask("alter table s rename to t")
    ask("rollback")
    assert ask("select count(*) from t") == [(0,)]


@pytest.mark.parametrize(
    "sql",
    [
        "savepoint x", "release savepoint x", "rollback to savepoint x", "create index i on t (a)",
        "create unique index i on t (a)", "create domain d as int", "create sequence s",
        "create type e as enum ('a')", "create extension hstore", "create unlogged table u (a int)",
        "create trigger r after insert on t execute function f()", "listen x", "notify x",
        "create rule r as on insert to t do nothing", "do 'begin end'", "reindex table t",
        "cluster t", "insert into t values (1) returning a", "select pg_advisory_lock(1)",
        "insert into t values (1) on conflict do nothing", "select string_agg('a', ',')",
        "select '1'::jsonb", "select '{1}'::bytea", "select gen_random_uuid()", "values (1)",
        "copy t to stdout", "copy t from stdin", "copy (select 1) to stdout", ("create tablespace x"
        " location '/tmp'"), "alter table t set schema public", ("alter table t alter column a set"
        " not null"), "alter table t add column b int, add column c int", "discard all",
        "alter table t add column b int not null", "select count(*) filter (where true) from t",
        "select * from t, lateral (select 1) x", "update t set a = 1 returning a",
        "declare c cursor with hold for select 1; fetch 1 from c; select to_json(1)",
        "create materialised view m as select 1", "drop index i", "alter index i rename to j",
    ],
)  # fmt: skip
def test_what_redshift_has_not_is_refused(ask: Any, sql: str) -> None:
    ask("create table t (a int)")
    assert ask.error(sql)[:5] in {"0A000", "42601", "42883", "42704", "42P16"}


def test_cursors_and_temporary_tables_work(ask: Any) -> None:
    ask("create table #scratch (a int)")
    ask("insert into #scratch values (1), (2)")
    ask("begin")
    ask("declare c cursor for select a from #scratch order by a")
    assert ask("fetch forward 1 from c") == [(1,)]
    ask("close c")
    ask("commit")
    ask("create temp table x as select 1 a; drop table x")
    assert ask("select listagg(a::varchar, '-') from #scratch") == [("1-2",)]


def test_names_may_have_127_bytes(ask: Any, objects: Any) -> None:
    table, column = "t" * 100, "c" + "é" * 63
    ask(f'create table {table} ("{column}" int, {column[:40]} varchar(3))')
    ask(f"insert into {table} values (1, null)")
    ask(f'select "{column}", {table}."{column[:40]}" from {table}')
    assert [one.name for one in ask.cursor.description] == [column, column[:40]]
    assert ask('select "column" from pg_table_def where tablename = %s', table)[0] == (column,)
    url = objects.put("one", "2|x")
    ask(f"copy {table} (\"{column}\", {column[:40]}) from '{url}' iam_role default")
    assert ask(f"select count(*) from {table}") == [(2,)]
    ask(f"create table {'x' * 140} (a int)")
    assert ask(f"select count(*) from {'x' * 127}") == [(0,)]
    assert ask.error(f"drop table {'y' * 120}").endswith(f'table "{"y" * 120}" does not exist')


def test_a_statement_has_sixteen_megabytes_at_most(ask: Any) -> None:
    assert ask.error(f"select '{'x' * (16 << 20)}'").startswith("54000 Statement is too large.")


def test_a_running_query_can_be_cancelled(ask: Any, redshift: RedshiftServer) -> None:
    """By a CancelRequest of our own: psycopg2's keeps this process from answering it."""
    pid = ask.connection.info.backend_pid.to_bytes(4, "big")
    (key,) = [key for key in redshift._sessions if key[:4] == pid]

    def cancel() -> None:
        with socket.create_connection((redshift.config.host, redshift.port)) as sock:
            sock.sendall(struct.pack("!ii", 16, 80877102) + key)
            assert sock.recv(1) == b""

    timer = Timer(0.3, cancel)
    timer.start()
    assert ask.error("select pg_sleep(20)").startswith("57014")
    timer.join()
