"""Scratch space: a folder of one's own that is gone afterwards, and what a killed move left."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from records_mover.errors import StoreError, UsageError
from records_mover.url.local import LocalStore
from records_mover.url.scratch import is_scratch_place, personal, scratch_place, scratch_space
from records_mover.url.stdio import StdioStore

KILLED = """
import os, pathlib, signal, sys
from records_mover.url.local import LocalStore
from records_mover.url.scratch import scratch_space
with scratch_space(LocalStore(), sys.argv[1]) as url:
    pathlib.Path(url, "data").write_text("x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(path))
    return path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "tmp"
    path.mkdir()
    return path


def test_each_move_has_a_folder_of_its_own_that_is_gone_afterwards(base: Path) -> None:
    store = LocalStore()
    with scratch_space(store, str(base)) as one, scratch_space(store, f"{base}/") as other:
        assert one != other
        assert Path(one).parent == Path(other).parent == base
        Path(one, "data").write_text("x")
    assert list(base.iterdir()) == []


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_empties_it_too(base: Path, kind: type[BaseException]) -> None:
    def work() -> None:
        with scratch_space(LocalStore(), str(base)) as url:
            Path(url, "data").write_text("x")
            raise kind

    with pytest.raises(kind):
        work()
    assert list(base.iterdir()) == []


def _kill_one(base: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(base)], check=False)


def test_what_a_killed_move_left_is_removed_by_the_next(base: Path, state: Path) -> None:
    _kill_one(base)
    assert len(list(base.iterdir())) == 1
    with scratch_space(LocalStore(), str(base)) as url:
        assert [str(path) for path in base.iterdir()] == [url.rstrip("/")]
    assert list(state.rglob("*.note")) == []


def test_what_others_have_there_is_left_alone(base: Path, tmp_path: Path) -> None:
    (base / "somebody's").mkdir()
    young = f"mover-scratch-{_stamp(days=1)}-{'0' * 32}"
    (base / young).mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _kill_one(elsewhere)
    with scratch_space(LocalStore(), str(base)), scratch_space(LocalStore(), str(base)):
        assert len(list(base.iterdir())) == 4
    assert {path.name for path in base.iterdir()} == {"somebody's", young}
    assert len(list(elsewhere.iterdir())) == 1


def test_what_is_old_is_removed_whoever_left_it(base: Path) -> None:
    (base / f"mover-scratch-{_stamp(days=8)}-{'0' * 32}").mkdir()
    with scratch_space(LocalStore(), str(base)):
        assert len(list(base.iterdir())) == 1


def test_a_note_that_was_tampered_with_empties_nothing_else(base: Path, state: Path) -> None:
    (base / "precious").mkdir()
    notes = state / "records-mover" / "scratch"
    notes.mkdir(parents=True)
    for number, text in enumerate(
        [f'{{"url": "{base}/precious/"}}', f'{{"url": "{base}/"}}', "[]", "{}", "torn {"]
    ):
        (notes / f"{number}.note").write_text(text)
    with scratch_space(LocalStore(), str(base)):
        assert (base / "precious").exists()


def test_what_cannot_be_emptied_is_said_and_tried_again(
    base: Path, state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def purge(_store: LocalStore, url: str) -> None:
        raise StoreError(f"no permission for {url!r}")

    with monkeypatch.context() as patch, scratch_space(LocalStore(), str(base)) as url:
        patch.setattr(LocalStore, "purge", purge)
    assert f"the scratch folder {url} could not be emptied" in caplog.text
    assert len(list(state.rglob("*.note"))) == 1
    with scratch_space(LocalStore(), str(base)):
        assert len(list(base.iterdir())) == 1
    assert list(base.iterdir()) == []


def test_notes_are_private(base: Path, state: Path) -> None:
    with scratch_space(LocalStore(), str(base)):
        (note,) = state.rglob("*.note")
        assert note.stat().st_mode & 0o777 == 0o600


def test_a_store_without_folders_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="cannot be used as scratch space"),
        scratch_space(StdioStore(), "-"),
    ):
        pass


class _Known(LocalStore):
    name: str | None = "Ada"

    def user(self, url: str) -> str | None:
        return self.name


def test_scratch_space_may_be_named_after_the_user(caplog: pytest.LogCaptureFixture) -> None:
    assert personal(_Known(), "s3://b/tmp/{user}/") == "s3://b/tmp/Ada/"
    assert personal(LocalStore(), "/tmp/x/") == "/tmp/x/"
    with pytest.raises(UsageError, match="does not know its users"):
        personal(LocalStore(), "/tmp/{user}/")
    nobody = _Known()
    nobody.name = None
    assert personal(nobody, "s3://b/tmp/{user}/") is None
    assert "there is no scratch space at s3://b/tmp/{user}/" in caplog.text


def test_a_plan_names_a_folder_that_is_still_to_be_made() -> None:
    assert scratch_place("s3://b/tmp") == scratch_place("s3://b/tmp/")
    assert is_scratch_place(scratch_place("s3://b/tmp"))
    assert not is_scratch_place("s3://b/tmp/")


def _stamp(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y%m%dT%H%M%SZ")
