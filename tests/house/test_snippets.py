"""Every snippet of the README, the tutorial and the how-to pages is run as a reader would."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
RUN = ("sh", "python", "toml")
# What only shows: output, and commands for servers that nobody can have here.
SHOWN = ("", "text")
PAGES = ("README.md", *(f"docs/{name}.md" for name in ("explain", "files", "jobs", "postgres")))
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)

TRIPS = """id,day,city,fare,miles
1,2026-11-01,Oslo,12.50,150
2,2026-11-01,"Paris, France",7.25,3
3,2026-11-02,,31.00,200
"""

# What a reader of a page has at hand.
FRAME = """
import sqlalchemy as sa, records_mover as rm
rows = rm.targets.dataframe()
rm.move("trips.csv.gz", rows)
df = rows.frame
engine = sa.create_engine("postgresql+psycopg2://me@localhost/lab")
"""


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / page).read_text())


@pytest.fixture(scope="module")
def lab(postgres: PostgresServer) -> Iterator[dict[str, str]]:
    """An environment in which ``postgresql://me@localhost/lab`` is a database of one's own."""
    postgres.psql("CREATE ROLE me LOGIN PASSWORD 'mine'")
    postgres.psql("CREATE DATABASE lab OWNER me")
    env = {"PGPORT": str(postgres.port), "PGPASSWORD": "mine"}
    env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    yield {**os.environ, **env}
    postgres.drop_database("lab")
    postgres.psql("DROP ROLE me")


def run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, f"{command[-1]}\n{ran.stdout}{ran.stderr}"
    return ran


@pytest.mark.parametrize("page", PAGES)
def test_the_snippets_of_a_page_work(page: str, lab: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text(TRIPS)
    (tmp_path / "trips.csv.gz").write_bytes(gzip.compress(TRIPS.encode()))
    kinds = [kind for kind, _ in blocks(page)]
    assert set(kinds) <= {*RUN, *SHOWN}
    assert set(kinds) & set(RUN)
    for kind, text in blocks(page):
        if kind == "sh":
            run(["bash", "-euc", text], tmp_path, lab)
        elif kind == "python":
            run([sys.executable, "-W", "error", "-c", FRAME + text], tmp_path, lab)
        elif kind == "toml":
            (tmp_path / "job.toml").write_text(text)
            run(["mvrec", "run", "job.toml"], tmp_path, lab)


def test_what_explain_shows_is_what_its_page_shows(
    lab: dict[str, str], postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "trips.csv.gz").write_bytes(gzip.compress(TRIPS.encode()))
    (_, command), (_, shown), *_ = blocks("docs/explain.md")
    postgres.psql("DROP TABLE IF EXISTS public.trips", "lab")
    assert run(["bash", "-euc", command], tmp_path, lab).stdout == shown


def test_the_tutorial_is_walked_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    """Its server is the one that it starts; installing the wheels is what `make wheels` does."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "pip").chmod(0o755)
    (tmp_path / "run").mkdir(mode=0o700)
    tmp_path.chmod(0o755)
    path = f"{tmp_path}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    found = blocks("docs/tutorial.md")
    script = ["trap 'kill -INT $(head -1 lab/postmaster.pid 2>/dev/null) 2>/dev/null || true' EXIT"]
    shown = []
    for kind, text in found:
        if kind == "sh":
            script.append(text)
        elif kind == "python":
            script.append(f"python -W error - <<'PYTHON'\n{text}PYTHON")
        else:
            assert kind in SHOWN
            shown.append(text)
    ran = run(["bash", "-euc", "\n".join(script)], tmp_path, env)
    for text in shown:
        assert text in ran.stdout
    assert "refused, and the table is as it was" in ran.stdout
    assert "exit code 4: some were rejected" in ran.stdout


def test_no_page_has_a_snippet_that_is_never_run() -> None:
    # Which have tests of their own.
    others = {"writing-a-plugin.md", "migration.md", "python.md", "airflow.md"}
    for path in sorted((ROOT / "docs").glob("*.md")):
        page = path.relative_to(ROOT).as_posix()
        if page not in (*PAGES, "docs/tutorial.md") and path.name not in others:
            assert not {kind for kind, _ in blocks(page)} & {"sh", "python"}, page
