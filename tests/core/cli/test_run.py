"""``mvrec run``: job files, their order, what becomes of the others when one fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar

import click
import jsonschema
import pytest

from records_mover.cli.app import mvrec as group
from records_mover.cli.job_check import job_schema, problems
from records_mover.cli.job_file import read_jobs
from records_mover.cli.parameters import Variant
from records_mover.errors import ConfigError
from records_mover.formats.delimited.hints import HINTS, VARIANTS
from support.web import reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Process = Callable[..., subprocess.CompletedProcess[str]]
    Runner = Callable[..., Result]


def _write(path: Path, text: str, **names: object) -> Path:
    for name, value in names.items():
        text = text.replace(f"<{name}>", str(value))
    path.write_text(text)
    return path


ONE = """
#:schema job.schema.json
source = "<trips>"
target = "<db>::trips"
if-exists = "truncate"
hints = { header-row = true }
"""


def test_one_job_is_a_move(runner: Runner, tmp_path: Path, trips: Path, sqlite_url: str) -> None:
    job = _write(tmp_path / "one.toml", ONE, trips=trips, db=sqlite_url)
    for _ in range(2):
        ran = runner("run", job, "--json")
        assert (ran.exit_code, json.loads(ran.stdout)["rows"]) == (0, 2)
    ran = runner("run", job)
    assert ran.stderr.startswith("mvrec: moved 2 rows")


def test_the_same_in_json_and_from_standard_input(
    process: Process, tmp_path: Path, trips: Path
) -> None:
    out = tmp_path / "out.csv"
    text = json.dumps(
        {"source": str(trips), "target": str(out), "target-hints": {"field-delimiter": ";"}}
    )
    ran = process("run", "-", stdin=text)
    assert (ran.returncode, out.read_text().splitlines()[0]) == (0, "id;name;fare"), ran.stderr


SEVERAL = """
at-once = 2

[defaults]
if-exists = "drop"

[jobs.back]
source = "<db>::trips"
target = "<folder>/back.csv"
after = "trips"
if-exists = "append"

[jobs.trips]
source = "<trips>"
target = "<db>::trips"

[jobs.other]
source = "<trips>"
target = "<db>::other"
after = ["trips", "back"]
"""


def test_jobs_run_after_those_that_they_wait_for(
    runner: Runner, tmp_path: Path, trips: Path, sqlite_url: str
) -> None:
    text = SEVERAL.replace('if-exists = "append"\n', "").replace(
        '[defaults]\nif-exists = "drop"\n', ""
    )
    file = _write(tmp_path / "jobs.toml", text, trips=trips, db=sqlite_url, folder=tmp_path)
    ran = runner("run", file, "--json")
    assert ran.exit_code == 0, ran.stderr
    told = json.loads(ran.stdout)["jobs"]
    assert list(told) == ["back", "trips", "other"], "in the order of the file"
    assert {one["status"] for one in told.values()} == {"moved"}
    assert (tmp_path / "back.csv").read_text() == trips.read_text()
    said = [line.split(":")[1].strip() for line in ran.stderr.splitlines()]
    assert said == ["trips", "back", "other"], "in the order in which they ended"


def test_a_table_says_what_became_of_each(
    runner: Runner, tmp_path: Path, trips: Path, sqlite_url: str
) -> None:
    text = SEVERAL.replace("<trips>", "<gone>", 1).replace('if-exists = "append"\n', "")
    text = text.replace('[defaults]\nif-exists = "drop"\n', "")
    text += '\n[jobs.apart]\nsource = "<trips>"\ntarget = "<folder>/apart.jsonl"\n'
    file = _write(
        tmp_path / "jobs.toml", text, gone=tmp_path / "gone.csv", trips=trips, db=sqlite_url,
        folder=tmp_path,
    )  # fmt: skip
    ran = runner("run", file)
    assert ran.exit_code == 1
    lines = {line.split()[0]: line.split()[1:3] for line in ran.stdout.splitlines()}
    assert lines["trips"][0] == "failed"
    assert lines["back"] == lines["other"] == ["not", "run"]
    assert lines["apart"] == ["moved", "2"]
    assert "mvrec: back: not run, as 'trips' failed\n" in ran.stderr
    assert "mvrec: trips: " in ran.stderr
    assert "gone.csv" in ran.stderr


def test_some_jobs_are_chosen_with_those_that_they_wait_for(
    runner: Runner, tmp_path: Path, trips: Path, sqlite_url: str
) -> None:
    file = _write(tmp_path / "jobs.toml", SEVERAL, trips=trips, db=sqlite_url, folder=tmp_path)
    ran = runner("run", file, "--only", "back", "--check", "--json")
    assert list(json.loads(ran.stdout)["jobs"]) == ["back", "trips"]
    assert not (tmp_path / "trips.db").exists(), "--check moves nothing"
    ran = runner("run", file, "--check")
    assert ran.stdout.splitlines()[0].split() == ["job", "source", "target", "after"]
    ran = runner("run", file, "--only", "nope")
    assert (ran.exit_code, "there is no job 'nope'; use back, trips, other" in ran.stderr) == (
        2,
        True,
    )


def test_rejected_rows_make_the_exit_code_4(
    runner: Runner, tmp_path: Path, trips: Path, sqlite_url: str
) -> None:
    runner("move", trips, f"{sqlite_url}::trips")
    bad = tmp_path / "bad.csv"
    bad.write_text("id,name,fare\n3,Cy,1.00\nx,Di,2.00\n")
    text = """
[defaults]
max-failure-rows = 1
[jobs.good]
source = "<trips>"
target = "<db>::trips"
[jobs.bad]
source = "<bad>"
target = "<db>::trips"
after = "good"
"""
    file = _write(tmp_path / "jobs.toml", text, trips=trips, bad=bad, db=sqlite_url)
    ran = runner("run", file, "--json")
    assert ran.exit_code == 4, ran.stderr
    assert json.loads(ran.stdout)["jobs"]["bad"]["rejected"] == 1


class _Meeting(BaseHTTPRequestHandler):
    """Answers the first request for a file when another one has come for another file."""

    both = threading.Barrier(2, timeout=30)
    seen: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        if self.path not in self.seen:
            self.seen.add(self.path)
            self.both.wait()
        reply(self, 200, b"n\n1\n")


def test_several_jobs_run_at_once(process: Process, tmp_path: Path) -> None:
    with serving(_Meeting) as address:
        text = "".join(
            f'[jobs.{name}]\nsource = "{address}/{name}.csv"\ntarget = "{tmp_path}/{name}.csv"\n'
            for name in ("a", "b")
        )
        ran = process("run", _write(tmp_path / "jobs.toml", text), "--at-once", "2")
    assert ran.returncode == 0, ran.stderr
    assert not _Meeting.both.broken, "one job waited for the other"
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text() == "n\n1\n"


def test_ctrl_c_ends_all_of_them(mvrec: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "slow")
    text = """
[jobs.slow]
source = "<folder>/slow"
target = "<folder>/slow.csv"
[jobs.next]
source = "<folder>/slow"
target = "<folder>/next.csv"
"""
    file = _write(tmp_path / "jobs.toml", text, folder=tmp_path)
    process = subprocess.Popen([mvrec, "run", file], stderr=subprocess.PIPE, text=True)
    with (tmp_path / "slow").open("w") as slow:
        slow.write("n\n1\n")
        slow.flush()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "next: not run, as cancelled" in said
    assert not list(tmp_path.glob("*.csv"))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("source = ", "cannot read '<file>': "),
        ("{", "cannot read '<file>': "),
        ('source = "a"', "<file>: the file has no 'target'; say it"),
        ('source = "a"\ntarget = 5', "<file>: target is 5; give a text"),
        ('source = "a"\ntarget = "b"\nif-exist = "drop"', "did you mean 'if-exists'?"),
        (
            'source = "a"\ntarget = "b"\nif-exists = "burn"',
            'if-exists is "burn"; use one of append,',
        ),
        ('source = "a"\ntarget = "b"\nparallel = 0', "parallel is 0; ask for 1 or more"),
        ('source = "a"\ntarget = "b"\nverify = 1', "verify is 1; give true or false"),
        (
            'source = "a"\ntarget = "b"\nhints = { comment = [1] }',
            "hints.comment is a list; give a text or",
        ),
        (
            'source = "a"\ntarget = "b"\nhints = { header-rows = true }',
            "hints.header-rows is no option; did you mean 'header-row'?",
        ),
        ('source = "a"\ntarget = "b"\nformat = "cvs"', 'format is "cvs"; use one of csv, tsv'),
        ('[job.a]\nsource = "a"\ntarget = "b"', "job is no option; did you mean 'jobs'?"),
        ("[jobs]", "<file>: there is no job under 'jobs'; write [jobs.NAME]"),
        ('source = "a"\ntarget = "b"\nkey = [1]', "key[1] is 1; give a text"),
        (
            'source = "a"\ntarget = "b"\nbytes-per-file = "many"',
            "bytes-per-file: 'many' is no size",
        ),
        ('[jobs.x]\nsource = "a"', "jobs.x has no 'target'"),
        ('[jobs.x]\nsource = "a"\ntarget = "b"\nafter = "y"', "'x' comes after 'y', which is not"),
        ('[jobs.x]\nsource="a"\ntarget="b"\nafter="x"', "wait for each other: x after x"),
        ('[jobs.x]\nsource="-"\ntarget="b"\n[jobs.y]\nsource="a"\ntarget="b"', "job 'x' has '-'"),
        ('source = "a"\ntarget = "b"\nkey = ["x"]', "a key is for upsert only"),
    ],
)
def test_a_file_that_makes_no_sense_is_one_line_and_exit_code_2(
    runner: Runner, tmp_path: Path, text: str, what: str
) -> None:
    file = tmp_path / "job.toml"
    file.write_text(text)
    ran = runner("run", file)
    assert ran.exit_code == 2, ran.stderr
    assert what.replace("<file>", str(file)) in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_a_mark_that_windows_puts_before_a_file_is_no_part_of_it(
    runner: Runner, process: Process, tmp_path: Path, trips: Path
) -> None:
    text = f"source = {str(trips)!r}\r\ntarget = {str(tmp_path / 'out.csv')!r}\r\n"
    (tmp_path / "job.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert runner("run", tmp_path / "job.toml").exit_code == 0
    ran = process("run", "-", stdin=f"\ufeff{text}")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_what_is_no_text_at_all_is_said_so(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text('source = "a"', encoding="utf-16")
    ran = runner("run", tmp_path / "job.toml")
    assert (ran.exit_code, ran.stderr.endswith("is no UTF-8; save it as UTF-8\n")) == (2, True)
    ran = runner("run", tmp_path)
    assert ran.exit_code == 2
    assert ran.stderr.endswith("': is a directory; name a file\n")


def test_progress_of_several_jobs_is_that_of_all_together(
    process: Process, tmp_path: Path, trips: Path
) -> None:
    file = tmp_path / "jobs.toml"
    job = '[jobs.{0}]\nsource = "{1}"\ntarget = "{2}/{0}.parquet"\n'
    file.write_text("".join(job.format(name, trips, tmp_path) for name in ("one", "two")))
    ran = process("run", file, "--progress")
    assert ran.returncode == 0
    assert ran.stderr.splitlines()[-1].startswith("mvrec: 4 rows, ")
    assert "4 rows" not in process("run", file).stderr


def test_a_file_that_is_not_there_is_said(runner: Runner, tmp_path: Path) -> None:
    ran = runner("run", tmp_path / "none.toml")
    assert (ran.exit_code, "there is no job file" in ran.stderr) == (1, True)


def test_a_password_in_a_job_is_never_shown(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "job.toml"
    file.write_text(
        '[jobs.a]\nsource = "postgresql://me:Hush4Hush@127.0.0.1:1/x::t"\ntarget = "a.csv"\n'
        '[jobs.b]\nsource = "a.csv"\ntarget = "postgresql://me:Hush4Hush@127.0.0.1:1/x::t"\n'
    )
    for args in ((), ("--check",), ("--check", "--json"), ("--debug",)):
        ran = runner("run", file, *args)
        assert "Hush4Hush" not in ran.stdout + ran.stderr


def test_the_schema_offers_what_move_offers() -> None:
    schema = job_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    apart = {"as_json", "quiet", "debug", "progress", "source", "target"}
    spelled = {"hint": "hints", "target_hint": "target_hints"}
    command = group.get_command(click.Context(group), "move")
    assert command is not None
    offered = {spelled.get(one.name or "", one.name or "") for one in command.params} - apart
    options = schema["definitions"]["options"]["properties"]
    assert {name.replace("-", "_") for name in options} == offered
    one = schema["definitions"]["one"]["properties"]
    assert set(one) - set(options) == {"$schema", "source", "target", "after"}
    for param in command.params:
        if isinstance(param.type, click.Choice):
            name = str(param.name).replace("_", "-")
            assert list(param.type.choices) == options[name]["enum"]
        if isinstance(param.type, Variant):
            assert options[str(param.name).replace("_", "-")]["enum"] == list(VARIANTS)
    assert list(schema["definitions"]["hints"]["properties"]) == list(HINTS)


GOOD: dict[str, Any] = {"source": "a", "target": "b"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        GOOD,
        {**GOOD, "key": "a"},
        {**GOOD, "key": ["a", 1]},
        {**GOOD, "verify": True},
        {**GOOD, "verify": "yes"},
        {**GOOD, "parallel": True},
        {**GOOD, "parallel": -1},
        {**GOOD, "hints": {"escape": None}},
        {**GOOD, "hints": {"escape": {}}},
        {**GOOD, "unheard-of": 1},
        {"jobs": {}},
        {"jobs": {"a": GOOD}},
        {"jobs": {"a": {}}},
        {"jobs": {"a": GOOD}, "source": "x"},
        {"jobs": {"a": GOOD}, "defaults": {"source": "x"}},
        {"jobs": {"a": GOOD}, "defaults": {"if-exists": "replace"}},
        {"jobs": {"a": GOOD}, "at-once": 0},
        {"$schema": "x", "jobs": {"a": {**GOOD, "after": ["b"]}}},
    ],
)
def test_our_check_and_that_of_jsonschema_agree(document: object) -> None:
    judge = jsonschema.Draft7Validator(job_schema())
    assert (next(problems(document, job_schema()), None) is None) == judge.is_valid(document)


def test_the_schema_is_printed_for_editors(runner: Runner) -> None:
    assert json.loads(runner("run", "--print-schema").stdout) == job_schema()


def test_defaults_hold_where_a_job_says_nothing_else(tmp_path: Path) -> None:
    text = """
[defaults]
hints = { escape = "\\\\", header-row = false }
parallel = 3
[jobs.a]
source = "a"
target = "b"
hints = { header-row = true }
bytes-per-file = "64M"
columns = "x"
"""
    (tmp_path / "jobs.toml").write_text(text)
    (job,) = read_jobs(str(tmp_path / "jobs.toml")).jobs
    assert dict(job.options) == {
        "hints": {"escape": "\\", "header-row": True},
        "parallel": 3,
        "bytes_per_file": 64_000_000,
        "columns": ("x",),
    }


def test_a_circle_is_named(tmp_path: Path) -> None:
    text = "".join(
        f'[jobs.{one}]\nsource="a"\ntarget="b"\nafter="{other}"\n'
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
    )
    (tmp_path / "jobs.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"wait for each other: . after . after . after ."):
        read_jobs(str(tmp_path / "jobs.toml"))


def test_checking_a_file_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "job.toml").write_text('source = "a.csv"\ntarget = "b.csv"\n')
    code = (
        "import sys; from records_mover.cli.app import run\n"
        f"assert run(['run', '{tmp_path}/job.toml', '--check']) == 0\n"
        "assert not {'pyarrow', 'sqlalchemy', 'rich', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
