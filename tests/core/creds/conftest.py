"""A user of one's own: no home but a new one, and no command but those that a test writes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from records_mover.plugins import Plugins

if TYPE_CHECKING:
    from records_mover.parts import Creds


class Ask(Protocol):
    def __call__(self, name: str, first: tuple[str, ...] = ()) -> Creds | None: ...


class Command(Protocol):
    def __call__(self, name: str, source: str) -> Path: ...


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, which is the working directory too, and an empty path."""
    home, programs = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    programs.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def config(home: Path) -> Path:
    """Where the user's configuration file goes; its folder is there."""
    path = home / ".config" / "records-mover" / "config.toml"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o600)
    return path


@pytest.fixture
def ask() -> Ask:
    """Ask every provider, as a move does."""
    plugins = Plugins(strict=True)

    def asked(name: str, first: tuple[str, ...] = ()) -> Creds | None:
        return plugins.creds(name, first=first)

    return asked


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Put a program on the path, whose text is Python."""

    def write(name: str, source: str) -> Path:
        path = tmp_path / "bin" / name
        path.write_text(f"#!{sys.executable}\n{source}")
        path.chmod(0o700)
        return path

    return write
