"""Every snippet of the README, the tutorial and the how-to pages is run as a reader would."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from redshift_server import Keys, RedshiftServer
from redshift_server import ServerConfig as RedshiftConfig
from support.s3 import seaweed_server
from vertica_server import ServerConfig as VerticaConfig
from vertica_server import VerticaServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
RUN = ("sh", "python", "toml")
# What only shows: output, and commands for servers that nobody can have here.
SHOWN = ("", "text")
PAGES = (
    "README.md",
    "core/README.md",
    *(f"docs/{name}.md" for name in ("explain", "files", "hints", "jobs", "postgres")),
    "plugins/mover-postgres/README.md",
)
# Which tell of servers that are stood in for, and where these are.
PLUGINS = {
    "docs/s3.md": {},
    "plugins/mover-s3/README.md": {},
    "plugins/mover-redshift/README.md": {"redshift": "redshift://user@host:5439/db"},
    "plugins/mover-vertica/README.md": {"vertica": "vertica://user:password@host:5433/db"},
}
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
def without_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the PATH whose pip installs nothing: that is what `make wheels` tries."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "pip").write_text("#!/bin/sh\n")
    (folder / "pip").chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def lab(postgres: PostgresServer, without_pip: Path) -> Iterator[dict[str, str]]:
    """An environment in which ``postgresql://me@localhost/lab`` is a database of one's own."""
    postgres.psql("CREATE ROLE me LOGIN PASSWORD 'mine'")
    postgres.psql("CREATE DATABASE lab OWNER me")
    env = {"PGPORT": str(postgres.port), "PGPASSWORD": "mine"}
    env["PATH"] = f"{without_pip}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    yield {**os.environ, **env}
    postgres.drop_database("lab")
    postgres.psql("DROP ROLE me")


@pytest.fixture(scope="module")
def servers(postgres: PostgresServer, lab: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a lab with objects in S3, and with stand-ins behind names."""
    with ExitStack() as stack:
        s3 = stack.enter_context(seaweed_server())
        s3.client().create_bucket(Bucket="bucket")
        s3.client().put_object(Bucket="bucket", Key="trips/2026/11.csv", Body=TRIPS.encode())
        backend = [stack.enter_context(_database(postgres, name)) for name in ("one", "other")]
        keys = Keys(key_id=s3.access_key, secret=s3.secret_key)
        role = "arn:aws:iam::123456789012:role/loader"
        config = RedshiftConfig(
            backend=backend[0], s3_endpoint=s3.endpoint, roles={role: keys}, default_role=role
        )
        redshift = stack.enter_context(RedshiftServer(config)).url.partition("://")[2]
        mark = "&" if "?" in redshift else "?"
        login = stack.enter_context(VerticaServer(VerticaConfig(backend=backend[1]))).login
        vertica = "vertica://{user}:{password}@{host}:{port}/{database}?tlsmode=disable"
        names = {
            "MOVER_CONN_WAREHOUSE": "postgresql://me@localhost/lab",
            "MOVER_CONN_REDSHIFT": f"redshift+psycopg2://{redshift}{mark}sslmode=disable",
            "MOVER_CONN_VERTICA": vertica.format(**login),
        }
        yield {**lab, **s3.env, **names}


@contextmanager
def _database(postgres: PostgresServer, name: str) -> Iterator[str]:
    postgres.psql(f"CREATE DATABASE {name}")
    yield postgres.url(name)
    postgres.drop_database(name)


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


@pytest.mark.parametrize("page", PLUGINS)
def test_the_snippets_of_a_plugin_work(page: str, servers: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text(TRIPS)
    (tmp_path / "trips.csv.gz").write_bytes(gzip.compress(TRIPS.encode()))
    env = {**servers, "XDG_STATE_HOME": str(tmp_path / "state")}
    found = blocks(page)
    assert {kind for kind, _ in found} <= set(RUN)
    for kind, text in found:
        here = text
        for name, shown in PLUGINS[page].items():
            here = here.replace(f"{shown}::", f"{name}::")
        if kind == "sh":
            run(["bash", "-euc", here], tmp_path, env)
        else:
            run([sys.executable, "-W", "error", "-c", here], tmp_path, env)


def test_the_configuration_file_of_the_page_on_credentials_is_understood(
    lab: dict[str, str], tmp_path: Path
) -> None:
    ((kind, text),) = blocks("docs/credentials.md")
    assert kind == "toml"
    (tmp_path / ".secrets").mkdir()
    (tmp_path / ".secrets" / "data-token").write_text("t0ken")
    (tmp_path / "config.toml").write_text(text)
    (tmp_path / "config.toml").chmod(0o600)
    here = {"HOME": str(tmp_path), "MOVER_CONFIG": str(tmp_path / "config.toml")}
    env = {**lab, **here, "WAREHOUSE_PASSWORD": "s3cret"}
    for name in ("warehouse", "default", "https://data.example"):
        ran = run(["mvrec", "creds", name, "--json"], tmp_path, env)
        assert '"config"' in ran.stdout
        assert (ran.stderr, "t0ken" in ran.stdout, "s3cret" in ran.stdout) == ("", False, False)


def test_what_explain_shows_is_what_its_page_shows(
    lab: dict[str, str], postgres: PostgresServer, tmp_path: Path
) -> None:
    (tmp_path / "trips.csv.gz").write_bytes(gzip.compress(TRIPS.encode()))
    (_, command), (_, shown), *_ = blocks("docs/explain.md")
    postgres.psql("DROP TABLE IF EXISTS public.trips", "lab")
    assert run(["bash", "-euc", command], tmp_path, lab).stdout == shown


def test_the_tutorial_is_walked_from_its_first_line_to_its_last(
    without_pip: Path, tmp_path: Path
) -> None:
    """Its server is the one that it starts; installing the wheels is what `make wheels` does."""
    (tmp_path / "run").mkdir(mode=0o700)
    tmp_path.chmod(0o755)
    path = f"{without_pip}:{Path(sys.executable).parent}:{os.environ['PATH']}"
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
    others = {f"docs/{name}.md" for name in ("airflow", "python", "tutorial", "writing-a-plugin")}
    found = [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md"), *ROOT.glob("*/README.md")]
    for path in [*found, *ROOT.glob("plugins/*/README.md")]:
        page = path.relative_to(ROOT).as_posix()
        if page not in {*PAGES, *PLUGINS, *others}:
            assert not {kind for kind, _ in blocks(page)} & {"sh", "python"}, page
        for kind, text in blocks(page):
            shown = kind in SHOWN and page != "README.md"  # whose two commands are the tests
            assert not (
                shown and re.search(r"^(mvrec|pip|from \w+ import|import) ", text, re.MULTILINE)
            ), text
