"""What ``verify`` compares, what it finds, and what it refuses to claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover.errors import UsageError, VerifyError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench, Move


IN_BOTH = "the count of rows and a checksum of 3 columns, in both databases"
AGAIN = "the count of rows and a checksum of 3 columns, read again at both ends"
MADE = (
    "CREATE TABLE t (id int, a text, n numeric(10,2))",
    "INSERT INTO t SELECT i, 'x' || i, i / 7.0 FROM generate_series(1, 100) AS i",
    "INSERT INTO t VALUES (NULL, NULL, NULL), (0, '', 0)",
)
EMPTY = "CREATE TABLE t (id int, a text, n numeric(10,2))"
SPOILING = """
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN {} RETURN NEW; END $$
"""
TRIGGER = "CREATE TRIGGER s BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION spoil()"


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run(*MADE)
    return one_pg


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace"])
def test_both_databases_are_summed_up_in_each_mode(
    near: Bench, far_pg: Bench, move: Move, mode: str
) -> None:
    far_pg.run(*MADE)
    moved = move(f"{near.url}::t", f"{far_pg.url}::t", if_exists=mode, verify=True)
    assert (moved.verified, moved.compared, moved.rows) == (True, IN_BOTH, 102)


def test_a_new_table_and_one_within_the_server_are_verified(
    near: Bench, far_pg: Bench, move: Move
) -> None:
    assert move(f"{near.url}::t", f"{far_pg.url}::new", verify=True).verified
    within = move(f"{near.url}::t", f"{near.url}::new", verify=True)
    assert (within.compared, within.route) == (IN_BOTH, ("postgres-insert-select",))


def test_rows_that_are_sent_as_text_are_summed_up_too(
    near: Bench, far_pg: Bench, move: Move
) -> None:
    far_pg.run("CREATE TABLE t (id bigint, a text, n numeric)")
    moved = move(f"{near.url}::t", f"{far_pg.url}::t", verify=True)
    assert (moved.route[0], moved.compared) == ("postgres-copy-out", IN_BOTH)


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_a_value_that_changes_on_the_way_names_its_column(
    near: Bench, far_pg: Bench, move: Move, mode: str
) -> None:
    far_pg.run(EMPTY, SPOILING.format("NEW.a := upper(NEW.a);"), TRIGGER)
    with pytest.raises(VerifyError, match="not those that were sent in 'a';"):
        move(f"{near.url}::t", f"{far_pg.url}::t", if_exists=mode, verify=True)
    assert far_pg.rows("TABLE t") == []


def test_a_value_that_is_lost_is_not_taken_for_a_null(
    near: Bench, far_pg: Bench, move: Move
) -> None:
    far_pg.run(EMPTY, SPOILING.format("NEW.a := nullif(NEW.a, '');"), TRIGGER)
    with pytest.raises(VerifyError, match="'a'"):
        move(f"{near.url}::t", f"{far_pg.url}::t", verify=True)


def test_a_loss_that_is_allowed_is_left_out_and_said_so(
    near: Bench, far_pg: Bench, move: Move
) -> None:
    far_pg.run("CREATE TABLE t (id int, a text, n numeric(10,1))")
    moved = move(f"{near.url}::t", f"{far_pg.url}::t", verify=True, allow_lossy="n")
    assert moved.compared == (
        "the count of rows and a checksum of 2 columns, in both databases; "
        "not 'n', which may lose something"
    )


def test_rounding_is_found(near: Bench, far_pg: Bench, move: Move) -> None:
    far_pg.run(EMPTY, SPOILING.format("NEW.n := round(NEW.n, 1);"), TRIGGER)
    with pytest.raises(VerifyError, match="'n'"):
        move(f"{near.url}::t", f"{far_pg.url}::t", verify=True)
    assert far_pg.rows("TABLE t") == []


FLOATS = "CREATE TABLE f (a float8, b float4)"
ODD_FLOATS = "INSERT INTO f VALUES ('-0', 0), (0, '-0'), ('NaN', 'NaN'), ('-Infinity', NULL)"


@pytest.mark.parametrize("mode", ["append", "replace"])
def test_zeros_with_a_sign_and_what_is_no_number_are_summed_up(
    near: Bench, far_pg: Bench, move: Move, mode: str
) -> None:
    near.run(FLOATS, ODD_FLOATS)
    far_pg.run(FLOATS)
    assert move(f"{near.url}::f", f"{far_pg.url}::f", if_exists=mode, verify=True).verified
    far_pg.run(SPOILING.format("NEW.a := NEW.a + 0;"), TRIGGER.replace(" ON t ", " ON f "))
    with pytest.raises(VerifyError, match="not those that were sent in 'a';"):
        move(f"{near.url}::f", f"{far_pg.url}::f", if_exists=mode, verify=True)
    assert far_pg.rows("SELECT count(*) FROM f") == [(4,)]


def test_a_trigger_that_adds_a_row_is_found(near: Bench, far_pg: Bench, move: Move) -> None:
    far_pg.run(
        EMPTY,
        SPOILING.format("IF NEW.id = 7 THEN INSERT INTO t VALUES (1007, 'more'); END IF;"),
        TRIGGER,
    )
    with pytest.raises(VerifyError, match="102 rows were sent and 103 arrived"):
        move(f"{near.url}::t", f"{far_pg.url}::t", verify=True)
    assert far_pg.rows("TABLE t") == []


def test_a_file_is_verified_against_a_trigger_that_adds_rows(
    one_pg: Bench, move: Move, tmp_path: Path
) -> None:
    one_pg.run(
        EMPTY,
        SPOILING.format("IF NEW.id = 1 THEN INSERT INTO t VALUES (1001, 'more'); END IF;"),
        TRIGGER,
    )
    source = tmp_path / "t.csv"
    source.write_bytes(b"id,a,n\n1,x,1.5\n2,,\n")
    for mode in ("append", "truncate", "replace"):
        with pytest.raises(VerifyError, match="2 rows were sent and 3 arrived"):
            move(str(source), f"{one_pg.url}::t", if_exists=mode, verify=True)
        assert one_pg.rows("TABLE t") == []


def test_a_row_too_many_is_found(near: Bench, far_pg: Bench, move: Move) -> None:
    far_pg.run(EMPTY, SPOILING.format("IF NEW.id = 7 THEN RETURN NULL; END IF;"), TRIGGER)
    with pytest.raises(VerifyError, match="102 rows were sent and 101 arrived"):
        move(f"{near.url}::t", f"{far_pg.url}::t", if_exists="replace", verify=True)
    assert far_pg.rows("TABLE t") == []


def test_types_that_cannot_be_compared_are_said_so(near: Bench, far_pg: Bench, move: Move) -> None:
    near.run("CREATE TABLE j AS SELECT 'a'::varchar AS b, '1 day'::interval AS c")
    far_pg.run("CREATE TABLE j (b varchar, c text)")
    with pytest.raises(VerifyError, match=r"'c' cannot be verified: it is interval .* and text"):
        move(f"{near.url}::j", f"{far_pg.url}::j", verify=True)
    assert far_pg.rows("TABLE j") == []


def test_rows_of_a_file_are_read_again(one_pg: Bench, move: Move, tmp_path: Path) -> None:
    source = tmp_path / "t.csv"
    source.write_bytes(b"id,a,n\n1,x,1.5\n2,,\n")
    moved = move(str(source), f"{one_pg.url}::t", verify=True)
    assert (moved.verified, moved.compared) == (True, AGAIN)
    one_pg.run(SPOILING.format("IF NEW.id = 1 THEN RETURN NULL; END IF;"), TRIGGER)
    with pytest.raises(VerifyError, match="2 rows were sent and 1 arrived"):
        move(str(source), f"{one_pg.url}::t", verify=True)
    assert one_pg.rows("SELECT count(*) FROM t") == [(2,)]


def test_what_nobody_reads_again_is_not_called_verified(near: Bench, move: Move) -> None:
    with pytest.raises(UsageError, match="not read again"):
        move(f"{near.url}::t", "-", target_format="csv", verify=True)


def test_an_upsert_is_verified_by_the_rows_with_its_keys(
    near: Bench, far_pg: Bench, move: Move
) -> None:
    near.run("DELETE FROM t WHERE id IS NULL")
    far_pg.run(EMPTY, "INSERT INTO t VALUES (5, 'old', 5), (1000, 'other', 1)")
    upsert = {"if_exists": "upsert", "key": ("id",), "verify": True}
    moved = move(f"{near.url}::t", f"{far_pg.url}::t", **upsert)
    assert moved.compared == IN_BOTH
    assert far_pg.rows("SELECT count(*) FROM t") == [(102,)]
    spoiled = TRIGGER.replace("INSERT", "INSERT OR UPDATE")
    far_pg.run(SPOILING.format("IF NEW.id = 5 THEN NEW.a := 'worse'; END IF;"), spoiled)
    with pytest.raises(VerifyError, match="not those that were sent in 'a';"):
        move(f"{near.url}::t", f"{far_pg.url}::t", **upsert)
    assert far_pg.rows("SELECT a FROM t WHERE id = 5") == [("x5",)]


def test_nothing_is_claimed_when_nothing_was_asked(near: Bench, far_pg: Bench, move: Move) -> None:
    moved = move(f"{near.url}::t", f"{far_pg.url}::t")
    assert (moved.verified, moved.compared) == (None, "")
