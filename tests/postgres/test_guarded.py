"""What publishing would refuse is shown by ``explain`` already, in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

CASES = [
    ("delete", "CREATE TABLE child () INHERITS (t)", "children by inheritance.*'child'"),
    (
        "replace",
        "CREATE RULE quiet AS ON DELETE TO t DO INSTEAD NOTHING",
        "rules that say what its statements do: 'quiet'",
    ),
    ("upsert", "CREATE RULE loud AS ON INSERT TO t DO NOTHING", "'loud'"),
    ("truncate", "CREATE TABLE other (id int REFERENCES t)", "cannot be truncated: 'public.other'"),
    (
        "delete",
        "CREATE TABLE other AS SELECT 1 AS id; ALTER TABLE other ADD FOREIGN KEY (id) REFERENCES t",
        "rows of 'public.other' refer to those of",
    ),
]


@pytest.mark.parametrize(("mode", "made", "words"), CASES)
def test_explain_shows_what_the_move_would_refuse(
    one_pg: Bench, tmp_path: Path, mode: str, made: str, words: str
) -> None:
    one_pg.run("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)", made)
    path = tmp_path / "t.csv"
    path.write_text("id\n2\n")
    options: dict[str, Any] = {"if_exists": mode, "key": ("id",) if mode == "upsert" else ()}
    with Session() as session:
        shown = str(session.explain(str(path), f"{one_pg.url}::t", **options))
        assert re.search(f"as things are it is refused: .*{words}", shown)
        with pytest.raises(DatabaseError, match=words):
            session.move(str(path), f"{one_pg.url}::t", **options)
        assert "refused: " not in str(session.explain(str(path), f"{one_pg.url}::t"))
    assert one_pg.rows("TABLE t") == [(1,)]
