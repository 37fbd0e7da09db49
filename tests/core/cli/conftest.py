"""Ways to run ``mvrec``: in a process of its own, and inside this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from click.testing import CliRunner

if TYPE_CHECKING:
    from click.testing import Result

MVREC = Path(sys.executable).with_name("mvrec")

CSV = 'id,name,fare\n1,Ann,2.50\n2,"Bo, Jr",3.25\n'


class Process(Protocol):
    def __call__(
        self, *args: str | Path, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]: ...


class Runner(Protocol):
    def __call__(self, *args: str | Path) -> Result: ...


@pytest.fixture
def mvrec() -> Path:
    """The command as it was installed."""
    return MVREC


@pytest.fixture
def process() -> Process:
    """Run the installed command to its end in a process of its own."""

    def run(
        *args: str | Path, stdin: str = "", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MVREC, *args],
            input=stdin,
            capture_output=True,
            text=True,
            env=os.environ | (env or {}),
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def runner() -> Runner:
    """Run a command by click's runner."""
    from records_mover.cli.app import mvrec as group

    def run(*args: str | Path) -> Result:
        return CliRunner().invoke(group, [str(arg) for arg in args])

    return run


@pytest.fixture
def trips(tmp_path: Path) -> Path:
    """A small CSV file."""
    path = tmp_path / "trips.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'trips.db'}"
