"""The main job, for real: a CSV into an embedded PostgreSQL and back, and nothing lost on the way.

make demo
"""

from __future__ import annotations

import argparse
import csv
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # for `support`

from support.postgres import embedded_postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import PostgresServer

BIN = Path(sys.executable).parent
BETWEEN = "\x1f"


def main() -> int:
    """Run the demonstration; the exit code says whether the rows came back the same."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", default="0.1", help="TPC-H scale factor; 0.1 is 600,000 rows")
    scale = arguments.parse_args().scale
    # A demo that is told to stop stops its server, too, and says no more than that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="mover-demo-") as name, _server() as server:
        return _demonstrate(Path(name), server, scale)


def _demonstrate(folder: Path, server: PostgresServer, scale: str) -> int:
    source, back = folder / "lineitem.csv", folder / "back.csv"
    table = f"{server.url()}::public.lineitem"
    with _step(f"Make the order lines of TPC-H at scale {scale} with tpchgen-cli"):
        _run("tpchgen-cli", "csv", "-s", scale, "--tables=lineitem", f"--output-dir={folder}")
        print(f"{source.name}: {source.stat().st_size / 1e6:.0f} MB; it begins with")
        _show_head(source)
    with _step("Which way would they go?"):
        _mvrec("explain", str(source), table)
    with _step("Move them: there is no such table yet, so it is made from what the file holds"):
        _mvrec("move", str(source), table)
        print(server.psql("SELECT count(*) || ' rows are in the table' FROM lineitem").strip())
    with _step("Move them back out, into another file"):
        _mvrec("move", table, str(back))
        _show_head(back)
    with _step("Compare the two files, row by row and value by value"):
        verdict, same = _compare(source, back)
        print(verdict)
    return 0 if same else 1


@contextmanager
def _server() -> Iterator[PostgresServer]:
    with _step("Start a PostgreSQL of our own"):
        context = embedded_postgres_server()
        server = context.__enter__()
        version = server.psql("SHOW server_version").strip()
        print(f"PostgreSQL {version} listens on {server.host}:{server.port}")
    try:
        yield server
    finally:
        context.__exit__(None, None, None)
        print("\nThe server is stopped, and its files are gone.")


@contextmanager
def _step(title: str) -> Iterator[None]:
    print(f"\n== {title}", flush=True)
    started = time.perf_counter()
    yield
    print(f"   ({time.perf_counter() - started:.1f} s)", flush=True)


def _mvrec(*arguments: str) -> None:
    shown = " ".join(_without_password(argument) for argument in arguments)
    print(f"$ mvrec {shown}", flush=True)
    _run("mvrec", *arguments)


def _run(program: str, *arguments: str) -> None:
    ran = subprocess.run([str(BIN / program), *arguments], check=False)
    if ran.returncode:
        raise SystemExit(f"{program} failed with exit code {ran.returncode}")


def _without_password(argument: str) -> str:
    password = urlsplit(argument).password
    return argument.replace(f":{password}@", ":***@") if password else argument


def _show_head(path: Path) -> None:
    with path.open() as file:
        for line in (next(file) for _ in range(3)):
            print(f"   {line.rstrip()[:100]}")


def _compare(one: Path, other: Path) -> tuple[str, bool]:
    """Sort both and compare; a number may be written in another way, if it is the same number."""
    (head, rows), (other_head, other_rows) = _sorted_rows(one), _sorted_rows(other)
    if head != other_head:
        return f"The columns differ: {head} and {other_head}", False
    if len(rows) != len(other_rows):
        return f"There were {len(rows):,} rows, and {len(other_rows):,} came back", False
    differing = [pair for pair in zip(rows, other_rows, strict=True) if pair[0] != pair[1]]
    for before, after in differing:
        if not _same_values(before.split(BETWEEN), after.split(BETWEEN)):
            return f"A row differs:\n  {before!r}\n  {after!r}", False
    respelt = f"; {len(differing):,} of them spell a number in another way" if differing else ""
    return f"All {len(rows):,} rows came back the same in all {len(head)} columns{respelt}.", True


def _sorted_rows(path: Path) -> tuple[list[str], list[str]]:
    with path.open(newline="") as file:
        reader = csv.reader(file)
        head = next(reader)
        return head, sorted(map(BETWEEN.join, reader))


def _same_values(before: list[str], after: list[str]) -> bool:
    return len(before) == len(after) and all(map(_same_value, before, after))


def _same_value(before: str, after: str) -> bool:
    if before == after:
        return True
    try:
        return Decimal(before) == Decimal(after)
    except InvalidOperation:
        return False


if __name__ == "__main__":
    raise SystemExit(main())
