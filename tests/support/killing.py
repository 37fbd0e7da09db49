"""Kills movers, backends, servers and connections at random moments, and looks at what is left.

make torture ARGS="--seed 7 --rounds 200"

Each round makes a move, does harm at one moment of it, and then demands: the target holds the old
rows or the new ones, whole; what the mover said is so; the next move arrives, and leaves nothing
but its rows. The moments are spread over the time of a move and over the bytes of its connections,
with more of them at the ends, where transactions begin and commit.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `support`, when this file is run

from support.postgres import PostgresServer, embedded_bin_dir, postgres_server
from support.relay import relay_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from support.relay import Line, Relay

__all__ = ["CASES", "Campaign", "campaign", "run"]

SETTINGS = {"fsync": "off", "max_wal_size": "4GB"}
"""Quick, and yet what was committed outlives a kill."""

VICTIMS = ("mover", "backend", "server", "wire")
ROWS, MANY = 20_000, 450_000
_ENDS = 30.0
_GONE = "absent"
_IN_DOUBT = "rows may have been committed"
_TABLE = "(id int{}, name text, amount numeric(12,2))"
_SEEN = """
SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0), obj_description('{0}'::regclass),
    (SELECT string_agg(indexdef, ';' ORDER BY indexdef) FROM pg_indexes WHERE tablename = '{0}')
FROM {0} AS t
"""
_STRAYS = """
SELECT relname FROM pg_class WHERE relname ~ '^mover_'
UNION ALL SELECT nspname FROM pg_namespace WHERE nspname ~ '^mover_'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of move: what from, what into, and how; ``weight`` is how often it is drawn."""

    name: str
    source: str
    target: str = "t"
    options: tuple[str, ...] = ()
    weight: int = 2
    exists: bool = True
    keyed: bool = True


def _loads(source: str, modes: Sequence[str], weight: int, *options: str) -> list[Case]:
    return [
        Case(
            name=f"{source} {mode}",
            source=source,
            options=("--if-exists", mode, *options, *(("--key", "id") * (mode == "upsert"))),
            exists=mode != "append" or source != "new",
            keyed=mode not in ("append", "drop"),
            weight=weight,
        )
        for mode in modes
    ]


_MODES = ("append", "truncate", "delete", "drop", "replace", "upsert")
CASES = (
    *_loads("csv", _MODES, 4),
    *_loads("near", _MODES, 2),
    *_loads("far", _MODES, 2),
    *_loads("spoiled", ("truncate", "replace"), 2, "--max-failure-rows", "100"),
    *_loads("large", ("truncate",), 1, "--parallel", "2"),
    *(
        Case(name=f"{source} create", source=source, exists=False)
        for source in ("csv", "near", "far")
    ),
    Case(name="table to file", source="near", target="out.csv", weight=4),
    Case(name="table to parquet", source="near", target="out.parquet"),
    Case(name="table to directory", source="near", target="out/", weight=4),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case does when nobody harms it: states, seconds, and bytes each way."""

    old: str
    new: str
    twice: str
    seconds: float
    passed: dict[str, int]


@dataclass
class Campaign:
    """A server, a relay before it, a folder of files, and what came of the rounds so far."""

    server: PostgresServer
    relay: Relay
    folder: Path
    rng: random.Random
    failures: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    _measured: dict[str, Measured] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the rows that are moved."""
        for name in ("home", "tmp", "files"):
            (self.folder / name).mkdir()
        rows = [f"{n},new {n},{n / 7:.2f}\n" for n in range(1001, 1001 + ROWS)]
        files = {"csv.csv": rows, "spoiled.csv": [*rows[:5000], "x,y,z\n", *rows[5000:]]}
        files["large.csv"] = [f"{n},new number {n} of many,{n / 7:.2f}\n" for n in range(MANY)]
        for name, lines in files.items():
            (self.folder / name).write_text("id,name,amount\n" + "".join(lines))
        made = f"CREATE TABLE s {_TABLE.format('')}; INSERT INTO s SELECT n, 'new ' || n, n / 7.0 "
        for database in ("here", "there"):
            self.server.create_database(database)
            self.server.psql(f"{made} FROM generate_series(1001, {1000 + ROWS}) AS n", database)

    # one round

    def round(self, case: Case, victim: str, *, by_bytes: bool) -> None:
        """Move, harm, look, move again, and look again."""
        measured = self._measure(case)
        self._reset(case)
        process, moment = self._harmed(case, victim, measured, by_bytes=by_bytes)
        what = f"{case.name}, {victim} at {moment}"
        code, said = self._ended(process, what)
        self._bring_back()
        state = self._settled(case, measured)
        if state not in (measured.old, measured.new):
            self.failures.append(f"{what}: the target holds {state[:300]!r}")
        self._judge(what, code, said, state, measured)
        self.tally["new rows" if state == measured.new else "old rows"] += 1
        self._move_on(case, state, measured, what)

    def _measure(self, case: Case) -> Measured:
        if case.name not in self._measured:
            self._reset(case)
            old = self._state(case)
            self.relay.reset()
            started = time.monotonic()
            code, said = self._ended(self._start(case), f"{case.name}, unharmed")
            seconds = time.monotonic() - started
            assert code in (0, 4), f"{case.name} fails unharmed: {said}"
            passed, new = dict(self.relay.passed), self._state(case)
            assert new != old, f"{case.name} changes nothing"
            self._again(case, new)
            twice = self._state(case)
            self._measured[case.name] = Measured(old, new, twice, seconds, passed)
        return self._measured[case.name]

    def _harmed(
        self, case: Case, victim: str, measured: Measured, *, by_bytes: bool
    ) -> tuple[subprocess.Popen[str], str]:
        """Start a move and see to it that harm is done; return it and the moment in words."""
        started: list[subprocess.Popen[str]] = []
        done = threading.Event()

        def harm(line: Line | None) -> None:
            self._do(victim, started[0], line)
            done.set()

        if by_bytes:
            way = self.rng.choice(("out", "in"))
            at = self._offset(measured.passed[way])
            self.relay.reset(way, at, harm)
            started.append(self._start(case))
            return started[0], f"byte {at} {way} of {measured.passed[way]}"
        self.relay.reset()
        started.append(self._start(case))
        # Most of the first part is the start of Python, at which there is nothing to harm.
        after = measured.seconds * self.rng.uniform(0.3, 1.05)
        time.sleep(after)
        harm(self.relay.lines[-1] if self.relay.lines else None)
        return started[0], f"{after:.3f} s of {measured.seconds:.3f}"

    def _offset(self, total: int) -> int:
        kind = self.rng.random()
        if kind < 0.4:
            return total - self.rng.randrange(min(total, 400))
        if kind < 0.6:
            return self.rng.randrange(min(total, 6000))
        return self.rng.randrange(total)

    def _do(self, victim: str, mover: subprocess.Popen[str], line: Line | None) -> None:
        self.tally[victim] += 1
        if victim == "mover":
            mover.kill()
        elif victim == "server":
            self._kill_server()
        elif line is not None and victim == "wire":
            line.cut()
        elif line is not None:
            with suppress(OSError):  # it has ended by itself
                os.kill(self._backend_of(line.port), signal.SIGKILL)

    def _kill_server(self) -> None:
        """Kill the postmaster, and in half of the rounds those that it started with it."""
        children = self._children()
        self.server.kill()
        if self.rng.random() < 0.5:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        deadline = time.monotonic() + _ENDS
        while any(self._is_server(child) for child in children) and time.monotonic() < deadline:
            time.sleep(0.02)

    def _is_server(self, pid: int) -> bool:
        with suppress(OSError):
            return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False

    def _children(self) -> list[int]:
        pid = self.server.pid
        if pid is None:
            return []
        with suppress(OSError):
            words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return [int(word) for word in words]
        return []

    def _backend_of(self, port: int) -> int:
        for child in self._children():
            with suppress(OSError):
                if f"({port})".encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
        raise ProcessLookupError

    def _bring_back(self) -> None:
        """Have the server answer again, whatever was done to it."""
        if self.server.pid is None:
            self.server.start()
        deadline = time.monotonic() + _ENDS
        while True:
            try:
                self.server.psql("SELECT 1")
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    # what came of it

    def _ended(self, process: subprocess.Popen[str], what: str) -> tuple[int, str]:
        try:
            _, said = process.communicate(timeout=_ENDS)
        except subprocess.TimeoutExpired:
            self.failures.append(f"{what}: the mover hangs")
            process.kill()
            _, said = process.communicate()
        return process.returncode, said

    def _settled(self, case: Case, measured: Measured) -> str:
        """Return the state once no connection of a killed mover works on any more."""
        mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'records-mover'"
        deadline = time.monotonic() + _ENDS
        while self.server.psql(mine).strip() != "0":
            if time.monotonic() > deadline:
                self.failures.append(f"{case.name}: a dead mover's connection lives on")
                break
            time.sleep(0.02)
        state = self._state(case)
        # A folder without its manifest is no records directory: nobody takes it for one.
        return measured.old if state.startswith("unfinished") else state

    def _judge(self, what: str, code: int, said: str, state: str, measured: Measured) -> None:
        if code in (0, 4) and state != measured.new:
            self.failures.append(f"{what}: said to be moved, and is not")
        if code not in (0, 4) and code != -signal.SIGKILL:
            # While it connects, libpq itself prints what a dying server says.
            lines = [line for line in said.splitlines() if not line.startswith("FATAL:  ")]
            if len(lines) != 1 or not lines[0].startswith("mvrec: "):
                self.failures.append(f"{what}: exit {code}, and said {said[-2000:]!r}")
            in_doubt = _IN_DOUBT in said
            self.tally["in doubt"] += in_doubt
            if state == measured.new and not in_doubt:
                self.failures.append(f"{what}: is moved, and said {said!r}")

    def _move_on(self, case: Case, state: str, measured: Measured, what: str) -> None:
        """Make the next move, which arrives and cleans up."""
        try:
            self._again(case, state)
        except Exception as error:  # noqa: BLE001  the campaign goes on, and tells it in the end
            self.failures.append(f"{what}: the next move fails: {error}")
            return
        wanted = measured.twice if state == measured.new else measured.new
        if (found := self._state(case)) != wanted:
            self.failures.append(f"{what}: after the next move the target holds {found[:300]!r}")
        for database in ("here", "there"):
            if strays := self.server.psql(_STRAYS, database).split():
                self.failures.append(f"{what}: in the database stay {strays}")
        files = [path for name in ("files", "tmp") for path in (self.folder / name).rglob("*")]
        wanted_files = {"out.csv", "out.parquet", "out"}
        if strays := [
            path.name
            for path in files
            if path.name not in wanted_files and path.parent.name != "out"
        ]:
            self.failures.append(f"{what}: of files stay {strays}")

    def _again(self, case: Case, state: str) -> None:
        """Move once more; a directory that is whole is not written over."""
        from records_mover import Session

        if case.target.endswith("/") and state != _GONE:
            shutil.rmtree(self.folder / "files" / case.target)
        options = dict(zip(case.options[::2], case.options[1::2], strict=True))
        given: dict[str, Any] = {
            name.removeprefix("--").replace("-", "_"): int(value) if value.isdigit() else value
            for name, value in options.items()
        }
        if "key" in given:
            given["key"] = (given["key"],)
        source, target = self._ends_of(case, self.server.port)
        with Session() as session:
            session.move(source, target, **given)

    def _state(self, case: Case) -> str:
        if case.target == "t":
            if not self.server.psql("SELECT to_regclass('t')", "here").strip():
                return _GONE
            return self.server.psql(_SEEN.format("t"), "here").strip()
        path = self.folder / "files" / case.target
        if not path.exists():
            return _GONE
        if path.is_file():
            return hashlib.sha256(path.read_bytes()).hexdigest()
        if not (path / "_manifest").exists():
            return "unfinished" if any(path.iterdir()) else _GONE
        names = sorted(each.name for each in path.iterdir())
        data = hashlib.sha256((path / "data.csv").read_bytes()).hexdigest()
        return f"{names} {data}"

    # moves

    def _reset(self, case: Case) -> None:
        """Put the target back to what it is before each round."""
        shutil.rmtree(self.folder / "files")
        (self.folder / "files").mkdir()
        if case.target != "t" and not case.target.endswith("/"):
            (self.folder / "files" / case.target).write_text("old\n")
        statements = ["DROP TABLE IF EXISTS t"]
        if case.exists and case.target == "t":
            statements += [
                f"CREATE TABLE t {_TABLE.format(' PRIMARY KEY' if case.keyed else '')}",
                "INSERT INTO t SELECT n, 'old ' || n, n FROM generate_series(1, 2000) AS n",
                "CREATE INDEX ON t (name)",
                "COMMENT ON TABLE t IS 'kept'",
            ]
        self.server.psql(";".join(statements), "here")

    def _start(self, case: Case) -> subprocess.Popen[str]:
        ends = self._ends_of(case, self.relay.port)
        mvrec = Path(sys.executable).with_name("mvrec")
        return subprocess.Popen(
            [mvrec, "move", *ends, *case.options, "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder / "home"),
                "TMPDIR": str(self.folder / "tmp"),
                "MOVER_STRICT_PLUGINS": "1",
            },
        )

    def _ends_of(self, case: Case, port: int) -> tuple[str, str]:
        def table(database: str, name: str) -> str:
            return self.server.url(database).replace(f":{self.server.port}/", f":{port}/") + (
                f"::{name}"
            )

        sources = {"near": table("here", "s"), "far": table("there", "s")}
        source = sources.get(case.source) or str(self.folder / f"{case.source}.csv")
        target = str(self.folder / "files" / case.target)
        if case.target.endswith("/"):
            target += "/"
        return source, table("here", "t") if case.target == "t" else target


@contextmanager
def campaign(seed: int, bin_dir: Path) -> Iterator[Campaign]:
    """Run a server of our own, whose programs are in ``bin_dir``, to be killed."""
    with (
        postgres_server(bin_dir, SETTINGS) as server,
        tempfile.TemporaryDirectory() as folder,
        relay_to(lambda: server.port) as relay,
    ):
        made = Campaign(server, relay, Path(folder), random.Random(seed))
        made.prepare()
        yield made


def run(
    made: Campaign,
    rounds: int,
    cases: Sequence[Case] = CASES,
    say: Callable[[str], object] = lambda text: None,
) -> None:
    """Run so many rounds, victims in turn, cases as they are drawn."""
    for number in range(rounds):
        (case,) = made.rng.choices(cases, [case.weight for case in cases])
        victim = VICTIMS[number % len(VICTIMS)]
        before = len(made.failures)
        made.tally[f"case {case.name}"] += 1
        made.round(case, victim, by_bytes=number // len(VICTIMS) % 2 == 0)
        for failure in made.failures[before:]:
            say(f"round {number}: {failure}")


def main() -> int:
    """Run the campaign that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--only", default="", help="the cases with this word in their names")
    said = "a PostgreSQL with its programs in DIR/bin, instead of the wheel's"
    parser.add_argument("--postgres-server", type=Path, metavar="DIR", help=said)
    arguments = parser.parse_args()
    cases = [case for case in CASES if arguments.only in case.name]
    print(f"seed {arguments.seed}, {arguments.rounds} rounds", flush=True)
    started = time.monotonic()
    named = arguments.postgres_server
    with campaign(arguments.seed, named.resolve() / "bin" if named else embedded_bin_dir()) as made:
        run(made, arguments.rounds, cases, lambda text: print(text, flush=True))
        for name, count in sorted(made.tally.items()):
            print(f"{count:6,} {name}")
    failed = len(made.failures)
    print(f"{failed} failures in {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
