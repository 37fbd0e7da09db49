"""Runs a command and keeps whatever it lets others see: what it writes, and whom it starts."""

from __future__ import annotations

import stat
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Seen", "watched_run"]

LOOK_EVERY = 0.005
DEADLINE = 120.0


@dataclass(slots=True, kw_only=True)
class Seen:
    """What there was to see of one run; ``open_to_others`` are temporary files open to anyone."""

    code: int = -1
    stdout: str = ""
    stderr: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    children: set[str] = field(default_factory=set)
    open_to_others: set[str] = field(default_factory=set)

    def everything(self) -> str:
        """Return all of it as one text."""
        files = [f"{name}\n{data.decode('utf-8', 'replace')}" for name, data in self.files.items()]
        return "\n".join([self.stdout, self.stderr, *files, *sorted(self.children)])


def watched_run(
    command: Sequence[str | Path], *, env: Mapping[str, str], folder: Path, umask: int = 0
) -> Seen:
    """Run a command in ``folder``, with a TMPDIR of its own below it, and watch it to its end."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    seen = Seen()
    process = subprocess.Popen(
        list(command),
        env={**env, "TMPDIR": str(temporary)},
        cwd=folder,
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    ends = time.monotonic() + DEADLINE
    while True:
        _look(seen, folder, temporary, process.pid)
        try:
            out, err = process.communicate(timeout=LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if time.monotonic() > ends:
                process.kill()
            continue
        break
    _look(seen, folder, temporary, process.pid)
    seen.code = process.returncode
    seen.stdout, seen.stderr = (said.decode("utf-8", "replace") for said in (out, err))
    return seen


def _look(seen: Seen, folder: Path, temporary: Path, pid: int) -> None:
    for path in folder.rglob("*"):
        _look_at(seen, path, private=temporary in path.parents)
    ours, given = _told(pid, "cmdline"), _surroundings(pid)
    for child in _descendants(pid):
        command = _told(child, "cmdline")
        if command != ours:  # else it has been forked, and is no other program yet
            seen.children |= {command, *_surroundings(child) - given}


def _surroundings(pid: int) -> set[str]:
    """Return its environment: a child may well see what the user has told them both."""
    return set(_told(pid, "environ").split("\0"))


def _told(pid: int, what: str) -> str:
    try:
        return Path(f"/proc/{pid}/{what}").read_text("utf-8", "replace")
    except OSError:
        return ""  # it has ended


def _look_at(seen: Seen, path: Path, *, private: bool) -> None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            seen.files[str(path)] = path.read_bytes()
    except OSError:
        return  # it has gone meanwhile
    if private and mode & 0o077:
        seen.open_to_others.add(f"{path} {stat.filemode(mode)}")


def _descendants(pid: int) -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(text.rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(entry.name))
    below = list(parents.get(pid, []))
    while below:
        child = below.pop()
        yield child
        below.extend(parents.get(child, []))
