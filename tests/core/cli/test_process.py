"""The installed command in a process of its own: exit codes and streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.fakeplugins import FakeSite
    from support.postgres import PostgresServer

Ran = subprocess.CompletedProcess[str]

REJECTING = """
from contextlib import contextmanager
from records_mover.hookspecs import hookimpl
from records_mover.parts import DatabaseKind, Form, Loaded, Offer, Refusal

MOVER_API = 1


class Loader:
    name = "picky-insert"
    dialects = frozenset({"sqlite"})

    def offers(self, ask):
        return [Offer(form=form, cost=1) for form in ask.forms if form.kind == "batches"]

    def load(self, job, payload):
        return Loaded(rows=payload.reader.read_all().num_rows - 1, rejected=1)


class Broken(Loader):
    name = "broken-insert"

    def load(self, job, payload):
        raise EOFError("a bug of mine")


@hookimpl
def mover_loaders():
    return [LOADER()]
"""


@pytest.fixture
def fake_loader(fake_site: FakeSite) -> Callable[[str], dict[str, str]]:
    """Install a loader for SQLite that comes before the generic one."""
    from support.fakeplugins import FakePlugin

    def install(name: str) -> dict[str, str]:
        source = REJECTING.replace("LOADER", name)
        fake_site.install(FakePlugin(name="mover-fake", source=source))
        return fake_site.env

    return install


def test_0_a_move_that_went_well(
    process: Callable[..., Ran], trips: Path, pg_url: str, tmp_path: Path
) -> None:
    ran = process("move", trips, f"{pg_url}::public.trips")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert ran.stderr.startswith("mvrec: moved 2 rows, ")
    assert ran.stderr.count("\n") == 1
    ran = process("move", f"{pg_url}::public.trips", "-", "--quiet")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, trips.read_text(), "")


def test_1_a_move_that_failed(process: Callable[..., Ran], trips: Path, pg_url: str) -> None:
    process("move", trips, f"{pg_url}::trips")
    trips.write_text("id,name,fare\n1,Ann,cheap\n")
    ran = process("move", trips, f"{pg_url}::trips", "--if-exists", "truncate", "--json")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "cheap" in ran.stderr
    error = json.loads(ran.stdout)
    assert "cheap" in error["error"]
    assert process("move", f"{pg_url}::trips", "-").stdout.count("\n") == 3


def test_2_what_cannot_be_understood(process: Callable[..., Ran]) -> None:
    ran = process("move", "a.csv", "--zzz")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("mvrec: no such option '--zzz'")
    assert ran.stderr.endswith("; see mvrec move --help\n")


NO_ROUTE = """
import sys
from records_mover.cli import main
from records_mover.db.rows.parts import SqlInsert
from records_mover.parts import Refusal
SqlInsert.offers = lambda self, ask: [Refusal(why="not today"), Refusal(why="nor tomorrow")]
sys.argv[1:] = {args}
main()
"""


def test_3_no_route_lists_every_refusal(trips: Path, sqlite_url: str) -> None:
    args = ["move", str(trips), f"{sqlite_url}::trips", "--json"]
    code = NO_ROUTE.format(args=args)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    first, *refusals = ran.stderr.splitlines()
    assert first.startswith(f"mvrec: no route from {trips}")
    assert refusals == ["  sql-insert: not today", "  sql-insert: nor tomorrow"]
    assert json.loads(ran.stdout)["refused"] == [
        "sql-insert: not today",
        "sql-insert: nor tomorrow",
    ]


def test_4_a_move_with_rejected_rows(
    process: Callable[..., Ran],
    trips: Path,
    sqlite_url: str,
    fake_loader: Callable[[str], dict[str, str]],
) -> None:
    env = fake_loader("Loader")
    ran = process("move", trips, f"{sqlite_url}::trips", env=env)
    assert ran.returncode == 4
    assert ran.stderr.startswith("mvrec: moved 1 row, 1 rejected")
    ran = process("move", trips, f"{sqlite_url}::trips", "--json", env=env)
    assert ran.returncode == 4
    assert json.loads(ran.stdout)["rejected"] == 1


def test_a_defect_is_one_line_and_debug_shows_where(
    process: Callable[..., Ran],
    trips: Path,
    sqlite_url: str,
    fake_loader: Callable[[str], dict[str, str]],
) -> None:
    env = fake_loader("Broken")
    ran = process("move", trips, f"{sqlite_url}::trips", env=env)
    assert ran.returncode == 1
    line = "mvrec: EOFError: a bug of mine; run again with --debug to see where\n"
    assert ran.stderr == line
    ran = process("move", trips, f"{sqlite_url}::trips", "--debug", env=env)
    assert ran.returncode == 1
    assert 'raise EOFError("a bug of mine")' in ran.stderr
    assert "Traceback" in ran.stderr


def test_rows_on_stdin_and_stdout_are_all_that_is_there(
    process: Callable[..., Ran], pg_url: str
) -> None:
    rows = "id,name\n1,Ann\n2,Bo\n"
    assert process("move", "-", f"{pg_url}::t", stdin=rows).returncode == 0
    ran = process("move", f"{pg_url}::t", "-", "--progress")
    assert ran.stdout == rows
    assert "mvrec: " in ran.stderr


def test_stdin_is_not_stdout(process: Callable[..., Ran]) -> None:
    ran = process("move", "-", "-", "--target-hint", "field-delimiter=|", stdin="a,b\n1,2\n")
    assert (ran.returncode, ran.stdout) == (0, "a|b\n1|2\n"), ran.stderr


def test_progress_is_shown_only_when_wanted_where_there_is_no_terminal(
    process: Callable[..., Ran], trips: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    assert process("move", trips, out).stderr.count("\n") == 1
    assert process("move", trips, out, "--no-progress").stderr.count("\n") == 1
    *shown, result = process("move", trips, out, "--progress").stderr.splitlines()
    assert shown
    assert result.startswith("mvrec: moved ")


@pytest.mark.parametrize("args", [["plugins"], ["plugins", "--json"], ["--help"]])
def test_a_reader_who_goes_away_ends_it_quietly(mvrec: Path, args: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [mvrec, *args], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_a_reader_who_goes_away_in_the_middle_of_rows(
    mvrec: Path, postgres: PostgresServer, pg_url: str
) -> None:
    database = pg_url.rsplit("/", 1)[-1]
    postgres.psql("CREATE TABLE big AS SELECT generate_series(1, 1000000) AS n", database)
    command = f"'{mvrec}' move \"$URL::big\" - | head -3; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"URL": pg_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.stdout, ran.stderr) == ("n\n1\n2\n1\n", "")


def test_a_full_disk_behind_stdout_is_said(mvrec: Path, trips: Path) -> None:
    for args in (["plugins"], ["move", trips, "-"]):
        with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
            ran = subprocess.run(
                [mvrec, *args], stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        assert ran.returncode == 1
        assert "no space left on device" in ran.stderr
        assert ran.stderr.count("\n") == 1


APPENDED = "mvrec: moved 2 rows"


def run_by_shell(
    mvrec: Path, line: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command with streams that a shell has closed or led elsewhere."""
    return subprocess.run(
        ["bash", "-c", line, mvrec],
        capture_output=True,
        text=True,
        env=os.environ | (env or {}),
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "streams", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-", "2> >(exec true)"]
)
def test_a_move_that_went_well_went_well_whoever_hears_of_it(
    mvrec: Path, trips: Path, sqlite_url: str, streams: str
) -> None:
    where = f"'{trips}' '{sqlite_url}::t' --no-progress"
    for _ in range(2):
        assert run_by_shell(mvrec, f'"$0" move {where} {streams}').returncode == 0
    back = f"\"$0\" move '{sqlite_url}::t' '{trips}.back' {streams}; cat '{trips}.back'"
    rows = trips.read_text()
    assert run_by_shell(mvrec, back).stdout == rows + rows.partition("\n")[2]


@pytest.mark.parametrize(
    ("streams", "why"),
    [(">&-", "it is closed"), (">/dev/full", "no space left"), ("> >(exec true)", "nobody reads")],
)
def test_a_result_that_nobody_can_read_does_not_undo_the_move(
    mvrec: Path, trips: Path, sqlite_url: str, streams: str, why: str
) -> None:
    waited = "sleep 0.3; exec " if "true" in streams else ""
    line = f"({waited}\"$0\" move '{trips}' '{sqlite_url}::t' --json) {streams}"
    ran = run_by_shell(mvrec, line)
    assert ran.returncode == 0, ran.stderr
    assert APPENDED in ran.stderr
    assert why in ran.stderr


def test_a_closed_stream_is_never_a_file_of_the_move(mvrec: Path, trips: Path) -> None:
    lines = {"input": '"$0" move - x.csv <&-', "output": '"$0" move "$T" - >&-'}
    for closed, line in lines.items():
        ran = run_by_shell(mvrec, f"cd '{trips.parent}'; {line}", {"T": str(trips)})
        assert ran.returncode == 1
        assert f"mvrec: standard {closed} is closed; open it" in ran.stderr
    said = run_by_shell(mvrec, f"\"$0\" sniff '{trips}' >&-")
    assert (said.returncode, said.stderr) == (
        1,
        "mvrec: cannot write to standard output: it is closed; check where it goes\n",
    )


def test_letters_that_a_stream_does_not_have_are_escaped(mvrec: Path, tmp_path: Path) -> None:
    path = tmp_path / "tr\u00e4ume.csv"
    path.write_text("n\u00e4me,\u4e2d\n1,\u00e9\n", encoding="utf-8")
    for env in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}):
        for args in ("sniff", "schema", "preview", "sniff --json", "preview --json"):
            ran = run_by_shell(mvrec, f"\"$0\" {args} '{path}'", env)
            assert ran.returncode == 0, ran.stderr
            if "json" in args or args == "schema":
                assert "n\u00e4me" in str(json.loads(ran.stdout))


def test_what_may_be_read_another_way_is_said_by_a_move(mvrec: Path, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("d,x\n1/2/2020,a\n3/4/2020,b\n")
    ran = run_by_shell(mvrec, f"\"$0\" move '{path}' '{tmp_path}/out.parquet'")
    assert "mvrec: warning: the dates in the column 'd' may be MM/DD/YYYY or DD/MM" in ran.stderr
    ran = run_by_shell(mvrec, f"\"$0\" move '{path}' '{tmp_path}/out.csv'")
    assert "warning" not in ran.stderr  # no row was looked at


def test_without_click_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['click'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name: None if name == 'click' else find(name)\n"
        "from records_mover.cli import main; main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    line = "mvrec: click is not installed; install records-mover[cli]\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", line)


def test_completion_is_offered_to_the_shell(process: Callable[..., Ran]) -> None:
    ran = process(env={"_MVREC_COMPLETE": "bash_source"})
    assert "_mvrec_completion" in ran.stdout
    words = {"COMP_WORDS": "mvrec mo", "COMP_CWORD": "1", "_MVREC_COMPLETE": "bash_complete"}
    assert process(env=words).stdout.strip() == "plain,move"
