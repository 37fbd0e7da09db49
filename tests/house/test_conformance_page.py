"""The support table in the docs is what the suites of our plugins declare."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"


def test_the_page_is_what_the_suites_declare(tmp_path: Path) -> None:
    made = tmp_path / "conformance.md"
    suites = sorted(map(str, ROOT.glob("tests/*/test_conformance.py")))
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    plugin = ["-p", "no:xdist", "-p", "records_mover.testing.report"]
    subprocess.run(
        [*command, *plugin, "--support-table", str(made), *suites],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert made.read_text() == PAGE.read_text(), "run make support"


def test_the_command_that_writes_it_is_one_and_runs_these_suites_alone() -> None:
    settings = tomllib.loads((ROOT / "hatch.toml").read_text())
    command = settings["envs"]["default"]["scripts"]["support"]
    assert "\n" not in command, "a shell would take it for two"
    page = PAGE.relative_to(ROOT).as_posix()
    assert shlex.split(command)[-4:] == [
        "--support-table",
        page,
        "tests/*/test_conformance.py",
        "{args}",
    ]
