from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pytest

from records_mover.db.database import SqlDatabase
from records_mover.db.publishing import staging
from records_mover.db.publishing.publish import name_beside, run_check
from records_mover.db.sqlite import SqliteDatabase
from records_mover.errors import (
    ConfigError,
    DatabaseError,
    LoadUnloadError,
    MoverError,
    SchemaError,
    UsageError,
)
from records_mover.parts import PublishRequest, TableName
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MODES = ["append", "delete", "truncate", "drop", "replace", "upsert"]
OLD = pa.table({"id": [1, 2], "text": ["one", "two"]})
NEW = pa.table({"id": [2, 3], "text": ["zwei", "drei"]})
T = TableName(name="t")
SCHEMA = RecordsSchema([Field("id", "integer"), Field("text", "string")])


class Apart(SqliteDatabase):
    """SQLite as if CREATE, ALTER and DROP committed at once."""

    transactional_ddl: ClassVar[bool] = False


@pytest.fixture(params=[SqliteDatabase, Apart])
def database(request: pytest.FixtureRequest, engine: Any) -> SqlDatabase:
    made: SqlDatabase = request.param(engine)
    return made


@pytest.fixture
def tables(database: SqlDatabase, sql: Callable[..., Any]) -> Callable[[], list[str]]:
    def names() -> list[str]:
        found = sql(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [name for (name,) in found]

    return names


def key_of(mode: str) -> dict[str, Any]:
    return {"key": ("id",)} if mode == "upsert" else {}


def failing(error: BaseException, after: int = 3000) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(10, after, 500):
            ids = range(start, start + 500)
            yield pa.record_batch({"id": list(ids), "text": [f"new {each}" for each in ids]})
        raise error

    return pa.RecordBatchReader.from_batches(NEW.schema, batches())


@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        ("append", [(1, "one"), (2, "two"), (2, "zwei"), (3, "drei")]),
        ("delete", [(2, "zwei"), (3, "drei")]),
        ("truncate", [(2, "zwei"), (3, "drei")]),
        ("drop", [(2, "zwei"), (3, "drei")]),
        ("replace", [(2, "zwei"), (3, "drei")]),
        ("upsert", [(1, "one"), (2, "zwei"), (3, "drei")]),
    ],
)
def test_each_mode_leaves_the_rows_it_promises(
    database: Any, load: Any, sql: Any, tables: Any, mode: str, kept: list[Any]
) -> None:
    load(database, "t", OLD)
    loaded = load(database, "t", NEW, mode, **key_of(mode))
    assert loaded.rows == 2
    assert sorted(sql(database, "SELECT id, text FROM t")) == kept
    assert tables() == ["t"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), LoadUnloadError("cut off"), OSError("gone")]
)
def test_a_load_that_fails_leaves_the_old_rows(
    database: Any, load: Any, sql: Any, tables: Any, mode: str, error: BaseException
) -> None:
    load(database, "t", OLD)
    with pytest.raises(type(error)):
        load(database, "t", failing(error), mode, **key_of(mode))
    assert sql(database, "SELECT id, text FROM t ORDER BY id") == [(1, "one"), (2, "two")]
    assert tables() == ["t"]


@pytest.mark.parametrize("mode", MODES)
def test_a_row_that_does_not_fit_leaves_the_old_rows(
    database: Any, load: Any, sql: Any, tables: Any, mode: str
) -> None:
    sql(database, "CREATE TABLE t (id INTEGER NOT NULL, text TEXT)")
    load(database, "t", OLD)
    strict = RecordsSchema.from_arrow(
        pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("text", pa.string())])
    )
    bad = pa.table({"id": pa.array([7, None], pa.int64()), "text": ["seven", "none"]})
    with pytest.raises(MoverError, match="row 2"):
        load(database, "t", bad, mode, schema=strict, **key_of(mode))
    assert sql(database, "SELECT id, text FROM t ORDER BY id") == [(1, "one"), (2, "two")]
    assert tables() == ["t"]


@pytest.mark.parametrize("mode", MODES)
def test_a_load_that_fails_leaves_no_new_table(
    database: Any, load: Any, tables: Any, mode: str
) -> None:
    with pytest.raises(OSError, match="gone"):
        load(database, "t", failing(OSError("gone")), mode, **key_of(mode))
    assert tables() == []


@pytest.mark.parametrize("mode", MODES)
def test_an_absent_table_is_created_in_every_mode(
    database: Any, load: Any, sql: Any, tables: Any, mode: str
) -> None:
    load(database, "t", OLD, mode, **key_of(mode))
    assert sql(database, "SELECT id, text FROM t ORDER BY id") == [(1, "one"), (2, "two")]
    assert tables() == ["t"]


@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_load_is_fine(database: Any, load: Any, sql: Any, mode: str) -> None:
    assert load(database, "t", OLD.slice(0, 0), mode, **key_of(mode)).rows == 0
    assert sql(database, "SELECT count(*) FROM t") == [(0,)]


def test_drop_takes_the_new_types_and_the_other_modes_keep_the_old(
    database: Any, load: Any, sql: Any
) -> None:
    sql(database, "CREATE TABLE t (id INTEGER, text VARCHAR(99) DEFAULT 'x')")
    for mode in ("append", "delete", "truncate", "replace", "upsert"):
        load(database, "t", NEW, mode, **key_of(mode))
        assert database.inspect(T).columns[1].type == "VARCHAR(99)"
    load(database, "t", NEW, "drop")
    assert database.inspect(T).columns[1].type == "TEXT"


def test_drop_lets_views_look_at_the_new_table(engine: Any, load: Any, sql: Any) -> None:
    database = SqliteDatabase(engine)
    load(database, "t", OLD)
    sql(database, "CREATE VIEW v AS SELECT text FROM t", "CREATE INDEX i ON t (id)")
    load(database, "t", NEW, "drop")
    assert sql(database, "SELECT text FROM v") == [("zwei",), ("drei",)]
    assert sql(database, "PRAGMA legacy_alter_table") == [(0,)]


def test_readers_see_the_old_rows_until_the_end(engine: Any, load: Any, sql: Any) -> None:
    database = SqliteDatabase(engine)
    load(database, "t", OLD)
    info = database.inspect(T)
    for mode in ("delete", "drop", "replace"):
        request = PublishRequest(table=T, mode=mode, info=info, schema=SCHEMA)
        with database.publish(request) as landing:
            insert = f"INSERT INTO {database.table_sql(landing.table)} VALUES (5, 'five')"
            database.run(landing.connection, insert)
            with database.connection() as other:
                assert database.run(other, "SELECT count(*) FROM t").scalar() != 1
            database.run(landing.connection, insert)
        assert sql(database, "SELECT count(*) FROM t") == [(2,)]


def test_upsert_touches_the_loaded_columns_only(database: Any, load: Any, sql: Any) -> None:
    sql(
        database,
        "CREATE TABLE t (id INTEGER, kind TEXT, text TEXT, note TEXT DEFAULT 'fresh')",
        "INSERT INTO t VALUES (1, 'a', 'one', 'kept'), (2, 'a', 'two', 'kept')",
    )
    rows = pa.table({"text": ["zwei", "drei"], "kind": ["a", "a"], "id": [2, 3]})
    load(database, "t", rows, "upsert", key=("id", "kind"))
    assert sql(database, "SELECT * FROM t ORDER BY id") == [
        (1, "a", "one", "kept"),
        (2, "a", "zwei", "kept"),
        (3, "a", "drei", "fresh"),
    ]


def test_upsert_is_right_whatever_the_table_is_called(database: Any, load: Any, sql: Any) -> None:
    for name in ("staged", "mover_new", "Mover_New", "mover_fresh"):
        sql(database, f"DROP TABLE IF EXISTS {name}")
        load(database, name, OLD)
        load(database, name, NEW, "upsert", key=("id",))
        rows = sql(database, f"SELECT id, text FROM {name} ORDER BY id")
        assert rows == [(1, "one"), (2, "zwei"), (3, "drei")]


def test_upsert_with_nothing_but_the_key_adds_what_is_new(
    database: Any, load: Any, sql: Any
) -> None:
    load(database, "t", pa.table({"id": [1]}))
    load(database, "t", pa.table({"id": [1, 2]}), "upsert", key=("id",))
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("ids", [[5, 5], [5, None]])
def test_upsert_refuses_a_key_that_is_repeated_or_missing(
    database: Any, load: Any, tables: Any, there: bool, ids: list[int | None]
) -> None:
    if there:
        load(database, "t", OLD)
    bad = pa.table({"id": pa.array(ids, pa.int64()), "text": ["a", "b"]})
    with pytest.raises(MoverError):
        load(database, "t", bad, "upsert", key=("id",))
    assert tables() == (["t"] if there else [])


@pytest.mark.parametrize(("key", "says"), [((), "give a key"), (("nope",), "'nope'")])
def test_upsert_needs_a_key_among_the_columns(
    database: Any, load: Any, key: tuple[str, ...], says: str
) -> None:
    load(database, "t", OLD)
    with pytest.raises(UsageError, match=says):
        load(database, "t", NEW, "upsert", key=key)


def test_a_view_cannot_be_dropped_or_emptied(database: Any, load: Any, sql: Any) -> None:
    load(database, "t", OLD)
    sql(database, "CREATE VIEW v AS SELECT * FROM t")
    for mode in ("drop", "truncate", "replace", "upsert"):
        with pytest.raises(DatabaseError, match="'v' is a view"):
            load(database, "v", NEW, mode, **key_of(mode))


def test_a_new_table_needs_a_schema(database: Any) -> None:
    with pytest.raises(SchemaError, match="which columns table 't' is to have"):
        database.publish(PublishRequest(table=T, mode="append", info=None))


def test_a_table_that_appears_meanwhile_is_not_touched(
    database: Any, load: Any, sql: Any, tables: Any
) -> None:
    sql(database, "CREATE TABLE t (other TEXT)")
    request = PublishRequest(table=T, mode="append", info=None, schema=SCHEMA)
    with pytest.raises(LoadUnloadError, match="already"), database.publish(request):
        pass
    assert tables() == ["t"]


def test_explain_says_what_each_mode_does(database: Any, load: Any) -> None:
    absent = PublishRequest(table=T, mode="append", info=None, schema=SCHEMA)
    assert "'t'" in database.explain_publish(absent)
    load(database, "t", OLD)
    info = database.inspect(T)
    said = {
        mode: database.explain_publish(
            PublishRequest(table=T, mode=mode, info=info, schema=SCHEMA, key=("id",))  # type: ignore[arg-type]
        )
        for mode in MODES
    }
    assert "delete every row" in said["delete"]
    assert "merge it into 't' on id" in said["upsert"]
    assert all("'t'" in clause for clause in said.values())


# Grants


class Granting(SqliteDatabase):
    """SQLite that writes down the GRANT statements it cannot execute."""

    privileges: ClassVar[frozenset[str]] = SqlDatabase.privileges

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.granted: list[str] = []

    def run(self, connection: Any, statement: str, **options: Any) -> Any:
        if statement.startswith("GRANT"):
            self.granted.append(statement)
            return None
        return super().run(connection, statement, **options)


def test_grants_are_quoted_and_given_to_a_new_table(engine: Any, load: Any) -> None:
    database = Granting(engine)
    grants = {
        "user_grants": {"select": ["ann", 'b"; drop table t; --'], "ALL": ["CAP"]},
        "group_grants": {"all  privileges": ["staff"]},
    }
    load(database, "t", OLD, **grants)
    assert database.granted == [
        'GRANT SELECT ON "t" TO "ann"',
        'GRANT SELECT ON "t" TO "b""; drop table t; --"',
        'GRANT ALL ON "t" TO "CAP"',
        'GRANT ALL PRIVILEGES ON "t" TO "staff"',
    ]
    load(database, "t", OLD, "append", **grants)
    assert len(database.granted) == 4
    load(database, "t", OLD, "drop", **grants)
    assert len(database.granted) == 8


def test_a_privilege_that_is_none_is_refused_before_anything_is_touched(
    engine: Any, load: Any
) -> None:
    database = Granting(engine)
    with pytest.raises(ConfigError, match="'select on t to x; --' is no privilege"):
        load(database, "t", OLD, user_grants={"select on t to x; --": ["ann"]})
    assert database.inspect(T) is None


def test_a_database_without_grants_says_so(engine: Any, load: Any) -> None:
    database = SqliteDatabase(engine)
    with pytest.raises(DatabaseError, match="sqlite has no GRANT"):
        load(database, "t", OLD, user_grants={"select": ["ann"]})


# Strays of killed moves

KILLED = """
import os, signal, sys
from records_mover.db.engine import open_engine
from records_mover.db.sqlite import SqliteDatabase
from records_mover.parts import PublishRequest, TableName
from records_mover.schema import Field, RecordsSchema

class Apart(SqliteDatabase):
    transactional_ddl = sys.argv[2] == "together"

    def rename(self, connection, table, to):
        super().rename(connection, table, to)
        if sys.argv[3] == "renaming":
            connection.commit()
            os.kill(os.getpid(), signal.SIGKILL)

database = Apart(open_engine("sqlite:///" + sys.argv[1]))
name = TableName(name="t")
schema = RecordsSchema([Field("id", "integer"), Field("text", "string")])
request = PublishRequest(table=name, mode="drop", info=database.inspect(name), schema=schema)
with database.publish(request) as landing:
    table = database.table_sql(landing.table)
    database.run(landing.connection, f"INSERT INTO {table} VALUES (9, 'n')")
    if sys.argv[3] == "loading":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_move(engine: Any, ddl: str, when: str) -> None:
    command = [sys.executable, "-c", KILLED, engine.url.database, ddl, when]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_a_killed_move_leaves_nothing_where_ddl_rolls_back(
    engine: Any, load: Any, sql: Any
) -> None:
    database = SqliteDatabase(engine)
    load(database, "t", OLD)
    kill_a_move(engine, "together", "loading")
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]
    assert sql(database, "SELECT name FROM sqlite_master") == [("t",)]


def test_the_next_move_drops_the_stray_of_a_killed_one(engine: Any, load: Any, sql: Any) -> None:
    database = Apart(engine)
    load(database, "t", OLD)
    kill_a_move(engine, "apart", "loading")
    names = [name for (name,) in sql(database, "SELECT name FROM sqlite_master")]
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]
    assert any(staging.is_stray(name) for name in names)
    load(database, "t", NEW, "drop")
    assert sql(database, "SELECT name FROM sqlite_master") == [("t",)]
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(2,), (3,)]


def test_a_table_put_aside_by_a_killed_move_comes_back(engine: Any, load: Any, sql: Any) -> None:
    database = Apart(engine)
    load(database, "t", OLD)
    kill_a_move(engine, "apart", "renaming")
    assert database.inspect(T) is None
    with pytest.raises(DatabaseError, match="its old rows are back"):
        load(database, "t", NEW)
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]
    load(database, "t", NEW, "drop")
    assert sql(database, "SELECT name FROM sqlite_master") == [("t",)]


def test_a_swap_that_fails_half_way_is_undone(engine: Any, load: Any, sql: Any) -> None:
    class Stumbling(Apart):
        def rename(self, connection: Any, table: TableName, to: str) -> None:
            if to == "t" and table.name.startswith(staging.STAGE):
                raise LoadUnloadError("stumbled")
            super().rename(connection, table, to)

    database = Stumbling(engine)
    load(Apart(engine), "t", OLD)
    with pytest.raises(LoadUnloadError, match="stumbled"):
        load(database, "t", NEW, "drop")
    assert sql(database, "SELECT name FROM sqlite_master") == [("t",)]
    assert sql(database, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_the_stages_of_living_moves_are_no_strays() -> None:
    mine = f"{staging.STAGE}{staging.new_token()}_t"
    assert not staging.is_stray(mine)
    assert staging.target_of(mine) == "t"
    assert not staging.is_stray("trips")
    assert not staging.is_stray("mover_stage_by_hand")
    token = staging.new_token()
    elsewhere = f"{staging.STAGE}{token[:8]}ffffff{token[14:]}_t"
    assert not staging.is_stray(elsewhere)
    assert staging.is_stray(f"{staging.STAGE}00000001ffffff{token[14:]}_t")
    gone = f"{token[:14]}{_dead_pid():06x}{token[20:]}"
    assert staging.is_stray(f"{staging.OLD}{gone}_t")


def _dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(timeout=30)
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    return child.pid


def test_a_name_beside_a_table_s_is_one_that_the_database_can_hold(
    monkeypatch: pytest.MonkeyPatch, database: SqlDatabase
) -> None:
    monkeypatch.setattr(database.engine.dialect, "max_identifier_length", 10)
    found = name_beside(database, TableName(name="orders", schema="main"), "mover")
    assert found == TableName(name="mover_orde", schema="main")


def test_the_mover_looks_at_the_table_that_the_rows_are_in(database: SqlDatabase) -> None:
    seen: list[TableName] = []
    asked = PublishRequest(
        table=T, mode="append", info=None, check=lambda _, name: seen.append(name)
    )
    stage = TableName(name="mover_stage_t")
    with database.connection() as connection:
        run_check(connection, asked)
        run_check(connection, asked, stage)
        run_check(connection, PublishRequest(table=T, mode="append", info=None))
    assert seen == [T, stage]
