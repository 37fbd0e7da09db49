"""Temporary directories that are removed, and whose server is stopped, even after a kill -9.

A process holds a lock on its directory for as long as it lives. Whoever makes the next directory
looks for those that nobody holds any more, ends the server recorded in them and removes them.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["LeasedDirectory", "end_process", "sweep"]

_PREFIX = "mover-server-"
# A unix socket's path has about 100 bytes; some systems' temporary directories take most of them.
_LONGEST_PARENT = 60


class LeasedDirectory:
    """A new temporary directory that outlives its process by no more than the next sweep."""

    def __init__(self) -> None:
        sweep()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_parent()))
        self.path.chmod(0o755)
        self._lock = _hold(self.path)
        self._holder = os.getpid()

    @property
    def is_ours(self) -> bool:
        """Whether this process made it; a fork of it must not remove it."""
        return self._holder == os.getpid()

    def record_server(self, pid: int, marker: str) -> None:
        """Note the process to end should we die; ``marker`` is a word of its command line."""
        (self.path / "server").write_text(f"{pid}\n{marker}\n")

    def remove(self) -> None:
        """Remove the directory and give up the lock."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def sweep() -> None:
    """End the servers, and remove the directories, that dead processes of this user left behind."""
    for path in _parent().glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if path.stat().st_uid == os.geteuid():
                _sweep_one(path)


def end_process(pid: int, marker: str, signals: tuple[signal.Signals, ...]) -> None:
    """Send one signal after another, ten seconds apart, while ``pid`` still runs ``marker``."""
    for number in signals:
        if marker not in _command_of(pid):
            return
        os.kill(pid, number)
        deadline = time.monotonic() + 10
        while marker in _command_of(pid) and time.monotonic() < deadline:
            time.sleep(0.02)


def _parent() -> Path:
    path = Path(tempfile.gettempdir())
    return path if len(str(path)) <= _LONGEST_PARENT else Path("/tmp")


def _hold(path: Path) -> TextIO:
    """Lock before the name appears: a directory is never seen with its lock still free."""
    unnamed = path / "lock.new"
    lock = unnamed.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    unnamed.rename(path / "lock")
    return lock


def _sweep_one(path: Path) -> None:
    with (path / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        record = path / "server"
        if record.exists():
            pid, marker = record.read_text().splitlines()
            end_process(int(pid), marker, (signal.SIGQUIT, signal.SIGKILL))
        shutil.rmtree(path, ignore_errors=True)


def _command_of(pid: int) -> str:
    """Return a process's command line, empty when it is gone or only waits to be reaped."""
    proc = Path(f"/proc/{pid}/cmdline")
    if proc.parent.parent.joinpath("self").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    shown = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return shown.stdout
