"""Each command by click's runner: what it prints, and its exit code."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, get_args

import pytest

from records_mover.cli.options import MODES
from records_mover.parts import ExistingMode
from support.fakeplugins import failing_import, working

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from support.fakeplugins import FakeSite

COMMANDS = ["move", "run", "explain", "preview", "schema", "sniff", "creds", "plugins"]


def test_the_modes_are_those_of_the_core() -> None:
    assert get_args(ExistingMode) == MODES


def test_without_a_command_the_help_is_shown(runner: Callable[..., Result]) -> None:
    ran = runner()
    assert ran.exit_code == 2
    assert "Usage: mvrec" in ran.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_commands_examples_and_exit_codes(
    runner: Callable[..., Result], option: str
) -> None:
    ran = runner(option)
    assert ran.exit_code == 0
    for word in [*COMMANDS, "mvrec move trips.csv", "3 no route", "_MVREC_COMPLETE=bash_source"]:
        assert word in ran.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_and_its_lines_are_kept(
    runner: Callable[..., Result], command: str
) -> None:
    ran = runner(command, "-h")
    assert ran.exit_code == 0
    assert f"Usage: mvrec {command}" in ran.stdout
    assert "\b" not in ran.stdout
    assert "\\b" not in ran.stdout
    assert f"\n    mvrec {command}" in ran.stdout, "an example"


def test_what_each_command_does_is_said_whole_in_their_list(
    runner: Callable[..., Result],
) -> None:
    _, _, listed = runner("-h").stdout.partition("\nCommands:\n")
    lines = listed.splitlines()
    assert [line.split()[0] for line in lines] == sorted(COMMANDS)
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


@pytest.mark.parametrize("command", ["move", "explain"])
def test_the_options_of_the_contract_are_offered(
    runner: Callable[..., Result], command: str
) -> None:
    text = runner(command, "-h").stdout
    for option in (
        "--if-exists", "--key", "--query", "--columns", "--format", "--variant", "--hint",
        "--target-format", "--target-variant", "--target-hint", "--schema", "--parallel",
        "--scratch", "--json", "--quiet",
    ):  # fmt: skip
        assert f"{option} " in text or f"{option}\n" in text or f"{option}  " in text


def test_the_version_is_shown(runner: Callable[..., Result]) -> None:
    from records_mover import __version__

    assert runner("--version").stdout == f"mvrec {__version__}\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["mvoe"], "mvrec: no command is called 'mvoe' (did you mean 'move'?); see mvrec --help"),
        (["move", "a"], "mvrec: missing argument 'TARGET'; see mvrec move --help"),
        (["move", "a", "b", "--hint", "x"], "mvrec: invalid value for '--hint': 'x' is not name="),
        (["move", "a", "b", "--columns", "x,,y"], "has an empty name in it"),
        (["move", "a", "b", "--if-exists", "burn"], "mvrec: invalid value for '--if-exists'"),
        (["move", "a", "b", "--parallel", "0"], "mvrec: invalid value for '--parallel'"),
        (["move", "a", "b", "--key", "x"], "mvrec: a key is for upsert only"),
        (["move", "a", "x::"], "mvrec: the target names no table; write DATABASE::"),
        (["move", "a", "-", "--json"], "both want standard output"),
        (["schema", ""], "mvrec: an empty string names nothing"),
        (["sniff", "x::y"], "mvrec: only files can be sniffed"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    runner: Callable[..., Result], args: list[str], said: str
) -> None:
    ran = runner(*args)
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("args", [["move", "a"], ["move", "a", "x::"], ["schema", "nope.csv"]])
def test_with_json_an_error_is_on_stdout_too(
    runner: Callable[..., Result], args: list[str]
) -> None:
    ran = runner(*args, "--json")
    error = json.loads(ran.stdout)
    assert set(error) == {"error", "advice"}
    assert f"mvrec: {error['error']}; {error['advice']}\n" == ran.stderr


def test_a_file_is_moved_into_a_table_and_back(
    runner: Callable[..., Result], trips: Path, sqlite_url: str, tmp_path: Path
) -> None:
    ran = runner("move", trips, f"{sqlite_url}::trips")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr.startswith("mvrec: moved 2 rows")
    ran = runner("move", f"{sqlite_url}::trips", tmp_path / "out.csv", "--quiet")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert (tmp_path / "out.csv").read_text() == trips.read_text()


def test_with_json_the_result_is_one_object(
    runner: Callable[..., Result], trips: Path, sqlite_url: str
) -> None:
    ran = runner("move", trips, f"{sqlite_url}::trips", "--json")
    assert ran.stderr == ""
    result = json.loads(ran.stdout)
    assert result["rows"] == 2
    assert result["bytes"] == len(trips.read_text())
    assert result["route"] == ["read", "decode", "sql-insert"]
    assert (result["rejected"], result["verified"], result["output_urls"]) == (0, None, {})
    assert result["seconds"] > 0


def test_columns_and_query_choose_what_is_moved(
    runner: Callable[..., Result], trips: Path, sqlite_url: str, tmp_path: Path
) -> None:
    runner("move", trips, f"{sqlite_url}::trips")
    out = tmp_path / "out.csv"
    assert runner("move", f"{sqlite_url}::trips", out, "--columns", "name,id").exit_code == 0
    assert out.read_text() == 'name,id\nAnn,1\n"Bo, Jr",2\n'
    query = "SELECT name FROM trips WHERE id = 1"
    assert runner("move", f"{sqlite_url}::", out, "--query", query).exit_code == 0
    assert out.read_text() == "name\nAnn\n"


def test_hints_reach_both_ends(runner: Callable[..., Result], tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("id\tname\n1\tAnn\n")
    hints = ["--hint", r"field-delimiter=\t", "--target-hint", "field-delimiter=|"]
    ran = runner("move", source, out, *hints)
    assert ran.exit_code == 0, ran.stderr
    assert out.read_text() == "id|name\n1|Ann\n"


def test_explain_says_the_route_and_moves_nothing(
    runner: Callable[..., Result], trips: Path, sqlite_url: str
) -> None:
    ran = runner("explain", trips, f"{sqlite_url}::trips")
    assert ran.exit_code == 0
    assert "3. sql-insert:" in ran.stdout
    assert "\x1b" not in ran.stdout
    data = json.loads(runner("explain", trips, f"{sqlite_url}::trips", "--json").stdout)
    assert [step["step"] for step in data["route"]] == ["read", "decode", "sql-insert"]
    table = runner("schema", f"{sqlite_url}::trips")
    assert table.exit_code == 1
    assert "mvrec: there is no table 'sqlite:///" in table.stderr
    assert "::trips'; check its name" in table.stderr


def test_the_schema_of_a_file_can_be_given_back(
    runner: Callable[..., Result], trips: Path, sqlite_url: str, tmp_path: Path
) -> None:
    ran = runner("schema", trips)
    fields = json.loads(ran.stdout)["fields"]
    assert [(name, fields[name]["type"]) for name in fields] == [
        ("id", "integer"),
        ("name", "string"),
        ("fare", "decimal"),
    ]
    fields["id"] = {"type": "string", "index": 1}
    given = tmp_path / "trips.schema.json"
    given.write_text(json.dumps({**json.loads(ran.stdout), "fields": fields}))
    assert runner("move", trips, f"{sqlite_url}::t", "--schema", given).exit_code == 0
    table = json.loads(runner("schema", f"{sqlite_url}::t").stdout)["fields"]
    assert table["id"]["type"] == "string"


def test_sniff_says_what_it_found_and_the_options_that_say_the_same(
    runner: Callable[..., Result], tmp_path: Path
) -> None:
    odd = tmp_path / "odd.txt"
    odd.write_text("id;name\n1;Ann\n2;'Bo; Jr'\n3;Cy\n")
    ran = runner("sniff", odd)
    assert ran.exit_code == 0
    assert "field-delimiter" in ran.stdout
    options = shlex.split(ran.stdout.splitlines()[-1])
    assert "field-delimiter=;" in options
    again: dict[str, Any] = json.loads(runner("sniff", odd, "--json").stdout)
    said = json.loads(runner("sniff", odd, *options, "--json").stdout)
    assert again["columns"] == said["columns"] == ["id", "name"]
    assert again["hints"] == said["hints"]
    assert {"hint", "value", "sureness", "why"} == set(again["findings"][0])


def test_plugins_are_listed_with_what_ails_them(
    runner: Callable[..., Result], fake_site: FakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOVER_STRICT_PLUGINS", raising=False)
    fake_site.install(working(), failing_import())
    with fake_site.on_path():
        ran = runner("plugins")
        data = json.loads(runner("plugins", "--json").stdout)
    assert (ran.exit_code, ran.stderr) == (0, "")
    lines = {line.split()[0]: line for line in ran.stdout.splitlines()}
    assert list(lines)[:4] == ["plugin", "files", "formats", "sql"]
    assert lines["mover_moon"].split() == ["mover_moon", "mover-moon", "1.0", "ok", "moon://"]
    assert "broken" in lines["mover_torn"]
    assert "No module named 'a_driver_nobody_has'" in lines["mover_torn"]
    (torn,) = [record for record in data if record["plugin"] == "mover_torn"]
    assert (torn["status"], torn["offers"], torn["version"]) == ("broken", [], "1.0")


def test_a_broken_plugin_is_said_and_others_work_on(
    runner: Callable[..., Result],
    fake_site: FakeSite,
    monkeypatch: pytest.MonkeyPatch,
    trips: Path,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("MOVER_STRICT_PLUGINS", raising=False)
    fake_site.install(failing_import())
    with fake_site.on_path():
        ran = runner("move", trips, tmp_path / "out.csv")
        silent = runner("move", trips, tmp_path / "out.csv", "--quiet")
    assert ran.exit_code == 0
    assert ran.stderr.startswith("mvrec: warning: plugin 'mover_torn' of mover-torn is broken")
    assert (silent.exit_code, silent.stderr) == (0, "")
