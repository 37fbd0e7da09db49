"""What becomes of a table that is there: all of it, or nothing, and the table stays what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover.db.publishing import staging
from records_mover.errors import LoadUnloadError, MoverError, SchemaError

if TYPE_CHECKING:
    pass


@pytest.fixture
def table(warehouse: Any) -> Any:
    ask = warehouse.ask
    ask(
        "CREATE TABLE t (id INT NOT NULL, name VARCHAR(9) DEFAULT 'd',"
        " CONSTRAINT k PRIMARY KEY (id))"
        " ORDER BY name SEGMENTED BY HASH(name) ALL NODES KSAFE 1"
    )
    ask("CREATE USER IF NOT EXISTS borrower")
    ask("GRANT SELECT, INSERT ON t TO borrower")
    ask("GRANT UPDATE ON t TO borrower WITH GRANT OPTION")
    ask("COMMENT ON TABLE t IS 'it''s'")
    ask("CREATE VIEW v AS SELECT * FROM t")
    ask.copy("COPY t FROM STDIN", b"1|old\n2|kept\n")
    return warehouse


def _facts(warehouse: Any) -> list[Any]:
    """Return what makes a table what it is, beside its rows."""
    ask, schema = warehouse.ask, warehouse.ask.schema
    ask.connection.rollback()
    named = f"object_schema = '{schema}' AND object_name = 't'"
    granted = ask(f"SELECT grantee, privileges_description FROM grants WHERE {named} ORDER BY 1, 2")
    return [
        sorted((grantee, sorted(words.split(", "))) for grantee, words in granted),
        ask(f"SELECT comment FROM comments WHERE {named}"),
        ask(
            "SELECT is_segmented, segment_expression FROM projections WHERE projection_schema ="
            f" '{schema}' AND anchor_table_name = 't' ORDER BY projection_name"
        ),
        ask(
            "SELECT constraint_name, column_name FROM constraint_columns WHERE table_schema ="
            f" '{schema}' AND table_name = 't'"
        ),
        ask(
            "SELECT column_name, data_type, is_nullable, column_default FROM columns WHERE"
            f" table_schema = '{schema}' AND table_name = 't' ORDER BY ordinal_position"
        ),
    ]


def test_append_adds_rows(bare: Any, table: Any, csv: Any) -> None:
    bare.move(csv("id,name\n3,new\n"), table.url("t"))
    assert table.rows() == [[1, "old"], [2, "kept"], [3, "new"]]


def test_delete_and_load_are_one_transaction(bare: Any, table: Any, csv: Any) -> None:
    bare.move(csv("id,name\n3,new\n"), table.url("t"), if_exists="delete")
    assert table.rows() == [[3, "new"]]
    sent = table.statements()
    delete = next(number for number, sql in enumerate(sent) if sql.startswith("DELETE"))
    commit = next(n for n, sql in enumerate(sent) if n > delete and sql.startswith("COMMIT"))
    assert any(sql.startswith("COPY") for sql in sent[delete:commit])


@pytest.mark.parametrize("mode", ["replace", "truncate"])
def test_a_replaced_table_stays_what_it_is(bare: Any, table: Any, csv: Any, mode: str) -> None:
    before = _facts(table)
    plan = str(bare.explain(csv("id,name\n3,new\n"), table.url("t"), if_exists=mode))
    assert "put it in its place by one statement" in plan
    result = bare.move(csv("id,name\n3,new\n"), table.url("t"), if_exists=mode)
    assert result.notes == ()
    assert table.rows() == table.rows("v") == [[3, "new"]]
    assert _facts(table) == before
    assert table.tables() == ["t"]
    (rename,) = table.statements("alter table")
    assert rename.count(",") == 2
    assert "TRUNCATE" not in " ".join(table.statements())


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("CREATE TABLE u (x INT, CONSTRAINT f FOREIGN KEY (x) REFERENCES t (id))", "foreign keys"),
        ("ALTER TABLE t OWNER TO borrower", "another user"),
    ],
)
def test_rows_are_replaced_in_place_where_something_is_bound_to_the_table(
    bare: Any, table: Any, csv: Any, more: str, why: str
) -> None:
    table.ask(more)
    before = _facts(table)
    result = bare.move(csv("id,name\n3,new\n"), table.url("t"), if_exists="replace")
    assert why in " ".join(result.notes)
    assert table.rows() == [[3, "new"]]
    assert _facts(table) == before


def test_an_identity_goes_on_counting(bare: Any, warehouse: Any, csv: Any) -> None:
    warehouse.ask("CREATE TABLE t (id IDENTITY(10, 5), name VARCHAR(9))")
    warehouse.ask.copy("COPY t FROM STDIN", b"a\n")
    result = bare.move(csv("name\nb\n"), warehouse.url("t"), if_exists="replace")
    assert "identity" in " ".join(result.notes)
    assert warehouse.rows() == [[15, "b"]]


def test_a_dropped_table_is_made_anew_and_swapped_in(bare: Any, table: Any, csv: Any) -> None:
    bare.move(
        csv("id,other\n3,0.5\n"),
        table.url("t"),
        if_exists="drop",
        user_grants={"SELECT": ["borrower"]},
    )
    assert table.tables() == ["t"]
    assert [str(value) for value in table.rows()[0]] == ["3", "0.5"]
    (rename,) = table.statements("alter table")
    assert rename.count(",") == 2
    assert ["borrower", "SELECT"] in table.ask("SELECT grantee, privileges_description FROM grants")


def test_an_upsert_is_a_merge(bare: Any, table: Any, csv: Any) -> None:
    bare.move(csv("id,name\n1,new\n3,more\n"), table.url("t"), if_exists="upsert", key=["id"])
    assert table.rows() == [[1, "new"], [2, "kept"], [3, "more"]]
    assert len(table.statements("merge")) == 1
    assert table.tables() == ["t"]


def test_an_upsert_by_every_column_inserts_what_is_new(bare: Any, table: Any, csv: Any) -> None:
    key = ["id", "name"]
    bare.move(csv("id,name\n1,old\n3,more\n"), table.url("t"), if_exists="upsert", key=key)
    assert table.rows() == [[1, "old"], [2, "kept"], [3, "more"]]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("1,a\n1,b\n", "more than one row has the key"),
        (",a\n", "into 't_.*[.]t': NULL value in NOT NULL column 1 .id."),
    ],
)
def test_an_upsert_without_a_key_that_tells_rows_apart_changes_nothing(
    bare: Any, warehouse: Any, csv: Any, rows: str, why: str
) -> None:
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(9))")
    warehouse.ask.copy("COPY t FROM STDIN", b"1|old\n")
    with pytest.raises(MoverError, match=why):
        bare.move(csv(f"id,name\n{rows}"), warehouse.url("t"), if_exists="upsert", key=["id"])
    assert warehouse.rows() == [[1, "old"]]
    assert warehouse.tables() == ["t"]


MODES = ["append", "delete", "truncate", "replace", "drop", "upsert"]


@pytest.mark.parametrize("mode", MODES)
def test_a_bad_row_leaves_everything_as_it_was(bare: Any, table: Any, csv: Any, mode: str) -> None:
    before = _facts(table)
    schema = csv("x").with_name("schema.json")
    schema.write_text(
        '{"schema": "bltypes/v1", "fields": {"id": {"type": "integer", "index": 1},'
        ' "name": {"type": "string", "index": 2, "constraints": {"max_length_bytes": 9}}}}'
    )
    with pytest.raises(MoverError, match="too long") as caught:
        bare.move(
            csv("id,name\n3,fine\n4,much too long\n"),
            table.url("t"),
            if_exists=mode,
            key=["id"] if mode == "upsert" else None,
            schema=schema,
        )
    assert "14-byte value" in str(caught.value) or "13-byte value" in str(caught.value)
    assert table.rows() == [[1, "old"], [2, "kept"]]
    assert _facts(table) == before
    assert table.tables() == ["t"]


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_key_that_is_enforced_and_repeated_is_told_in_the_servers_words(
    bare: Any, warehouse: Any, csv: Any, mode: str
) -> None:
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(9), CONSTRAINT k PRIMARY KEY (id) ENABLED)")
    warehouse.ask.copy("COPY t FROM STDIN", b"1|old\n")
    with pytest.raises(LoadUnloadError, match=r"Duplicate key values.*\[6745\]"):
        bare.move(csv("id,name\n2,a\n2,b\n"), warehouse.url("t"), if_exists=mode)
    assert warehouse.rows() == [[1, "old"]]
    assert warehouse.tables() == ["t"]


def test_a_table_that_comes_to_be_is_seen_when_it_is_whole(
    bare: Any, warehouse: Any, csv: Any
) -> None:
    bare.move(csv("id,name\n1,a\n"), warehouse.url("new"))
    assert warehouse.rows("new") == [[1, "a"]]
    made, copied, renamed = (
        next(n for n, sql in enumerate(warehouse.statements()) if sql.startswith(word))
        for word in ("CREATE TABLE", "COPY", "ALTER TABLE")
    )
    assert made < copied < renamed


def test_what_a_killed_move_left_behind_is_dropped_by_the_next(
    bare: Any, table: Any, csv: Any
) -> None:
    token = staging.new_token()
    dead = token[:14] + "fffffe" + token[20:]
    for name in (f"mover_stage_{dead}_t", f"mover_old_{dead}_t"):
        table.ask(f'CREATE TABLE "{name}" (a INT)')
    bare.move(csv("id,name\n3,new\n"), table.url("t"), if_exists="replace")
    assert table.tables() == ["t"]


def test_columns_that_differ_by_case_alone_are_refused(bare: Any, warehouse: Any, csv: Any) -> None:
    with pytest.raises(SchemaError, match="differ by case alone"):
        bare.move(csv("Id,ID\n1,2\n"), warehouse.url("new"))
    assert warehouse.tables() == []


def test_long_names_are_cut_at_128_octets_and_never_become_one(
    bare: Any, warehouse: Any, csv: Any
) -> None:
    long = "é" * 70
    bare.move(csv(f"{long},b\n1,2\n"), warehouse.url("new"))
    warehouse.ask("SELECT * FROM new")
    assert [column.name for column in warehouse.ask.cursor.description] == ["é" * 64, "b"]
    with pytest.raises(SchemaError, match="would both be called"):
        bare.move(csv(f"{long}a,{long}b\n1,2\n"), warehouse.url("other"))


def test_a_new_table_lies_as_the_settings_say(bare: Any, warehouse: Any, csv: Any) -> None:
    url = warehouse.url("new", order_by="b", segmented_by="a", ksafe="1")
    bare.move(csv("a,b\n1,2\n"), url)
    (made,) = warehouse.statements("create table")
    assert 'ORDER BY "b" SEGMENTED BY HASH("a") ALL NODES KSAFE 1' in made
    with pytest.raises(MoverError, match="no column 'z'"):
        bare.move(csv("a,b\n1,2\n"), warehouse.url("other", order_by="z"))


def test_verify_compares_what_has_landed(bare: Any, table: Any, csv: Any) -> None:
    for mode in ("append", "replace", "upsert"):
        key = ["id"] if mode == "upsert" else None
        rows = csv("id,name\n7,seven\n8,\n")
        result = bare.move(rows, table.url("t"), if_exists=mode, key=key, verify=True)
        assert result.verified
