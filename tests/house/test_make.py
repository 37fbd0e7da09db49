"""make lists every target, and clean leaves nothing of what the others make."""

from __future__ import annotations

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
TARGETS = re.findall(r"^([^\s:$.]+):.*?## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def make(*words: str) -> str:
    """Return what make prints; nothing is made."""
    return subprocess.run(
        ["make", "--silent", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_help_lists_every_target() -> None:
    assert re.findall(r"^  make (\S+) ", make("help"), re.MULTILINE) == TARGETS
    assert "pandas2" in TARGETS


def test_clean_removes_every_environment_and_all_that_git_leaves_out() -> None:
    removed = re.findall(r"^rm -rf (.*)", make("--dry-run", "clean"), re.MULTILINE)
    words = [word for line in removed for word in line.split()]
    environments = tomllib.loads((ROOT / "hatch.toml").read_text())["envs"].values()
    paths = [env["path"] for env in environments if "path" in env]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    made = [line.rstrip("/") for line in ignored if line[0] not in "*_"]  # found by their names
    left = [one for one in [*paths, *made] if not any(fnmatch(one, word) for word in words)]
    assert left == []
