"""The door is open: somebody else's plugin is built, installed from its wheel, and conforms."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "mover-duckdb"
BIN = Path(sys.executable).parent


def run(*command: str | Path, folder: Path, **env: str) -> str:
    ran = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    return ran.stdout


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder in which the plugin is installed, as pip would install it."""
    source, wheels, site = tmp_path / "source", tmp_path / "wheels", tmp_path / "site"
    shutil.copytree(FOLDER, source, ignore=shutil.ignore_patterns("__pycache__"))
    run(BIN / "hatchling", "build", "-t", "wheel", "-d", wheels, folder=source)
    (wheel,) = wheels.glob("mover_duckdb-*.whl")
    run(
        *(BIN / "uv", "pip", "install", "-q", "--offline", "--no-deps"),
        *("--python", sys.executable, "--target", site, wheel),
        folder=tmp_path,
    )
    shutil.copytree(source / "tests", tmp_path / "tests")
    return site


@pytest.mark.slow
def test_a_plugin_by_somebody_else_passes_the_kit(site: Path, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(site), "MOVER_STRICT_PLUGINS": "1"}
    plugins = run(BIN / "mvrec", "plugins", folder=tmp_path, **env)
    (line,) = [line for line in plugins.splitlines() if "mover-duckdb" in line]
    assert " ok " in line
    said = run(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"),
        tmp_path / "tests",
        folder=tmp_path,
        **env,
    )
    assert " passed" in said
    assert "skipped" not in said
