"""What the figures share: one server as it is out of the box, and one big CSV file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from bench.harness import Contestant
from support.postgres import PostgresServer, embedded_postgres_server
from support.s3 import S3Server, seaweed_server

__all__ = ["ROOT", "Stage"]

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".bench"
_BIN = Path(sys.executable).parent

LINEITEM = """
CREATE TABLE lineitem (
    l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber integer,
    l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2),
    l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date,
    l_commitdate date, l_receiptdate date, l_shipinstruct varchar(25), l_shipmode varchar(10),
    l_comment varchar(44)
)
"""


class Stage:
    """A server that keeps its promises (fsync on), a scratch folder, and TPC-H's ``lineitem``."""

    def __init__(self, *, rows: int) -> None:
        self.rows = rows
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        KEPT.mkdir(exist_ok=True)
        self.csv = _lineitem(self.rows)
        self.server: PostgresServer = self._stack.enter_context(embedded_postgres_server({}))
        self.scratch = Path(
            self._stack.enter_context(tempfile.TemporaryDirectory(dir=KEPT, prefix="scratch-"))
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @cached_property
    def s3(self) -> S3Server:
        """An S3 server, started when the first figure needs it."""
        return self._stack.enter_context(seaweed_server())

    def make_table(self, name: str) -> str:
        """Make ``lineitem`` under a name, empty, and return its endpoint string."""
        self.server.psql(LINEITEM.replace("lineitem", name, 1))
        return f"{self.server.url()}::public.{name}"

    def fill(self, name: str) -> None:
        """Load the file into a table, and let the server come to rest."""
        self.server.psql(f"\\copy {name} from '{self.csv}' csv header")
        self.server.psql(f"VACUUM (FREEZE, ANALYZE) {name}")
        self.settle()

    def empty(self, name: str) -> None:
        """Empty a table, and let the server come to rest."""
        self.server.psql(f"TRUNCATE {name}")
        self.settle()

    def settle(self) -> None:
        """Write out what is dirty: no run pays for the one before."""
        self.server.psql("CHECKPOINT")

    def count(self, name: str) -> int:
        """Return the number of rows in a table."""
        return int(self.server.psql(f"SELECT count(*) FROM {name}"))

    def mvrec(self, *arguments: str) -> Contestant:
        """Return the contestant that is ours."""
        return Contestant(name="mvrec", command=[str(_BIN / "mvrec"), *arguments])

    def psql(self, statement: str) -> Contestant:
        """Return psql, running one statement."""
        command = [str(self.server.psql_path), "-Xq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return Contestant(name="psql", command=[*command, "postgres"], env=self.server.client_env)


def _lineitem(rows: int) -> Path:
    """Return the first rows of TPC-H's ``lineitem`` at scale factor 1, made once and kept."""
    path = KEPT / f"lineitem-{rows}.csv"
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr)
        command = [str(_BIN / "tpchgen-cli"), "csv", "-s", "1", "--tables=lineitem", "--stdout"]
        unfinished = path.with_suffix(".part")
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE) as process,
            unfinished.open("wb") as file,
        ):
            assert process.stdout is not None
            for _, line in zip(range(rows + 1), process.stdout, strict=False):
                file.write(line)
            process.terminate()
        unfinished.rename(path)
    return path
