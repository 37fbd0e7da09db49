"""Hooks, operator and provider in a real Airflow; `make airflow` runs this."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from support.s3 import S3Server, seaweed_server

if TYPE_CHECKING:
    from collections.abc import Iterator

BIN = Path(sys.executable).parent
DAGS = Path(__file__).parent / "dags"
PAGE = Path(__file__).parents[2] / "docs" / "airflow.md"
BUCKET = "moves"


@pytest.fixture(scope="module")
def objects() -> Iterator[S3Server]:
    """A server that speaks S3, with a bucket."""
    with seaweed_server() as server:
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@dataclass
class Home:
    """An Airflow of one's own."""

    path: Path
    env: dict[str, str]

    def run(self, *command: str | Path) -> str:
        """Run a command to its end and return what it said."""
        ran = subprocess.run(
            command, env=self.env, capture_output=True, text=True, timeout=300, check=False
        )
        assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout


@pytest.fixture
def home(tmp_path: Path, pg_url: str, objects: S3Server) -> Home:
    """Airflow on SQLite, whose connections are in a file of its own."""
    shutil.copytree(DAGS, tmp_path / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    extra = {"endpoint_url": objects.endpoint, "region_name": "us-east-1"}
    keys = {"login": objects.access_key, "password": objects.secret_key}
    known = {
        "warehouse": _connection(pg_url),
        "objects": {"conn_type": "aws", **keys, "extra": extra},
    }
    (tmp_path / "connections.json").write_text(json.dumps(known))
    where = json.dumps({"connections_file_path": str(tmp_path / "connections.json")})
    backend = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__SECRETS__BACKEND": backend,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": where,
        "AIRFLOW__WORKERS__SECRETS_BACKEND": backend,
        "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS": where,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOVES_BUCKET": BUCKET,
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    return Home(tmp_path, env)


def _connection(url: str) -> dict[str, Any]:
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    return {
        "conn_type": "postgres",
        "host": parts.host,
        "port": parts.port,
        "schema": parts.database,
        "login": parts.username,
        "password": parts.password,
    }


def test_airflow_lists_the_provider(home: Home) -> None:
    listed = home.run(BIN / "airflow", "providers", "list", "--output", "json")
    found = json.loads(listed[listed.index("[") :])
    (ours,) = [one for one in found if one["package_name"] == "records-mover"]
    assert "fastest route" in ours["description"]


def test_a_dag_moves_by_operator_and_hooks(home: Home, pg_url: str, objects: S3Server) -> None:
    (home.path / "public.trips.csv").write_text("id,name\n1,a\n2,b\n3,\n")
    home.run(BIN / "airflow", "db", "migrate")
    said = home.run(sys.executable, home.path / "dags" / "moves.py")
    told = json.loads((home.path / "result.json").read_text())
    assert told["load"]["rows"] == 3, said
    assert told["load"]["verified"] is True
    assert told["load"]["route"] == ["read", "postgres-copy-in"]
    assert told["export"]["rows"] == 2
    (url,) = told["export"]["output_urls"].values()
    assert url == f"s3://{BUCKET}/out/3.parquet"
    assert [one["rows"] for one in told["each"]] == [3, 3]
    assert said.count("moved 3 rows, verified") == 1
    assert told["hooked"]["moved"] == [3, 3]
    assert told["hooked"]["refused"].startswith("AirflowException: 's3://moves/dir/' is not empty")
    with psycopg2.connect(pg_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trips")
        assert cursor.fetchone() == (3,)
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM many")
        assert cursor.fetchone() == (6, 3)
    left = objects.client().list_objects_v2(Bucket=BUCKET, Prefix="tmp/").get("Contents", [])
    assert left == []
    assert objects.secret_key not in said


def test_the_task_of_the_page_on_airflow_moves(home: Home, pg_url: str, objects: S3Server) -> None:
    """S3 is opened by ``aws_default``, as the page says of a task that names no connection."""
    known = json.loads((home.path / "connections.json").read_text())
    known["aws_default"] = known["objects"]
    (home.path / "connections.json").write_text(json.dumps(known))
    objects.client().create_bucket(Bucket="bucket")
    rows = gzip.compress(b"id,name\n1,a\n2,b\n")
    objects.client().put_object(Bucket="bucket", Key="trips/2026-11-01.csv.gz", Body=rows)
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    (home.path / "dags" / "page.py").write_text(OF_A_PAGE.format(block=indent(block, "    ")))
    home.run(BIN / "airflow", "db", "migrate")
    said = home.run(sys.executable, home.path / "dags" / "page.py")
    with psycopg2.connect(pg_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.trips ORDER BY 1")
        assert cursor.fetchall() == [(1, "a"), (2, "b")], said


OF_A_PAGE = """
from datetime import datetime, timezone

from airflow.sdk import DAG

with DAG("page", schedule=None) as dag:
{block}
if __name__ == "__main__":
    day = datetime(2026, 11, 1, tzinfo=timezone.utc)
    raise SystemExit(str(dag.test(logical_date=day).state) != "success")
"""


def test_the_hook_for_google_is_refused_by_the_plugin_to_come(home: Home) -> None:
    said = home.run(
        sys.executable,
        "-c",
        "from records_mover.airflow.hooks import google_cloud_credentials_hook as module\n"
        "try:\n    module.GoogleCloudCredentialsHook('google').get_conn()\n"
        "except NotImplementedError as error:\n    print(error)",
    )
    assert "mover-gsheets is to come" in said


def test_a_task_that_is_killed_leaves_the_table_as_it_was(home: Home, pg_url: str) -> None:
    with psycopg2.connect(pg_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (a int)")
    (home.path / "killed.py").write_text(KILLED)
    said = home.run(sys.executable, home.path / "killed.py", f"{pg_url}::")
    assert "MoveCancelled" in said
    with psycopg2.connect(pg_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(100)%'")
        assert cursor.fetchone() == (1,)  # this very query


KILLED = """
import copy, sys, threading
from records_mover.airflow.operators import MoveOperator
from records_mover.errors import MoveCancelled

defined = MoveOperator(
    task_id="slow", source=sys.argv[1], target=sys.argv[1] + "t",
    query="SELECT 1 AS a FROM pg_sleep(100)",
)
operator = copy.deepcopy(defined)  # as Airflow does
threading.Timer(2, operator.on_kill).start()
try:
    operator.execute({})
except MoveCancelled as error:
    print(type(error).__name__)
"""
