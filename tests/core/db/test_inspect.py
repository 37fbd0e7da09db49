from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

from records_mover.db.columns.matching import match_columns
from records_mover.db.database import SqlDatabase
from records_mover.errors import ColumnMismatchError, DatabaseError
from records_mover.parts import Selection, TableName

T = TableName(name="t")


def test_columns_come_in_order_with_what_the_server_does_to_them(database: Any, sql: Any) -> None:
    sql(
        database,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, z TEXT NOT NULL, a VARCHAR(5) DEFAULT 'x', "
        "at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, twice INT GENERATED ALWAYS AS (id * 2), odd)",
    )
    info = database.inspect(T)
    assert info.kind == "table"
    shown = [(c.name, c.type, c.nullable, c.filled, c.generated) for c in info.columns]
    assert shown == [
        ("id", "INTEGER", True, True, False),
        ("z", "TEXT", False, False, False),
        ("a", "VARCHAR(5)", True, True, False),
        ("at", "TIMESTAMP", True, True, False),
        ("twice", "INTEGER", True, False, True),
        ("odd", "", True, False, False),
    ]
    assert match_columns(["ODD", "z"], info) == ("odd", "z")


def test_a_view_is_a_view_and_what_is_not_there_is_none(database: Any, sql: Any) -> None:
    sql(database, "CREATE TABLE t (a INTEGER)", "CREATE VIEW v AS SELECT a, a + 1 AS b FROM t")
    assert database.inspect(TableName(name="v")).kind == "view"
    assert database.inspect(TableName(name="nothing")) is None
    assert database.inspect(TableName(name="t", schema="main")).name.schema == "main"


def test_a_schema_that_is_not_there_is_named_with_those_that_are(database: Any) -> None:
    with pytest.raises(DatabaseError, match=r"no schema 'nope'.*there are: 'main'"):
        database.inspect(TableName(name="t", schema="nope"))


def test_a_table_in_an_attached_schema_is_reached(database: Any, load: Any, tmp_path: Any) -> None:
    from sqlalchemy import event

    def attach(raw: Any, record: Any) -> None:
        raw.execute(f"ATTACH '{tmp_path}/other.db' AS \"the other\"")

    event.listen(database.engine, "connect", attach)
    database.engine.dispose()
    name = TableName(name="t", schema="the other")
    for statement in database.create_statements(name, _schema({"n": [1]})):
        with database.transaction() as connection:
            database.run(connection, statement)
    info = database.inspect(name)
    assert info is not None
    assert database.inspect(T) is None


def _schema(columns: dict[str, list[Any]]) -> Any:
    from records_mover.schema import RecordsSchema

    return RecordsSchema.from_arrow(pa.table(columns).schema)


def test_chosen_columns_come_in_the_order_asked_for(database: Any, load: Any) -> None:
    load(database, "t", pa.table({"a": [1], "b": ["x"], "c": [1.5]}))
    schema = database.schema_of(Selection(table=T, columns=("c", "a")))
    assert schema.names == ("c", "a")
    with pytest.raises(ColumnMismatchError, match=r"no column 'd' in t; .*'a', 'b', 'c'"):
        database.schema_of(Selection(table=T, columns=("d",)))


def test_a_table_that_is_not_there_has_no_schema(database: Any) -> None:
    with pytest.raises(DatabaseError, match="no table 't'"):
        database.schema_of(Selection(table=T))


@pytest.mark.parametrize("base", ["sqlite", "generic"])
def test_a_query_must_name_its_columns_apart(database: Any, base: str) -> None:
    asked = database if base == "sqlite" else SqlDatabase(database.engine)
    with pytest.raises(ColumnMismatchError, match="more than one column called 'id'"):
        asked.schema_of(Selection(query="SELECT 1 AS id, 2 AS id"))
    assert asked.schema_of(Selection(query='SELECT 1 AS id, 2 AS "id:x"')).names == ("id", "id:x")


@pytest.mark.parametrize("base", ["sqlite", "generic"])
def test_a_query_that_is_wrong_or_gives_nothing_is_one_line(
    database: Any, load: Any, sql: Any, base: str
) -> None:
    load(database, "t", pa.table({"a": [1]}))
    asked = database if base == "sqlite" else SqlDatabase(database.engine)
    for query in ("SELECT nope FROM t", "SELEC", "DELETE FROM t", ""):
        with pytest.raises(DatabaseError) as caught:
            asked.schema_of(Selection(query=query))
        assert "\n" not in str(caught.value)
    assert sql(database, "SELECT count(*) FROM t") == [(1,)]


def test_generic_sql_tells_a_querys_types_by_its_first_rows(database: Any, load: Any) -> None:
    load(
        database, "t", pa.table({"i": [1, 2], "f": [0.5, 1.5], "s": ["x", None], "b": [b"", b"a"]})
    )
    generic = SqlDatabase(database.engine)
    query = "SELECT i, f, s, b, NULL AS n, CASE i WHEN 1 THEN 1 ELSE 1.5 END AS m FROM t ORDER BY i"
    fields = generic.schema_of(Selection(query=query)).fields
    kinds = [field.field_type for field in fields]
    assert kinds == ["integer", "decimal", "string", "bytes", "string", "decimal"]
    empty = generic.schema_of(Selection(query="SELECT i, s FROM t WHERE i > 9"))
    assert [field.field_type for field in empty.fields] == ["string", "string"]


def test_the_plugin_loads_nothing_heavy() -> None:
    code = (
        "import sys, records_mover.builtin.sql as plugin\n"
        "plugin.mover_databases(), plugin.mover_loaders(), plugin.mover_unloaders()\n"
        "import records_mover.db.columns.matching, records_mover.db.engine\n"
        "import records_mover.db.rows.parts\n"
        "print({'sqlalchemy', 'pyarrow', 'pandas', 'psycopg2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
