"""A move that was killed while Vertica wrote into a folder: the next one removes what it left."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from mover_vertica.export import names
from records_mover.errors import RecordsFolderNonEmptyException, StoreError
from records_mover.parts import Part
from records_mover.records.folders.directory import RecordsDirectory
from support.halting import kill_before

if TYPE_CHECKING:
    from pathlib import Path


PACKED = {
    "target_variant": "bluelabs",
    "target_hints": {"compression": "BZIP", "header-row": False},
}


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask("create table t (id integer)")
    warehouse.ask("insert into t values (1)")
    warehouse.ask("commit")
    return warehouse


@pytest.mark.parametrize("moment", ["keep", "finish"])
@pytest.mark.parametrize(
    ("options", "s3export"),
    [({"target_format": "parquet"}, "off"), ({"target_format": "csv"}, "off"), (PACKED, "on")],
)
def test_what_a_killed_move_left_is_removed_and_nothing_else(
    bare: Any, table: Any, objects: Any, tmp_path: Path, options: Any, s3export: str, moment: str
) -> None:
    source, folder = table.url("t", s3export=s3export), objects.url("u/")
    kill_before(moment, source, folder, **options)
    left = objects.names("u/")
    assert left
    assert any(name.startswith("u/data-") for name in left) == (s3export == "on")
    objects.put("u/mine.csv", "id\n7\n")
    with pytest.raises(RecordsFolderNonEmptyException, match=r"it has 'mine\.csv'"):
        bare.move(source, folder, **options)
    assert set(objects.names("u/")) == {*left, "u/mine.csv"}
    objects.client.delete_object(Bucket=objects.bucket, Key=f"{objects.folder}/u/mine.csv")
    assert bare.move(source, folder, **options).rows == 1
    there = objects.names("u/")
    assert not set(left) & set(there) - {"u/_schema.json"}
    assert "u/_manifest" in there
    assert len([name for name in there if not name.startswith("u/_")]) == 1
    assert bare.move(folder, tmp_path / "back.csv").move_count == 1
    assert not list((tmp_path / "state").rglob("*.note"))


def test_names_are_claimed_while_the_server_still_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_FIRST", 0.01)
    found: list[str] = []
    claimed = threading.Event()
    heard: list[str] = []

    class Looked:
        def parts(self, folder: str) -> tuple[Part, ...]:
            found.append(folder)
            if len(found) == 1:
                raise StoreError("the store is busy")
            there = ("_x", "9f3c11aa-v_vmart_node0001-7-0.parquet")[: len(found) - 1]
            return tuple(Part(name=folder + name, open=io.BytesIO) for name in there)

    class Named:
        beginning = "data-"

        def claim(self, beginning: str) -> None:
            heard.append(beginning)
            claimed.set()

    with names.claiming(cast(Any, Looked()), "s3://b/u/", Named()):
        assert claimed.wait(20)
    assert (heard, found) == (["9f3c11aa-"], ["s3://b/u/"] * 3)


@pytest.mark.parametrize("moment", ["keep", "finish"])
@pytest.mark.parametrize(
    ("options", "s3export"),
    [({"target_format": "parquet"}, "off"), ({"target_format": "csv"}, "off"), (PACKED, "on")],
)
def test_a_move_that_fails_removes_its_own_files_and_nobody_elses(
    bare: Any,
    table: Any,
    objects: Any,
    monkeypatch: pytest.MonkeyPatch,
    options: Any,
    s3export: str,
    moment: str,
) -> None:
    def failing(*args: Any, **named: Any) -> None:
        del args, named
        assert objects.names("u/")
        objects.put("u/mine.csv", "id\n7\n")
        objects.put("u/_format_mine", "of another move")
        raise StoreError("the disk is full", "free some space")

    monkeypatch.setattr(RecordsDirectory, moment, failing)
    with pytest.raises(StoreError, match="the disk is full"):
        bare.move(table.url("t", s3export=s3export), objects.url("u/"), **options)
    assert sorted(objects.names("u/")) == ["u/_format_mine", "u/mine.csv"]
