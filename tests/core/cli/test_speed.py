"""What a start may cost: CPU seconds, and heavy packages that must stay out."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEAVY = {
    "boto3", "botocore", "numpy", "pandas", "psycopg2", "pyarrow", "rich", "sqlalchemy",
    "vertica_python",
}  # fmt: skip


def _cpu(command: Sequence[str | Path]) -> float:
    """Return the least CPU seconds, user's and system's, of a few runs."""
    return min(_cpu_once(command) for _ in range(5))


def _cpu_once(command: Sequence[str | Path]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _modules(code: str) -> set[str]:
    """Return the top-level packages that a process has loaded after running ``code``."""
    return {name.partition(".")[0] for name in _every_module(code)}


def _every_module(code: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


def _run(*args: str) -> str:
    return f"from records_mover.cli.app import run\nassert run({list(args)!r}) == 0\n"


@pytest.mark.parametrize("args", [["--help"], ["move", "--help"], ["--version"]])
def test_help_answers_within_a_quarter_of_a_second_of_cpu(mvrec: Path, args: list[str]) -> None:
    assert _cpu([mvrec, *args]) <= 0.25


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not HEAVY & _modules("import records_mover")
    assert not HEAVY & _modules(
        "from records_mover import move, explain, Session, sources, targets"
    )


@pytest.mark.parametrize("args", [["--help"], ["plugins"], ["plugins", "--json"], ["move", "-h"]])
def test_what_opens_nothing_loads_no_driver(args: list[str]) -> None:
    assert not HEAVY & _modules(_run(*args))


def test_sniffing_loads_neither_a_driver_nor_arrow(trips: Path) -> None:
    assert not HEAVY & _modules(_run("sniff", str(trips)))


def test_a_csv_that_passes_as_it_is_loads_no_arrow(trips: Path, pg_url: str) -> None:
    subprocess.run([sys.executable, "-c", _run("move", str(trips), f"{pg_url}::t")], check=True)
    for ends in ((str(trips), f"{pg_url}::t"), (f"{pg_url}::t", str(trips.with_name("out.csv")))):
        loaded = _modules(_run("move", *ends))
        assert not {"pyarrow", "pandas", "numpy", "rich", "boto3", "sqlalchemy"} & loaded


def test_a_move_loads_no_part_of_other_databases_nor_of_other_commands(
    trips: Path, pg_url: str
) -> None:
    move = _run("move", str(trips), f"{pg_url}::t")
    subprocess.run([sys.executable, "-c", move], check=True)
    loaded = _every_module(move)
    assert {name for name in loaded if name.startswith("mover_redshift.")} <= {
        "mover_redshift.plugin", "mover_redshift.connections",
    }  # fmt: skip
    assert {name for name in loaded if name.startswith("mover_vertica.")} == {
        "mover_vertica.plugin"
    }
    unwanted = {
        "difflib", "secrets", "zipp", "concurrent.futures", "records_mover.db.sql.query_text",
        "records_mover.cli.explain", "records_mover.cli.run", "records_mover.schema.ddl_text",
        "records_mover.records.folders.directory", "records_mover.records.verify.streamed",
        "mover_postgres.publish.exchange",
    }  # fmt: skip
    assert unwanted & loaded == set()


def test_arrow_asks_for_no_huge_pages_which_would_have_to_be_cleared() -> None:
    shows = "import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    code = (
        "import records_mover.cli.app as app\n"
        f"app.run = lambda words: exec({shows!r}) or 0\n"
        "from records_mover.cli import main\n"
        "main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("jemalloc\n", "")


def test_ten_rows_cost_little_more_than_the_import_of_sqlalchemy(
    mvrec: Path, tmp_path: Path, pg_url: str
) -> None:
    """Measured against what nothing here can make quicker: seconds depend on who else runs."""
    rows = tmp_path / "ten.csv"
    rows.write_text("id,name\n" + "".join(f"{n},name {n}\n" for n in range(10)))
    move: list[str | Path] = [mvrec, "move", rows, f"{pg_url}::ten", "--quiet"]
    subprocess.run(move, check=True)
    bare = [sys.executable, "-c", "import sqlalchemy"]
    runs = [(_cpu_once(move), _cpu_once(bare)) for _ in range(5)]
    ours = min(cpu for cpu, _ in runs)
    assert ours <= 0.8  # seconds
    assert ours <= 1.2 * min(cpu for _, cpu in runs)
