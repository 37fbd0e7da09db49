"""What becomes of a table that is there: its rows, and everything that is not its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import MoverError

if TYPE_CHECKING:
    from pathlib import Path

NEW = b"id,name\n1,new\n3,three\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    path.write_bytes(NEW)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"id,name\n1,fine\n2,far too long for the column\n")
    return path


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask(
        "create table t (id integer encode az64 not null, name varchar(10) encode zstd default 'x')"
        " diststyle key distkey (id) compound sortkey (id, name)"
    )
    warehouse.ask("insert into t values (1, 'old'), (2, 'two')")
    return warehouse


def facts(warehouse: Any, table: str = "t") -> Any:
    return warehouse.ask(
        'select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def'
        f" where schemaname = '{warehouse.ask.schema}' and tablename = '{table}' order by 1"
    )


OLD_ROWS = [(1, "old"), (2, "two")]
NEW_ROWS = [(1, "new"), (3, "three")]


@pytest.mark.parametrize(
    ("mode", "rows"),
    [
        ("append", [(1, "new"), (1, "old"), (2, "two"), (3, "three")]),
        ("delete", NEW_ROWS),
        ("truncate", NEW_ROWS),
        ("replace", NEW_ROWS),
        ("drop", NEW_ROWS),
        ("upsert", [(1, "new"), (2, "two"), (3, "three")]),
    ],
)
def test_each_mode_does_what_it_says(
    session: Any, table: Any, file: Path, mode: str, rows: list[Any]
) -> None:
    key = {"key": ["id"]} if mode == "upsert" else {}
    result = session.move(file, table.url("t"), if_exists=mode, **key)
    assert result.rows == 2
    assert table.rows("t", order="1, 2") == rows
    assert not [name for name in _tables(table) if name.startswith("mover_")]


def _tables(warehouse: Any) -> list[str]:
    found = warehouse.ask(
        f"select tablename from pg_tables where schemaname = '{warehouse.ask.schema}'"
    )
    return [row[0] for row in found]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "replace", "drop", "upsert"])
def test_a_load_that_fails_leaves_the_table_as_it_was(
    session: Any, table: Any, bad: Path, mode: str
) -> None:
    before = facts(table)
    key = {"key": ["id"]} if mode == "upsert" else {}
    if mode == "drop":
        bad.write_bytes(b"id,name\n1,\0fine\n2,x\n")
    with pytest.raises(MoverError):
        session.move(bad, table.url("t"), if_exists=mode, **key)
    assert table.rows() == OLD_ROWS
    assert facts(table) == before
    assert _tables(table) == ["t"]


@pytest.mark.parametrize("mode", ["truncate", "replace"])
def test_what_is_not_rows_stays(session: Any, table: Any, file: Path, mode: str) -> None:
    ask = table.ask
    ask("comment on table t is 'it''s \\\\ ours'")
    ask("comment on column t.name is 'a name'")
    group = f"g_{ask.schema}"
    ask(f"create group {group}")
    ask(f"grant select, insert on t to group {group}")
    ask("grant select on t to public")
    ask(f"create view late as select id from {ask.schema}.t with no schema binding")
    before, grants, said = facts(table), _grants(table), _comments(table)
    try:
        session.move(file, table.url("t"), if_exists=mode)
        assert table.rows() == NEW_ROWS
        assert (facts(table), _grants(table), _comments(table)) == (before, grants, said)
        assert len(said) == 2
        assert len(grants) >= 3
        assert ask(f"select * from {ask.schema}.late order by 1") == [(1,), (3,)]
    finally:
        ask("drop table t cascade")
        ask(f"drop group {group}")


def _grants(warehouse: Any) -> Any:
    return warehouse.ask(
        "select privilege_type, identity_name, identity_type from svv_relation_privileges"
        f" where namespace_name = '{warehouse.ask.schema}' and relation_name = 't'"
        " and identity_name <> current_user order by 1, 2"
    )


def _comments(warehouse: Any) -> Any:
    return warehouse.ask(
        "select d.objsubid, d.description from pg_description d join pg_class c on c.oid = d.objoid"
        " join pg_namespace n on n.oid = c.relnamespace"
        f" where n.nspname = '{warehouse.ask.schema}' and c.relname = 't' order by 1"
    )


@pytest.mark.parametrize(
    "held",
    [
        "create view seen as select * from t",
        "alter table t add primary key (id)",
    ],
)
def test_a_table_that_something_holds_on_to_stays_the_same_table(
    session: Any, table: Any, file: Path, held: str
) -> None:
    table.ask(held)
    oid = "select oid from pg_class where relname = 't' and relnamespace ="
    oid += f" (select oid from pg_namespace where nspname = '{table.ask.schema}')"
    before = table.ask(oid)
    result = session.move(file, table.url("t"), if_exists="replace")
    assert table.rows() == NEW_ROWS
    assert table.ask(oid) == before
    assert "were deleted and inserted" in result.notes[0]


def test_an_identity_column_counts_on(session: Any, warehouse: Any, file: Path) -> None:
    warehouse.ask("create table t (n bigint identity(1,1), id integer, name varchar(10))")
    warehouse.ask("insert into t (id, name) values (9, 'old')")
    session.move(file, warehouse.url("t"), if_exists="truncate")
    assert warehouse.rows("t", "id, name") == NEW_ROWS
    assert min(row[0] for row in warehouse.rows("t", "n")) > 1


def test_an_upsert_refuses_a_key_that_comes_twice(session: Any, table: Any, tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_bytes(b"id,name\n1,a\n1,b\n")
    with pytest.raises(MoverError, match="more than one row has the key id=1"):
        session.move(path, table.url("t"), if_exists="upsert", key=["id"])
    assert table.rows() == OLD_ROWS


def test_an_upsert_of_keys_alone_inserts_what_is_new(
    session: Any, warehouse: Any, tmp_path: Path
) -> None:
    warehouse.ask("create table t (a integer, b integer)")
    warehouse.ask("insert into t values (1, 1)")
    path = tmp_path / "keys.csv"
    path.write_bytes(b"a,b\n1,1\n1,2\n")
    session.move(path, warehouse.url("t"), if_exists="upsert", key=["a", "b"])
    assert warehouse.rows("t", order="1, 2") == [(1, 1), (1, 2)]


def test_a_copy_of_a_table_is_distributed_sorted_and_encoded_like_it(
    session: Any, table: Any
) -> None:
    session.move(table.url("t"), table.url("u"))
    assert table.rows("u") == OLD_ROWS
    assert facts(table, "u") == facts(table, "t")


def test_the_settings_say_how_a_new_table_is_distributed_and_sorted(
    session: Any, warehouse: Any, file: Path
) -> None:
    session.move(file, warehouse.url("t", distkey="ID", sortkey="name,id", diststyle="key"))
    found = {row[0]: (row[3], row[4]) for row in facts(warehouse)}
    assert found == {"id": (True, 2), "name": (False, 1)}


def test_nothing_that_commits_by_itself_is_ever_sent(session: Any, table: Any, file: Path) -> None:
    for mode in ("delete", "truncate", "replace"):
        session.move(file, table.url("t"), if_exists=mode)
    assert table.statements("truncate") == []
    assert not [s for s in table.statements("alter") if " append " in s.lower()]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "replace", "drop", "upsert"])
def test_a_move_can_be_verified(session: Any, table: Any, file: Path, mode: str) -> None:
    key = {"key": ["id"]} if mode == "upsert" else {}
    assert session.move(file, table.url("t"), if_exists=mode, verify=True, **key).verified
