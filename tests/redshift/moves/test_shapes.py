"""Rows of another shape take the place of a table's own, or nothing is touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from records_mover.errors import ColumnMismatchError, DatabaseError, MoverError
from support.halting import kill_before

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD_ROWS = [(1, "old", 7), (2, "two", 8)]
SCHEMA = """{"schema": "bltypes/v1", "fields": {
    "id": {"type": "integer", "index": 1, "constraints": {"required": true, "min": 0, "max": 9}},
    "name": {"type": "string", "index": 2, "constraints": {"max_length_bytes": 30}},
    "extra": {"type": "date", "index": 3, "constraints": {"required": %s}}}}"""


@pytest.fixture
def schema(tmp_path: Path) -> Callable[[str], Path]:
    def write(required: str) -> Path:
        path = tmp_path / "schema.json"
        path.write_text(SCHEMA % required)
        return path

    return write


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask(
        "create table t (id integer encode az64 not null, name varchar(10) encode zstd default 'x',"
        " gone integer) diststyle key distkey (id) compound sortkey (id, name)"
    )
    warehouse.ask("insert into t values (1, 'old', 7), (2, 'two', 8)")
    return warehouse


def facts(warehouse: Any, table: str = "t") -> Any:
    return warehouse.ask(
        'select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def'
        f" where schemaname = '{warehouse.ask.schema}' and tablename = '{table}'"
    )


def columns(warehouse: Any, table: str = "t") -> list[tuple[str, str]]:
    return [row[:2] for row in facts(warehouse, table)]


def tables(warehouse: Any) -> list[str]:
    found = warehouse.ask(
        f"select tablename from pg_tables where schemaname = '{warehouse.ask.schema}' order by 1"
    )
    return [row[0] for row in found]


def test_columns_come_and_go_and_what_hangs_on_the_others_stays(
    session: Any, table: Any, csv: Any
) -> None:
    ask, group = table.ask, f"g_{table.ask.schema}"
    ask("comment on table t is 'ours'")
    ask("comment on column t.name is 'a name'")
    ask("comment on column t.gone is 'no more'")
    ask(f"create group {group}")
    ask(f"grant select, insert on t to group {group}")
    ask(f"create view late as select id, name from {ask.schema}.t with no schema binding")
    before = facts(table)
    source = csv("id,name,extra\n1,new,2020-01-02\n3,three,\n")
    plan = str(session.explain(source, table.url("t"), if_exists="replace"))
    result = session.move(source, table.url("t"), if_exists="replace", verify=True)
    try:
        assert "adding 'extra' (date); dropping 'gone', which the rows do not bring" in plan
        assert result.notes == ("column 'extra' (date) was added", "column 'gone' was dropped")
        assert facts(table) == [*before[:2], ("extra", "date", "az64", False, 0, False)]
        assert [(row[0], row[1], str(row[2])) for row in table.rows()] == [
            (1, "new", "2020-01-02"),
            (3, "three", "None"),
        ]
        assert ask(f"select * from {ask.schema}.late order by 1") == [(1, "new"), (3, "three")]
        granted = ask(
            "select privilege_type from svv_relation_privileges where relation_name = 't'"
            f" and identity_name = '{group}' and namespace_name = '{ask.schema}' order by 1"
        )
        assert granted == [("INSERT",), ("SELECT",)]
        assert comments(table) == [(None, "ours"), ("name", "a name")]
        assert tables(table) == ["t"]
    finally:
        ask("drop table t cascade")
        ask(f"drop group {group}")


def comments(warehouse: Any) -> Any:
    return warehouse.ask(
        "select a.attname, d.description from pg_description d join pg_class c on c.oid = d.objoid"
        " join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a"
        " on a.attrelid = c.oid and a.attnum = d.objsubid"
        f" where n.nspname = '{warehouse.ask.schema}' and c.relname = 't' order by d.objsubid"
    )


def test_a_comment_stays_with_its_column_when_one_before_it_was_dropped(
    session: Any, warehouse: Any, csv: Any
) -> None:
    warehouse.ask("create table t (a integer, b integer, c integer)")
    warehouse.ask("alter table t drop column a")
    warehouse.ask("comment on column t.b is 'of b'")
    session.move(csv("b,c\n1,2\n"), warehouse.url("t"), if_exists="truncate")
    assert comments(warehouse) == [("b", "of b")]


def test_a_type_gives_way_where_a_value_needs_it_and_only_there(
    session: Any, warehouse: Any, tmp_path: Path
) -> None:
    warehouse.ask(
        "create table t (id integer encode mostly8 not null, v varchar(5) encode text255,"
        " n decimal(6,2) encode bytedict, d date encode delta, r real, f decimal(4,1))"
        " distkey (id) sortkey (d)"
    )
    warehouse.ask(
        "create table src (id bigint not null, v varchar(9), n decimal(9,4), d timestamp,"
        " r double precision, f double precision)"
    )
    warehouse.ask("insert into src values (1, 'five5', 123.45, '2020-01-02', 0.5, 1.5)")
    before = facts(warehouse)
    move = (warehouse.url("src"), warehouse.url("t"))
    plan = str(session.explain(*move, if_exists="replace"))
    assert session.move(*move, if_exists="replace", verify=True).notes == ()
    assert facts(warehouse) == before
    for words in ("'id' bigint", "'v' varchar(9)", "'n' decimal(9,4)", "'d' timestamp"):
        assert f"making {words} if a value needs it" in plan
    warehouse.ask(
        "insert into src values (2147483648, 'six666', 123.456, '2020-01-02 03:04:05', 1e300, 1.23)"
    )
    result = session.move(*move, if_exists="replace", verify=True)
    assert result.notes == (
        "column 'id' became bigint",
        "column 'v' became varchar(9)",
        "column 'n' became decimal(9,4)",
        "column 'd' became timestamp",
        "column 'r' became double precision",
        "column 'f' became double precision",
    )
    assert warehouse.rows("t", order="id") == warehouse.rows("src", order="id")
    assert [(row[0], row[2], row[3:]) for row in facts(warehouse)] == [
        ("id", "mostly8", (True, 0, True)),
        ("v", "text255", (False, 0, False)),
        ("n", "bytedict", (False, 0, False)),
        ("d", "delta", (False, 1, False)),
        ("r", "none", (False, 0, False)),
        ("f", "none", (False, 0, False)),
    ]
    assert tables(warehouse) == ["src", "t"]


def test_some_of_the_types_change_and_the_others_stay(session: Any, warehouse: Any) -> None:
    warehouse.ask("create table t (a integer not null, b integer not null, c varchar(4), x date)")
    warehouse.ask("create table src (a bigint not null, b integer, c varchar(8), e smallint)")
    warehouse.ask("insert into src values (1, 2, 'longer', 3)")
    result = session.move(warehouse.url("src"), warehouse.url("t"), if_exists="replace")
    assert result.notes == (
        "column 'e' (smallint) was added",
        "column 'x' was dropped",
        "column 'c' became varchar(8)",
    )
    assert columns(warehouse) == [
        ("a", "integer"),
        ("b", "integer"),
        ("c", "character varying(8)"),
        ("e", "smallint"),
    ]
    assert [row[5] for row in facts(warehouse)] == [True, True, False, False]
    warehouse.ask("update src set b = null")
    result = session.move(warehouse.url("src"), warehouse.url("t"), if_exists="replace")
    assert result.notes == ("column 'b' allows NULL",)
    assert [row[5] for row in facts(warehouse)] == [True, False, False, False]
    assert warehouse.rows() == [(1, None, "longer", 3)]


def test_a_new_column_that_needs_a_value_needs_it_here_too(
    session: Any, table: Any, csv: Any, schema: Any
) -> None:
    source = csv("id,name,extra\n1,new,2020-01-02\n")
    said = schema("true")
    session.move(source, table.url("t"), if_exists="replace", schema=said)
    assert facts(table)[-1] == ("extra", "date", "az64", False, 0, True)
    assert [row[3:5] for row in facts(table)] == [(True, 1), (False, 2), (False, 0)]


def test_a_file_never_changes_the_type_of_a_column_that_is_there(
    session: Any, table: Any, csv: Any
) -> None:
    source = csv("id,name,gone\n1,far too long for it,1\n")
    with pytest.raises(MoverError):
        session.move(source, table.url("t"), if_exists="replace")
    assert table.rows() == OLD_ROWS


NEEDING = {
    "the distribution key": "alter table t alter distkey gone",
    "the sort key": "alter table t alter sortkey (gone)",
    "view seen": "create view seen as select gone from t",
    "constraint k": "alter table t add constraint k primary key (gone)",
    "view late": "create view late as select gone from {schema}.t with no schema binding",
}


@pytest.mark.parametrize("needing", NEEDING.items(), ids=list(NEEDING))
def test_a_column_that_something_needs_is_not_dropped(
    session: Any, table: Any, csv: Any, needing: tuple[str, str]
) -> None:
    words, makes = needing
    table.ask(makes.format(schema=table.ask.schema))
    before = facts(table)
    source = csv("id,name\n1,new\n")
    with pytest.raises(DatabaseError) as caught:
        session.explain(source, table.url("t"), if_exists="replace")
    assert f"no column 'gone' for '{table.ask.schema}.t', and {words} would go" in str(caught.value)
    assert "give the column, or alter or drop this first" in str(caught.value)
    assert table.rows() == OLD_ROWS
    assert facts(table) == before


def test_a_late_view_of_another_table_of_that_name_is_in_nobodys_way(
    session: Any, table: Any, csv: Any, ask: Any
) -> None:
    ask("create view late as select t.gone from elsewhere.t t with no schema binding")
    session.move(csv("id,name\n1,new\n"), table.url("t"), if_exists="replace")
    assert table.rows() == [(1, "new")]


HELD = {
    "views look at the table": "create view seen as select id from t",
    "the table has keys": "alter table t add primary key (id)",
}


@pytest.mark.parametrize("held", HELD.items(), ids=list(HELD))
def test_a_table_that_something_holds_on_to_is_altered_in_its_place(
    session: Any, table: Any, csv: Any, held: tuple[str, str]
) -> None:
    words, makes = held
    table.ask(makes)
    oid = "select oid from pg_class where relname = 't' and relnamespace ="
    oid += f" (select oid from pg_namespace where nspname = '{table.ask.schema}')"
    before = table.ask(oid)
    source = csv("id,name,extra\n1,new,5\n")
    result = session.move(source, table.url("t"), if_exists="replace", verify=True)
    assert table.ask(oid) == before
    assert table.rows() == [(1, "new", 5)]
    assert words in result.notes[0]
    assert result.notes[1:] == (
        "column 'extra' (smallint) was added",
        "column 'gone' was dropped",
    )


def test_an_identity_column_counts_on_while_others_come_and_go(
    session: Any, warehouse: Any, csv: Any
) -> None:
    warehouse.ask("create table t (n bigint identity(1,1), id integer, gone integer)")
    warehouse.ask("insert into t (id) values (9)")
    session.move(csv("id,extra\n1,5\n"), warehouse.url("t"), if_exists="replace")
    assert warehouse.rows("t", "id, extra") == [(1, 5)]
    assert warehouse.rows("t", "n")[0][0] > 1


def test_the_types_of_a_table_that_something_holds_on_to_stay(session: Any, warehouse: Any) -> None:
    warehouse.ask("create table t (v varchar(3), n decimal(5,2))")
    warehouse.ask("insert into t values ('old', 1)")
    warehouse.ask("create view seen as select v from t")
    warehouse.ask("create table src (v varchar(9), n decimal(5,2))")
    warehouse.ask("insert into src values ('new', 2)")
    move = (warehouse.url("src"), warehouse.url("t"))
    assert "making" not in str(session.explain(*move, if_exists="replace"))
    session.move(*move, if_exists="replace")
    assert warehouse.rows("t", "v") == [("new",)]
    warehouse.ask("update src set v = 'too long'")
    with pytest.raises(MoverError):
        session.move(*move, if_exists="replace")
    assert warehouse.rows("t", "v") == [("new",)]


def test_a_type_that_there_is_not_here_is_left_to_the_column_that_is_there(
    session: Any, warehouse: Any, pg_url: str, postgres_cursor: Any
) -> None:
    postgres_cursor.execute("create table s (n numeric(39,2)); insert into s values (1.5)")
    warehouse.ask("create table t (n decimal(38,2))")
    move = (f"{pg_url}::s", warehouse.url("t"))
    assert session.move(*move, if_exists="replace", allow_lossy="all").notes == ()
    assert [str(row[0]) for row in warehouse.rows()] == ["1.50"]


def test_the_statements_that_change_a_table_pass_their_judge(
    session: Any, table: Any, csv: Any, schema: Any
) -> None:
    from sqlfluff.core import FluffConfig, Linter

    rows = csv("id,name,extra\n1,longer than ten bytes,2020-01-02\n")
    session.move(rows, table.url("t"), if_exists="replace", schema=schema("true"))
    table.ask("alter table t add primary key (id)")
    session.move(csv("id,name,more\n1,a,2\n"), table.url("t"), if_exists="replace")
    linter = Linter(config=FluffConfig(overrides={"dialect": "redshift"}))
    made = [s for s in table.statements("create table", "alter table") if table.ask.schema in s]
    assert any("DISTKEY" in s for s in made)
    assert any("DROP COLUMN" in s for s in made)
    for statement in made:
        assert linter.parse_string(statement + ";").violations == [], statement


def test_only_the_owner_has_a_table_take_on_other_columns(
    session: Any, table: Any, csv: Any
) -> None:
    other = f"u_{table.ask.schema}"
    table.ask(f"create user {other} password 'Abcdefg1'")
    try:
        table.ask(f"alter table t owner to {other}")
        with pytest.raises(
            DatabaseError, match=r"cannot take on .*another user; move as its owner"
        ):
            session.move(csv("id,name,gone,extra\n1,a,2,3\n"), table.url("t"), if_exists="replace")
    finally:
        table.ask("drop table t cascade")
        table.ask(f"drop user {other}")


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "upsert"])
def test_the_other_modes_alter_nothing(session: Any, table: Any, csv: Any, mode: str) -> None:
    key = {"key": ["id"]} if mode == "upsert" else {}
    with pytest.raises(ColumnMismatchError, match="has no column 'extra'"):
        session.move(csv("id,name,gone,extra\n1,a,2,3\n"), table.url("t"), if_exists=mode, **key)
    assert table.rows() == OLD_ROWS


def test_rows_without_scratch_space_change_a_table_too(bare: Any, table: Any, csv: Any) -> None:
    result = bare.move(csv("id,name,extra\n1,new,0.5\n"), table.url("t"), if_exists="replace")
    assert "redshift-insert" in result.route
    assert [(row[0], row[1], float(row[2])) for row in table.rows()] == [(1, "new", 0.5)]


def test_parquet_changes_a_table_as_its_own_types_say(
    session: Any, table: Any, objects: Any, tmp_path: Path
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rows = pa.table({"id": pa.array([1], pa.int32()), "name": ["longer than ten bytes"]})
    parquet.write_table(rows, tmp_path / "rows.parquet")
    objects.put("in/rows.parquet", (tmp_path / "rows.parquet").read_bytes())
    result = session.move(objects.url("in/rows.parquet"), table.url("t"), if_exists="replace")
    assert result.notes == (
        "column 'gone' was dropped",
        "column 'name' became varchar(65535)",
    )
    assert table.rows() == [(1, "longer than ten bytes")]


def test_a_load_that_fails_leaves_the_columns_as_they_were(
    session: Any, table: Any, csv: Any, schema: Any
) -> None:
    before = facts(table)
    source = csv(
        "id,name,extra\n1,fine,2020-01-02\n2,much longer than all thirty bytes that are,\n"
    )
    with pytest.raises(MoverError):
        session.move(source, table.url("t"), if_exists="replace", schema=schema("false"))
    assert table.rows() == OLD_ROWS
    assert facts(table) == before
    assert tables(table) == ["t"]


def test_whoever_reads_meanwhile_sees_the_old_table_or_the_new_one_whole(
    session: Any, table: Any, csv: Any
) -> None:
    source = csv("id,name,extra\n" + "".join(f"{n},new,{n}\n" for n in range(3, 500)))
    seen: set[tuple[tuple[str, ...], int]] = set()
    over = threading.Event()

    def read() -> None:
        connection = psycopg2.connect(table.ask.server.url)
        connection.autocommit = True
        cursor = connection.cursor()
        while not over.is_set():
            cursor.execute(f"select * from {table.ask.schema}.t")
            names = tuple(column.name for column in cursor.description or ())
            seen.add((names, len(cursor.fetchall())))
            over.wait(0.01)
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        session.move(source, table.url("t"), if_exists="replace")
    finally:
        over.wait(0.1)
        over.set()
        reader.join(20)
    assert seen == {(("id", "name", "gone"), 2), (("id", "name", "extra"), 497)}


@pytest.mark.parametrize("moment", ["needed", "_dress", "_swap"])
def test_a_move_that_is_killed_in_the_middle_leaves_the_table_as_it_was(
    session: Any, table: Any, csv: Any, moment: str
) -> None:
    before = facts(table)
    source = csv("id,name,extra\n1,new,5\n")
    kill_before(
        f"mover_redshift.publish.{moment}", str(source), table.url("t"), if_exists="replace"
    )
    assert table.rows() == OLD_ROWS
    assert facts(table) == before
    session.move(source, table.url("t"), if_exists="replace")
    assert table.rows() == [(1, "new", 5)]
    assert tables(table) == ["t"]


def test_an_external_table_takes_on_no_columns(session: Any, warehouse: Any, csv: Any) -> None:
    # Its own tests move into external tables; here it is told what its columns are.
    from sqlalchemy import create_engine

    from mover_redshift.database import open_redshift
    from records_mover.parts import Column, TableInfo, TableName

    info = TableInfo(
        name=TableName(name="x"), columns=(Column(name="a", type="int"),), kind="other"
    )
    database = open_redshift(create_engine("redshift+psycopg2://u:p@localhost/d"))
    assert not database.reshape(info, ("a",), None)
    with pytest.raises(ColumnMismatchError, match="has no column 'b'"):
        database.reshape(info, ("a", "b"), None)
