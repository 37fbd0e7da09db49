"""What the figures share: one server as it is out of the box, and one big CSV file."""

from __future__ import annotations

import compileall
import shlex
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Self

from bench.contestant import Contestant
from support.postgres import PostgresServer, embedded_postgres_server
from support.s3 import S3Server, seaweed_server
from vertica_server import ServerConfig, VerticaServer

__all__ = ["NUMERIC", "ROOT", "Stage"]

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".bench"
_BIN = Path(sys.executable).parent
_RIVALS = ROOT / ".venv-rivals" / "bin" / "python"

NUMERIC = ("l_quantity", "l_extendedprice", "l_discount", "l_tax")
"""Columns that are numeric here, and double precision where a rival has no numeric to send."""

_ROWS_OF_SCALE_1 = 6_000_000

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
        self._filled: set[str] = set()

    def __enter__(self) -> Self:
        KEPT.mkdir(exist_ok=True)
        _compile_sources()
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

    @cached_property
    def far(self) -> PostgresServer:
        """A second server, started when the first figure needs it."""
        return self._stack.enter_context(embedded_postgres_server({}))

    @cached_property
    def vertica(self) -> VerticaServer:
        """The stand-in for Vertica on the server, started when the first figure needs it."""
        config = ServerConfig(backend=self.server.url())
        return self._stack.enter_context(VerticaServer(config))

    def vertica_url(self) -> str:
        """Return the URL of the stand-in."""
        login = self.vertica.login
        who = f"{login['user']}:{login['password']}@{login['host']}:{login['port']}"
        return f"vertica://{who}/{login['database']}?tlsmode=disable"

    def vertica_filled(self, rows: int) -> str:
        """Make ``lineitem`` in the stand-in with the first rows of the file; return the URL."""
        import vertica_python

        with vertica_python.connect(**self.vertica.login, tlsmode="disable") as connection:
            cursor = connection.cursor()
            cursor.execute(LINEITEM.replace("bigint", "int"))
            with self.csv.open("rb") as file:
                few = b"".join(next(file) for _ in range(rows + 1))
            cursor.copy("COPY lineitem FROM STDIN DELIMITER ',' ENCLOSED BY '\"' SKIP 1", few)
            cursor.execute("COMMIT")
        return self.vertica_url()

    @cached_property
    def parquet(self) -> Path:
        """The file as Parquet with the table's types, as far as ADBC can write them too."""
        return self._as_parquet(self.csv)

    def few_as_parquet(self, rows: int) -> Path:
        """Return the first rows of the file as Parquet."""
        return self._as_parquet(self.few(rows))

    def few(self, rows: int) -> Path:
        """Return the first rows of the file as one of their own."""
        few = self.scratch / "few-rows.csv"
        with self.csv.open("rb") as file:
            few.write_bytes(b"".join(next(file) for _ in range(rows + 1)))
        return few

    def _as_parquet(self, path: Path) -> Path:
        """Make Parquet of CSV in a process of its own: the peak of ours is where others begin."""
        target = self.scratch / f"{path.stem}.parquet"
        command = [sys.executable, "-m", "bench.as_parquet", str(path), str(target), *NUMERIC]
        subprocess.run(command, cwd=ROOT, check=True)
        return target

    def make_table(self, name: str, server: PostgresServer | None = None) -> str:
        """Make ``lineitem`` under a name, empty and anew, and return its endpoint string."""
        server = server or self.server
        server.psql(f"DROP TABLE IF EXISTS {name}")
        server.psql(LINEITEM.replace("lineitem", name, 1))
        return f"{server.url()}::public.{name}"

    def filled(self, name: str) -> str:
        """Make ``lineitem`` under a name with all its rows, once; return its endpoint string."""
        if name not in self._filled:
            self.make_table(name)
            self.fill(name)
            self._filled.add(name)
        return f"{self.server.url()}::public.{name}"

    def fill(self, name: str) -> None:
        """Load the file into a table, and let the server come to rest."""
        self.server.psql(f"\\copy {name} from '{self.csv}' csv header")
        self.server.psql(f"VACUUM (FREEZE, ANALYZE) {name}")
        self.settle()

    def empty(self, name: str, server: PostgresServer | None = None) -> None:
        """Empty a table, and let its server come to rest."""
        server = server or self.server
        server.psql(f"TRUNCATE {name}")
        server.psql("CHECKPOINT")

    def settle(self) -> None:
        """Write out what is dirty: no run pays for the one before."""
        self.server.psql("CHECKPOINT")

    def count(self, name: str, server: PostgresServer | None = None) -> int:
        """Return the number of rows in a table."""
        return int((server or self.server).psql(f"SELECT count(*) FROM {name}"))

    def mvrec(self, *arguments: str) -> Contestant:
        """Return the contestant that is ours."""
        return Contestant(name="mvrec", command=[str(_BIN / "mvrec"), *arguments])

    def psql(self, statement: str) -> Contestant:
        """Return psql, running one statement."""
        command = [str(self.server.psql_path), "-Xq", "-v", "ON_ERROR_STOP=1", "-c", statement]
        return Contestant(name="psql", command=[*command, "postgres"], env=self.server.client_env)

    def piped(self, source: str, target: str) -> Contestant:
        """Return two psql with a pipe between them, from this server into the far one."""
        psql = f"{shlex.quote(str(self.server.psql_path))} -Xq -v ON_ERROR_STOP=1"
        out = f"COPY {source} TO STDOUT (FORMAT binary)"
        into = f"COPY {target} FROM STDIN (FORMAT binary)"
        script = f'{psql} "$HERE" -c {shlex.quote(out)} | {psql} "$THERE" -c {shlex.quote(into)}'
        return Contestant(
            name="psql | psql",
            command=["/bin/bash", "-o", "pipefail", "-c", script],
            env={"HERE": self.server.url(), "THERE": self.far.url()},
        )

    def rival(self, name: str, job: str, *arguments: str) -> Contestant:
        """Return a job of ``rivals.py`` in the environment that is theirs."""
        script = str(ROOT / "bench" / "rivals.py")
        return Contestant(name=name, command=[str(_RIVALS), script, job, *arguments])


def _compile_sources() -> None:
    """Write byte code, as pip does on installing; without it each start may compile all modules."""
    for sources in (ROOT / "core" / "src", *ROOT.glob("plugins/*/src")):
        compileall.compile_dir(sources, quiet=1)


def _lineitem(rows: int) -> Path:
    """Return the first rows of TPC-H's ``lineitem``, made once and kept."""
    path = KEPT / f"lineitem-{rows}.csv"
    if not path.exists():
        print(f"making {path.name}", file=sys.stderr)
        scale = str(-(-rows // _ROWS_OF_SCALE_1))
        command = [str(_BIN / "tpchgen-cli"), "csv", "-s", scale, "--tables=lineitem", "--stdout"]
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
