"""A move that was killed while Redshift wrote into a folder: the next one removes what it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import RecordsFolderNonEmptyException, StoreError
from records_mover.records.folders.directory import RecordsDirectory
from support.halting import kill_before

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask("create table t (id integer)")
    warehouse.ask("insert into t values (1)")
    return warehouse


@pytest.mark.parametrize("moment", ["keep", "finish"])
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_a_killed_move_left_is_removed_and_nothing_else(
    bare: Any, table: Any, objects: Any, tmp_path: Path, form: str, moment: str
) -> None:
    source, folder = table.url("t"), objects.url("u/")
    kill_before(moment, source, folder, target_format=form)
    left = objects.names("u/")
    assert left
    objects.put("u/mine.csv", "id\n7\n")
    with pytest.raises(RecordsFolderNonEmptyException, match=r"it has 'mine\.csv'"):
        bare.move(source, folder, target_format=form)
    assert set(objects.names("u/")) == {*left, "u/mine.csv"}
    objects.client.delete_object(Bucket=objects.bucket, Key=f"{objects.folder}/u/mine.csv")
    assert bare.move(source, folder, target_format=form).rows == 1
    there = objects.names("u/")
    assert not set(left) & set(there) - {"u/_schema.json"}
    assert "u/_manifest" in there
    assert len([name for name in there if not name.startswith("u/_")]) == (
        1 if form == "parquet" else 4
    )
    assert bare.move(folder, tmp_path / "back.csv").move_count == 1
    assert not list((tmp_path / "state").rglob("*.note"))


@pytest.mark.parametrize("moment", ["keep", "finish"])
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_move_that_fails_removes_its_own_files_and_nobody_elses(
    bare: Any, table: Any, objects: Any, monkeypatch: pytest.MonkeyPatch, form: str, moment: str
) -> None:
    def failing(*args: Any, **named: Any) -> None:
        del args, named
        assert objects.names("u/")
        objects.put("u/mine.csv", "id\n7\n")
        objects.put("u/_format_mine", "of another move")
        raise StoreError("the disk is full", "free some space")

    monkeypatch.setattr(RecordsDirectory, moment, failing)
    with pytest.raises(StoreError, match="the disk is full"):
        bare.move(table.url("t"), objects.url("u/"), target_format=form)
    assert sorted(objects.names("u/")) == ["u/_format_mine", "u/mine.csv"]
