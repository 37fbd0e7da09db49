"""Files of this machine: found by their many spellings, written whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import MoverError, NotFoundError, StoreError
from records_mover.url import pipes, scheme_of
from records_mover.url.local import LocalStore, local_path

if TYPE_CHECKING:
    from collections.abc import Callable

STORE = LocalStore()


def _listed(url: object) -> list[str]:
    return [entry.url for entry in STORE.list(str(url))]


def _write(url: object, data: bytes) -> None:
    with STORE.write(str(url)) as sink:
        sink.write(data)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/a/b.csv", "/a/b.csv"),
        ("file:///a/b.csv", "/a/b.csv"),
        ("FILE:///a/b.csv", "/a/b.csv"),
        ("file://localhost/a", "/a"),
        ("file:/a", "/a"),
        ("file:a/b", "a/b"),
        ("file:///with%20space%25", "/with space%"),
        ("file:///a#b?c.csv", "/a#b?c.csv"),
        ("file:///~/a", "/~/a"),
        ("a%20b", "a%20b"),
        ("C:\\data\\a.csv", "C:\\data\\a.csv"),
        ("2024-01-01T10:00:00.csv", "2024-01-01T10:00:00.csv"),
        ("notes:old.csv", "notes:old.csv"),
    ],
)
def test_a_path_has_many_spellings(url: str, path: str) -> None:
    assert scheme_of(url) == "file"
    assert str(local_path(url)) == path


@pytest.mark.parametrize(
    ("url", "scheme"), [("-", "stdio"), ("S3://b/k", "s3"), ("a+b://c", "a+b")]
)
def test_what_is_no_path_has_its_own_scheme(url: str, scheme: str) -> None:
    assert scheme_of(url) == scheme


def test_the_home_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.csv").write_text("x")
    assert _listed("~/a.csv") == [str(tmp_path / "a.csv")]
    _write("~/b.csv", b"y")
    assert (tmp_path / "b.csv").read_text() == "y"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file://host/a", "names the host 'host'"),
        ("a\0b", "cannot hold a zero byte"),
        ("~nobody_of_that_name/a", "nobody's home"),
        ("/no/such/dir/", "no directory '/no/such/dir/'"),
        ("/no/such/a.csv", "no directory '/no/such'"),
        ("/no/such/*.csv", "no file matches"),
        ("/etc/hostname/a", "not a directory"),
        ("/etc", "is a directory"),
    ],
)
def test_what_is_not_there_is_said_plainly(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        _listed(url)


def test_a_missing_file_in_a_folder_that_is_there_is_a_missing_file(tmp_path: Path) -> None:
    for read in (STORE.open, STORE.size, STORE.delete):
        with pytest.raises(NotFoundError, match=r"there is no file '.*/a\.csv'"):
            read(str(tmp_path / "a.csv"))


def test_wildcards_name_files_in_order_and_no_folders(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "c.txt", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / "d.csv").mkdir()
    assert _listed(tmp_path / "*.csv") == [str(tmp_path / n) for n in ("a.csv", "b.csv")]
    assert _listed(f"file://{tmp_path}/[bc].*") == [str(tmp_path / n) for n in ("b.csv", "c.txt")]


def test_a_name_with_brackets_is_a_file_if_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "a[1].csv").write_text("x")
    assert _listed(tmp_path / "a[1].csv") == [str(tmp_path / "a[1].csv")]


def test_a_folder_names_its_files_but_no_half_written_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to("a.csv")
    with STORE.write(str(tmp_path / "c.csv")):
        assert _listed(f"{tmp_path}/") == [str(tmp_path / n) for n in ("a.csv", "link.csv")]


@pytest.mark.parametrize("asked", ["", "*.csv", "[ab].csv"])
def test_a_link_to_what_is_not_there_is_no_file_fewer(tmp_path: Path, asked: str) -> None:
    (tmp_path / "a.csv").write_text("x")
    (tmp_path / "b.csv").symlink_to("annexed/b.csv")
    with pytest.raises(NotFoundError, match=r"b\.csv' is a link to 'annexed/b\.csv', which is not"):
        _listed(f"{tmp_path}/{asked}")
    (tmp_path / "b.csv").unlink()
    (tmp_path / ".#a.csv").symlink_to("me@here.123")
    assert _listed(f"{tmp_path}/{asked}") == [str(tmp_path / "a.csv")]


def test_sizes_are_known_of_files_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (file,) = STORE.list(str(tmp_path / "a"))
    (pipe,) = STORE.list(str(tmp_path / "pipe"))
    assert (file.size, file.rereadable) == (5, True)
    assert (pipe.size, pipe.rereadable) == (None, False)
    assert STORE.size("/dev/null") is None


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [(0, None, b"0123456789"), (3, None, b"3456789"), (3, 4, b"3456"), (8, 9, b"89"), (2, 0, b"")],
)
def test_a_file_can_be_read_in_part(
    tmp_path: Path, offset: int, length: int | None, expected: bytes
) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    with STORE.open(str(tmp_path / "a"), offset=offset, length=length) as stream:
        assert stream.read() == expected


def test_a_pipe_cannot_be_read_from_the_middle(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    holder = os.open(tmp_path / "pipe", os.O_RDWR)
    try:
        with pytest.raises(StoreError, match="illegal seek"):
            STORE.open(str(tmp_path / "pipe"), offset=1)
    finally:
        os.close(holder)


def test_a_target_appears_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with STORE.write(str(target)) as sink:
        sink.write(b"new")
        sink.flush()
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert _names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), NotFoundError("no b")])
def test_an_error_in_the_middle_leaves_the_target_as_it_was(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def fail() -> None:
        with STORE.write(str(target)) as sink:
            sink.write(b"new")
            raise error

    with pytest.raises(type(error)) as raised:
        fail()
    assert raised.value is error, "the error of whoever writes is not the store's"
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.csv"]


def test_a_links_target_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text("old")
    (tmp_path / "link").symlink_to("there/a")
    _write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "a").read_text() == "new"


@pytest.mark.parametrize(("private", "final"), [(False, 0o666), (True, 0o600)])
@pytest.mark.parametrize("there", [False, True])
def test_what_is_being_written_is_its_owners_alone(
    tmp_path: Path, private: bool, final: int, there: bool
) -> None:
    path = tmp_path / "a.csv"
    before = os.umask(0)
    try:
        if there:
            path.touch()
        with LocalStore().write(str(path), private=private) as sink:
            sink.write(b"x")
            (part,) = [one for one in tmp_path.iterdir() if one != path]
            assert part.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == final


def test_the_mode_of_a_file_is_kept_and_a_new_one_follows_the_umask(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch(0o600)
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        _write(old, b"x")
        _write(new, b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    for name in ("a" * 251 + ".csv", "文" * 83 + ".csv"):
        _write(tmp_path / name, b"x")
        assert (tmp_path / name).read_text() == "x"


def test_without_permission_nothing_is_touched(
    tmp_path_factory: pytest.TempPathFactory, unprivileged: Callable[[], Any]
) -> None:
    folder = Path(os.path.realpath(tmp_path_factory.mktemp("open")))
    for above in (folder, *folder.parents):
        if above.owner() == Path.home().owner() and above != Path("/") and "pytest" in str(above):
            above.chmod(0o755)
    secret, closed = folder / "secret", folder / "closed"
    secret.write_text("x")
    secret.chmod(0o600)
    closed.mkdir(mode=0o700)
    (closed / "a").write_text("x")
    closed.chmod(0o000)
    tries: list[Callable[[], object]] = [
        lambda: STORE.open(str(secret)),
        lambda: _write(secret, b"y"),
        lambda: _write(folder / "new", b"y"),
        lambda: _listed(closed / "a"),
        lambda: _listed(f"{closed}/"),
        lambda: _write(closed / "b", b"y"),
        lambda: STORE.make_folder(str(folder / "sub")),
        lambda: STORE.delete(str(closed / "a")),
    ]
    if os.geteuid() != 0:
        folder.chmod(0o555)
        secret.chmod(0o000)
    for attempt in tries:
        with unprivileged(), pytest.raises(StoreError, match="no permission for"):
            attempt()
    closed.chmod(0o700)
    folder.chmod(0o755)
    secret.chmod(0o600)
    assert secret.read_text() == "x"
    assert _names(folder) == ["closed", "secret"]


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory"):
        _write(tmp_path, b"x")


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    _write(pipe, b"rows")
    reader.join()
    assert read == [b"rows"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_nobody_waits_for_ever_for_the_other_end_of_a_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "PATIENCE", 0.3)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with STORE.open(str(pipe)) as stream, pytest.raises(StoreError, match="nobody writes to"):
        stream.read(1)
    with pytest.raises(StoreError, match=r"nobody reads the pipe .*; begin at its other end first"):
        _write(pipe, b"rows")


@pytest.mark.parametrize("data", [b"", b"x", b"x" * (1 << 18)])
def test_a_pipe_is_read_to_its_end_however_late_its_writer_comes(
    tmp_path: Path, data: bytes
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for word in ("read", "readall"):
        late = threading.Timer(0.3, pipe.write_bytes, [data])
        with STORE.open(str(pipe)) as stream:
            late.start()
            assert len(getattr(stream, word)()) == len(data)
        late.join()


def test_a_large_file_passes_a_pipe_whole(tmp_path: Path) -> None:
    pipe, data = tmp_path / "pipe", os.urandom(3 << 20)
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    _write(pipe, data)
    reader.join()
    assert hash(read[0]) == hash(data)


def test_a_full_device_is_said_to_be_full() -> None:
    with pytest.raises(StoreError, match="'/dev/full': no space left on device; free some space"):
        _write("/dev/full", b"x" * (2 << 20))
    with pytest.raises(StoreError, match="no space left"):
        _write("/dev/full", b"x")


@pytest.mark.parametrize("size", [100, 3 << 20])
def test_a_file_too_large_for_the_limit_leaves_nothing(tmp_path: Path, size: int) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, hard))
    try:
        with pytest.raises(StoreError, match=r"a\.csv': file too large; allow larger files"):
            _write(target, b"x" * size)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["a.csv"]


HALF = """
import sys, time
from records_mover.url.local import LocalStore
with LocalStore().write(sys.argv[1]) as sink:
    sink.write(b"half")
    sink.flush()
    print("half", flush=True)
    time.sleep(60)
"""


def test_a_killed_move_leaves_a_part_file_that_the_next_one_sweeps(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with subprocess.Popen(
        [sys.executable, "-c", HALF, str(target)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        _write(target, b"meanwhile")
        assert len(_names(tmp_path)) == 2, "the part file of a living move is left alone"
        writer.send_signal(signal.SIGKILL)
    (part,) = [name for name in _names(tmp_path) if name != "a.csv"]
    assert part.startswith(".a.csv.")
    assert target.read_text() == "meanwhile"
    _write(tmp_path / "other.csv", b"x")
    assert part in _names(tmp_path), "only strays of the same target are swept"
    _write(target, b"new")
    assert _names(tmp_path) == ["a.csv", "other.csv"]


def test_a_part_file_swept_in_the_moment_of_its_making_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    flock = fcntl.flock
    swept: list[Path] = []

    def sweep_first(file: Any, operation: int) -> None:
        if not swept:
            swept.extend(tmp_path.iterdir())
            swept[0].unlink()
        flock(file, operation)

    monkeypatch.setattr("records_mover.url.local.fcntl.flock", sweep_first)
    _write(tmp_path / "a.csv", b"new")
    assert swept
    assert (tmp_path / "a.csv").read_text() == "new"


def test_where_files_cannot_be_locked_they_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: Any, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("records_mover.url.local.fcntl.flock", refuse)
    _write(tmp_path / "a.csv", b"new")
    _write(tmp_path / "a.csv", b"newer")
    assert _names(tmp_path) == ["a.csv"]


def test_a_copy_is_whole_whatever_is_copied(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    (tmp_path / "a").write_bytes(data)
    STORE.copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == data
    STORE.copy("/proc/version", str(tmp_path / "c"))
    assert (tmp_path / "c").read_bytes() == Path("/proc/version").read_bytes()


def test_where_the_kernel_cannot_copy_the_bytes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> int:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("records_mover.url.local.os.copy_file_range", refuse)
    (tmp_path / "a").write_bytes(b"x" * 100)
    STORE.copy(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "b").read_bytes() == b"x" * 100


def test_every_refusal_is_one_of_ours(tmp_path: Path) -> None:
    assert issubclass(StoreError, MoverError)
    with pytest.raises(NotFoundError, match="no directory"):
        _write(tmp_path / "no" / "a", b"x")
