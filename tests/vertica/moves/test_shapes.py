"""Rows of another shape take the place of a table's own, or nothing is touched."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import ColumnMismatchError, DatabaseError, MoverError
from support.halting import kill_before

if TYPE_CHECKING:
    from pathlib import Path

OLD_ROWS = [[1, "old", 7], [2, "two", 8]]


@pytest.fixture
def table(warehouse: Any) -> Any:
    ask = warehouse.ask
    ask(
        "CREATE TABLE t (id INT NOT NULL, name VARCHAR(9) DEFAULT 'd', gone INT,"
        " CONSTRAINT k PRIMARY KEY (id)) ORDER BY name SEGMENTED BY HASH(name) ALL NODES KSAFE 1"
    )
    ask.copy("COPY t FROM STDIN", b"1|old|7\n2|two|8\n")
    return warehouse


def columns(warehouse: Any, table: str = "t") -> list[tuple[Any, ...]]:
    warehouse.ask.connection.rollback()
    rows = warehouse.ask(
        "SELECT column_name, data_type, is_nullable, column_default FROM columns WHERE"
        f" table_schema = '{warehouse.ask.schema}' AND table_name = '{table}'"
        " ORDER BY ordinal_position"
    )
    return [tuple(row) for row in rows]


def projections(warehouse: Any) -> list[Any]:
    named = f"projection_schema = '{warehouse.ask.schema}' AND anchor_table_name = 't'"
    return [
        warehouse.ask(
            "SELECT is_segmented, segment_expression, is_super_projection FROM projections"
            f" WHERE {named} ORDER BY projection_name"
        ),
        warehouse.ask(
            "SELECT DISTINCT projection_column_name, sort_position FROM projection_columns WHERE"
            f" table_schema = '{warehouse.ask.schema}' AND table_name = 't'"
            " AND sort_position IS NOT NULL ORDER BY 2"
        ),
    ]


def test_columns_come_and_go_and_what_hangs_on_the_others_stays(
    bare: Any, table: Any, csv: Any
) -> None:
    ask, schema = table.ask, table.ask.schema
    ask("CREATE USER IF NOT EXISTS borrower")
    ask("GRANT SELECT, INSERT ON t TO borrower")
    ask("COMMENT ON TABLE t IS 'ours'")
    ask("COMMENT ON COLUMN t.name IS 'a name'")
    ask("COMMENT ON COLUMN t.gone IS 'no more'")
    ask("CREATE VIEW v AS SELECT id, name FROM t")
    before, laid = columns(table), projections(table)
    source = csv("id,name,extra\n1,new,2020-01-02\n3,three,\n")
    plan = str(bare.explain(source, table.url("t"), if_exists="replace"))
    assert "adding 'extra' (date); dropping 'gone', which the rows do not bring" in plan
    result = bare.move(source, table.url("t"), if_exists="replace", verify=True)
    assert result.notes == ("column 'extra' (date) was added", "column 'gone' was dropped")
    assert columns(table) == [*before[:2], ("extra", "date", True, None)]
    assert projections(table) == laid
    assert [[row[0], row[1], str(row[2])] for row in table.rows()] == [
        [1, "new", "2020-01-02"],
        [3, "three", "None"],
    ]
    assert table.rows("v") == [[1, "new"], [3, "three"]]
    named = f"object_schema = '{schema}' AND object_name = 't'"
    granted = ask(f"SELECT privileges_description FROM grants WHERE {named}")
    assert ["INSERT, SELECT"] in [[", ".join(sorted(row[0].split(", ")))] for row in granted]
    said = ask(f"SELECT child_object, comment FROM comments WHERE {named} ORDER BY 2")
    assert [(row[0] or "", row[1]) for row in said] == [("name", "a name"), ("", "ours")]
    assert ask(f"SELECT constraint_name FROM constraint_columns WHERE table_schema = '{schema}'")
    assert table.tables() == ["t"]


def test_a_type_gives_way_where_a_value_needs_it_and_only_there(bare: Any, warehouse: Any) -> None:
    ask = warehouse.ask
    ask(
        "CREATE TABLE t (id INT NOT NULL, v VARCHAR(5) NOT NULL, n NUMERIC(6,2), m NUMERIC(6,2),"
        " d DATE NOT NULL DEFAULT '2001-02-03')"
    )
    ask(
        "CREATE TABLE src (id NUMERIC(20,0) NOT NULL, v VARCHAR(9), n NUMERIC(9,4),"
        " m NUMERIC(9,2), d TIMESTAMP NOT NULL)"
    )
    ask("INSERT INTO src VALUES (1, 'five5', 123.45, 12.5, '2020-01-02')")
    ask("COMMIT")
    before = columns(warehouse)
    move = (warehouse.url("src"), warehouse.url("t"))
    plan = str(bare.explain(*move, if_exists="replace"))
    for words in ("'id' numeric(20,0)", "'v' varchar(9)", "'d' timestamp"):
        assert f"making {words} if a value needs it" in plan
    assert bare.move(*move, if_exists="replace", verify=True).notes == ()
    assert columns(warehouse) == before
    assert warehouse.tables() == ["src", "t"]
    ask(
        "INSERT INTO src VALUES (18446744073709551616, 'six666', 123.456, 1234567.5,"
        " '2020-01-02 03:04:05')"
    )
    ask("COMMIT")
    result = bare.move(*move, if_exists="replace", verify=True)
    assert result.notes == (
        "column 'id' became numeric(20,0)",
        "column 'v' became varchar(9)",
        "column 'n' became numeric(9,4)",
        "column 'm' became numeric(9,2)",
        "column 'd' became timestamp",
    )
    found = {name: (kind, nullable) for name, kind, nullable, _ in columns(warehouse)}
    assert found == {
        "id": ("numeric(20,0)", False),
        "v": ("varchar(9)", False),
        "n": ("numeric(9,4)", True),
        "m": ("numeric(9,2)", True),
        "d": ("timestamp", False),
    }
    assert "2001-02-03" in str(columns(warehouse))
    names = "id, v, n, m, d"
    assert warehouse.rows("t", names) == warehouse.rows("src", names)


def test_not_null_gives_way_to_a_null_that_the_source_allows(bare: Any, warehouse: Any) -> None:
    ask = warehouse.ask
    ask("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL)")
    ask("CREATE TABLE src (id INT NOT NULL, a INT, b INT, c INT NOT NULL)")
    ask("INSERT INTO src VALUES (1, NULL, 2, 3)")
    ask("COMMIT")
    result = bare.move(warehouse.url("src"), warehouse.url("t"), if_exists="replace")
    assert result.notes == ("column 'c' (int) was added", "column 'a' allows NULL")
    assert [row[2] for row in columns(warehouse)] == [False, True, False, False]
    assert warehouse.rows() == [[1, None, 2, 3]]


def test_rows_that_lie_as_the_server_likes_lie_so_with_other_columns(
    bare: Any, warehouse: Any, csv: Any
) -> None:
    warehouse.ask("CREATE TABLE t (a INT, b INT)")
    warehouse.ask.copy("COPY t FROM STDIN", b"1|2\n")
    bare.move(csv("b,c\n3,4\n"), warehouse.url("t"), if_exists="replace")
    assert [name for name, *_ in columns(warehouse)] == ["b", "c"]
    assert [row[0] for row in projections(warehouse)[1]] == ["b", "c"]
    bare.move(csv("c,d\n5,6\n"), warehouse.url("t"), if_exists="replace")
    assert warehouse.rows() == [[5, 6]]


def test_a_column_that_rows_are_segmented_by_keeps_its_type(
    bare: Any, table: Any, csv: Any
) -> None:
    table.ask("CREATE TABLE src (id INT, name VARCHAR(30), gone INT)")
    table.ask("INSERT INTO src VALUES (1, 'new', 2)")
    table.ask("COMMIT")
    move = (table.url("src"), table.url("t"))
    assert "making" not in str(bare.explain(*move, if_exists="replace"))
    bare.move(*move, if_exists="replace")
    assert table.rows() == [[1, "new", 2]]
    table.ask("UPDATE src SET name = 'longer than nine'")
    table.ask("COMMIT")
    with pytest.raises(MoverError, match="too long"):
        bare.move(*move, if_exists="replace")
    assert table.rows() == [[1, "new", 2]]


def test_a_file_never_changes_the_type_of_a_column_that_is_there(
    bare: Any, table: Any, csv: Any
) -> None:
    with pytest.raises(MoverError):
        bare.move(csv("id,name,gone\n1,much too long,1\n"), table.url("t"), if_exists="replace")
    assert table.rows() == OLD_ROWS


NEEDING = {
    "constraint u": ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (gone)",),
    "constraint c": ("ALTER TABLE t ADD CONSTRAINT c CHECK (gone > 0)",),
    "projection p": ("CREATE PROJECTION p AS SELECT id, gone FROM t ORDER BY id UNSEGMENTED ALL",),
    "the partition key": ("ALTER TABLE t PARTITION BY gone",),
    "view {schema}.v": ("CREATE VIEW v AS SELECT id, gone AS g FROM t",),
    "view {schema}.w": ("CREATE VIEW w AS SELECT * FROM t",),
}


@pytest.mark.parametrize("needing", NEEDING.items(), ids=list(NEEDING))
def test_a_column_that_something_needs_is_not_dropped(
    bare: Any, table: Any, csv: Any, needing: tuple[str, tuple[str, ...]]
) -> None:
    words, makes = needing
    for statement in makes:
        table.ask(statement.replace("UNSEGMENTED ALL", "UNSEGMENTED ALL NODES"))
    before = columns(table)
    with pytest.raises(DatabaseError) as caught:
        bare.explain(csv("id,name\n1,new\n"), table.url("t"), if_exists="replace")
    schema = table.ask.schema
    wanted = f"no column 'gone' for '{schema}.t', and {words.format(schema=schema)} would go with"
    assert wanted in str(caught.value)
    assert "give the column, or alter or drop this first" in str(caught.value)
    assert columns(table) == before
    assert table.rows("t", "id, name, gone") == OLD_ROWS


def test_a_view_of_another_table_of_that_name_is_in_nobodys_way(
    bare: Any, table: Any, csv: Any
) -> None:
    other = f"{table.ask.schema}_other"
    table.ask(f"CREATE SCHEMA {other}")
    try:
        table.ask(f"CREATE TABLE {other}.t (gone INT)")
        table.ask(f"CREATE VIEW {other}.v AS SELECT t.gone FROM {other}.t")
        bare.move(csv("id,name\n1,new\n"), table.url("t"), if_exists="replace")
        assert table.rows() == [[1, "new"]]
    finally:
        table.ask.connection.rollback()
        table.ask(f"DROP SCHEMA {other} CASCADE")


HELD = {
    "foreign keys": "CREATE TABLE u (x INT, CONSTRAINT f FOREIGN KEY (x) REFERENCES t (id))",
    "another user; move as its owner": "ALTER TABLE t OWNER TO borrower",
}


@pytest.mark.parametrize("held", HELD.items(), ids=["key", "owner"])
def test_a_table_that_something_holds_on_to_takes_on_no_columns(
    bare: Any, table: Any, csv: Any, held: tuple[str, str]
) -> None:
    words, makes = held
    table.ask("CREATE USER IF NOT EXISTS borrower")
    table.ask(makes)
    source = csv("id,name,gone,extra\n1,new,5,6\n")
    with pytest.raises(DatabaseError, match=r"cannot take on .*adding 'extra'") as caught:
        bare.explain(source, table.url("t"), if_exists="replace")
    assert words in str(caught.value)
    bare.move(csv("id,name,gone\n1,new,5\n"), table.url("t"), if_exists="replace")
    assert table.rows() == [[1, "new", 5]]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "upsert"])
def test_the_other_modes_alter_nothing(bare: Any, table: Any, csv: Any, mode: str) -> None:
    source = csv("id,name,gone,extra\n1,a,2,3\n")
    key = ["id"] if mode == "upsert" else None
    with pytest.raises(ColumnMismatchError, match="has no column 'extra'"):
        bare.move(source, table.url("t"), if_exists=mode, key=key)
    assert table.rows() == OLD_ROWS


def test_parquet_in_s3_changes_a_table_as_its_own_types_say(
    session: Any, warehouse: Any, objects: Any, tmp_path: Path
) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(5))")
    rows = pa.table({"id": [1], "name": ["longer than five"], "extra": [True]})
    parquet.write_table(rows, tmp_path / "rows.parquet")
    objects.put("in/rows.parquet", (tmp_path / "rows.parquet").read_bytes())
    result = session.move(objects.url("in/rows.parquet"), warehouse.url("t"), if_exists="replace")
    assert "vertica-copy-s3" in result.route
    assert result.notes == (
        "column 'extra' (boolean) was added",
        "column 'name' became varchar(65000)",
    )
    assert warehouse.rows() == [[1, "longer than five", True]]


@pytest.mark.parametrize("values", ["1,much too long for it,5", "1,fine,no number"])
def test_a_load_that_fails_leaves_the_columns_as_they_were(
    bare: Any, table: Any, csv: Any, values: str
) -> None:
    before = columns(table)
    schema = csv("x").with_name("schema.json")
    schema.write_text(
        '{"schema": "bltypes/v1", "fields": {"id": {"type": "integer", "index": 1},'
        ' "name": {"type": "string", "index": 2, "constraints": {"max_length_bytes": 9}},'
        ' "extra": {"type": "integer", "index": 3}}}'
    )
    source = csv(f"id,name,extra\n3,fine,4\n{values}\n")
    with pytest.raises(MoverError):
        bare.move(source, table.url("t"), if_exists="replace", schema=schema)
    assert table.rows() == OLD_ROWS
    assert columns(table) == before
    assert table.tables() == ["t"]


@pytest.mark.parametrize("moment", ["needed", "_put", "_dressing"])
def test_a_move_that_is_killed_in_the_middle_leaves_the_table_as_it_was(
    bare: Any, table: Any, csv: Any, moment: str
) -> None:
    before = columns(table)
    source = csv("id,name,extra\n1,new,5\n")
    kill_before(f"mover_vertica.publish.{moment}", str(source), table.url("t"), if_exists="replace")
    assert table.rows() == OLD_ROWS
    assert columns(table) == before
    bare.move(source, table.url("t"), if_exists="replace")
    assert table.rows() == [[1, "new", 5]]
    assert table.tables() == ["t"]


def test_whoever_reads_meanwhile_sees_the_old_table_or_the_new_one_whole(
    bare: Any, table: Any, csv: Any
) -> None:
    source = csv("id,name,extra\n" + "".join(f"{n},new,{n}\n" for n in range(3, 500)))
    reader = table.ask.other()
    seen: set[tuple[tuple[str, ...], int]] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            rows = reader("SELECT * FROM t")
            seen.add((tuple(column.name for column in reader.cursor.description), len(rows)))
            reader.connection.rollback()
            over.wait(0.01)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        bare.move(source, table.url("t"), if_exists="replace")
    finally:
        over.wait(0.2)
        over.set()
        thread.join(20)
    assert seen == {(("id", "name", "gone"), 2), (("id", "name", "extra"), 497)}
