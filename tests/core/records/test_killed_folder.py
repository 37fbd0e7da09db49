"""A records directory whose writer was killed: the next move removes what is its own, only that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import RecordsFolderNonEmptyException, StoreError
from records_mover.records.folders.directory import RecordsDirectory
from records_mover.url.local import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys, time
from records_mover import Session
from records_mover.records.folders.directory import RecordsDirectory
write = RecordsDirectory._write
def halting(self, name, text):
    if name.startswith(sys.argv[3]):
        print("now", flush=True)
        time.sleep(60)
    write(self, name, text)
RecordsDirectory._write = halting
with Session() as session:
    session.move(sys.argv[1], sys.argv[2])
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "in.csv"
    path.write_text("id,a\n1,x\n2,y\n")
    return path


def killed(source: Path, folder: Path, moment: str) -> None:
    command = [sys.executable, "-c", WRITER, str(source), f"{folder}/", moment]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def move(source: Path, folder: Path) -> None:
    with Session() as session:
        session.move(str(source), f"{folder}/")


@pytest.mark.parametrize("moment", ["manifest", "_schema", "_format"])
def test_the_next_move_removes_what_a_killed_one_left(
    source: Path, tmp_path: Path, moment: str
) -> None:
    folder = tmp_path / "dir"
    killed(source, folder, moment)
    left = {path.name for path in folder.iterdir()}
    assert "data.csv" in left
    assert "_manifest" not in left
    source.write_text("id,a\n3,z\n")
    move(source, folder)
    assert (folder / "data.csv").read_text() == "id,a\n3,z\n"
    whole = {path.name for path in folder.iterdir()}
    assert whole == {"data.csv", "_manifest", "_schema.json", "_format_delimited"}
    assert not list((tmp_path / "state").rglob("*.note"))


def test_files_of_somebody_else_are_left_alone(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    killed(source, folder, "manifest")
    (folder / "mine.csv").write_text("id\n1\n")
    with pytest.raises(RecordsFolderNonEmptyException, match=r"has 'mine\.csv'"):
        move(source, folder)
    assert {path.name for path in folder.iterdir()} == {"data.csv", "mine.csv"}


def test_a_file_that_was_changed_since_is_somebody_elses(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    killed(source, folder, "manifest")
    (folder / "data.csv").write_text("something longer than it was")
    with pytest.raises(RecordsFolderNonEmptyException, match=r"has 'data\.csv'"):
        move(source, folder)
    assert (folder / "data.csv").exists()


def test_a_plan_removes_nothing(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    killed(source, folder, "manifest")
    with Session() as session:
        session.explain(str(source), f"{folder}/")
    assert [path.name for path in folder.iterdir()] == ["data.csv"]


def test_a_folder_that_is_still_written_is_not_empty(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    command = [sys.executable, "-c", WRITER, str(source), f"{folder}/", "manifest"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        with pytest.raises(RecordsFolderNonEmptyException):
            move(source, folder)
        process.kill()


def test_a_whole_directory_is_refused_even_if_its_move_was_killed_just_then(
    source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dir"
    killed(source, folder, "_format")
    (folder / "_manifest").write_text("{}")
    with pytest.raises(RecordsFolderNonEmptyException):
        move(source, folder)
    assert (folder / "data.csv").exists()


def test_a_move_that_fails_removes_its_own_files_and_nobody_elses(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dir"

    def failing(*_: object) -> None:
        assert (folder / "data.csv").exists()
        for name in ("mine.csv", "_format_mine", "_manifest"):
            (folder / name).write_text("of another move")
        raise StoreError("the disk is full", "free some space")

    monkeypatch.setattr(RecordsDirectory, "finishing_names", failing)
    with pytest.raises(StoreError, match="the disk is full"):
        move(source, folder)
    left = sorted(path.name for path in folder.iterdir())
    assert left == ["_format_mine", "_manifest", "mine.csv"]
    assert not list((tmp_path / "state").rglob("*.note"))


def test_what_a_failed_move_cannot_remove_is_left_for_the_next_one(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "dir"

    def failing(*_: object) -> None:
        raise StoreError("the disk is full", "free some space")

    with monkeypatch.context() as patched:
        patched.setattr(RecordsDirectory, "finish", failing)
        patched.setattr(LocalStore, "delete", failing)
        with pytest.raises(StoreError, match="the disk is full"):
            move(source, folder)
    assert [path.name for path in folder.iterdir()] == ["data.csv"]
    assert "left for the next move" in caplog.text
    move(source, folder)
    assert (folder / "_manifest").exists()
