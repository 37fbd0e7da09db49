"""Bad input gets one clear line that says where it is, and the table is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

GOOD = b"id,name,at\n1,a,2020-01-01\n"
CASES = {
    "an empty file": (b"", r"'.*in\.csv' is empty"),
    "binary junk": (b"\x00\x01\xfe\xff" * 500, r"'.*in\.csv' is binary"),
    "too few fields": (GOOD + b"2,b\n", r"line 3 of '.*in\.csv': .*\"at\" in the row '2,b'"),
    "too many fields": (
        GOOD + b"2,b,2020-01-01,9\n",
        r"line 3 of .* in the row '2,b,2020-01-01,9'",
    ),
    "a value that is no number": (
        b"id,name,at\nx,a,2020-01-01\n",
        r"line 2 .*column 'id': .*\"x\"",
    ),
    "a value that is too long": (
        GOOD + b"2,abcd,2020-01-01\n",
        r"line 3 .*column 'name': .*'abcd'",
    ),
    "a date that is none": (GOOD + b"2,b,2020-02-30\n", r"line 3 .*column 'at': .*2020-02-30"),
    "an unknown column": (b"id,nme,at\n1,a,2020-01-01\n", r"no column 'nme'; did you mean 'name'"),
}
MISSING = (b"id,name\n1,a\n", r"no column 'at'")
"""In the mode ``replace`` the table takes on the columns of the rows, so that this one goes."""


@pytest.mark.parametrize(
    ("content", "says", "mode"),
    [
        *(
            pytest.param(*case, mode, id=f"{name}-{mode}")
            for name, case in CASES.items()
            for mode in ("append", "delete", "truncate", "replace")
        ),
        *(
            pytest.param(*MISSING, mode, id=f"a missing column-{mode}")
            for mode in ("append", "delete", "truncate")
        ),
    ],
)
def test_the_line_says_what_is_wrong_and_the_old_rows_stay(
    pg: Bench, tmp_path: Path, content: bytes, says: str, mode: str
) -> None:
    pg.run(
        "CREATE TABLE t (id int, name varchar(3), at date)",
        "INSERT INTO t VALUES (7, 'old', '1999-01-01')",
    )
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    with Session() as session, pytest.raises(MoverError, match=says) as raised:
        session.move(str(source), f"{pg.url}::t", if_exists=mode)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code in (1, 2)
    assert pg.rows("SELECT id, name FROM t") == [(7, "old")]


def test_a_header_alone_makes_the_table_and_moves_nothing(pg: Bench, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(b"id,name\n")
    with Session() as session:
        assert session.move(str(source), f"{pg.url}::fresh").rows == 0
    assert [column.name for column in pg.info("fresh").columns] == ["id", "name"]


def test_a_place_that_is_not_there_or_not_ours_is_named(pg: Bench, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(GOOD)
    other = pg.url.rpartition("@")[2].partition("/")[0]
    database = pg.url.rpartition("/")[2]
    pg.run("CREATE ROLE stranger LOGIN PASSWORD 'canary'", "CREATE TABLE t (id int)")
    pg.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")  # as it is from 15 on
    try:
        ends = {
            f"{pg.url}::nowhere.t": "no schema 'nowhere'",
            f"postgresql://stranger:wrong-canary@{other}/{database}::t": "password",
            f"postgresql://stranger:canary@{other}/{database}::t2": "permission denied",
            "postgresql://me:canary@127.0.0.1:1/db::t": "check that the server runs",
        }
        for target, says in ends.items():
            with Session() as session, pytest.raises(MoverError, match=says) as raised:
                session.move(str(source), target)
            assert "canary" not in str(raised.value)
    finally:
        pg.run("DROP ROLE stranger")
