"""The commands of 1.x, <source>2<target>: each with its arguments, in the same order everywhere."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from records_mover.cli.app import mvrec as group
from records_mover.cli.pair_ends import SOURCES, TARGETS
from records_mover.cli.pair_names import PAIRS
from records_mover.formats.delimited.hints import HINTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Runner = Callable[..., Result]

# As `mvrec --help` of 1.x listed them, and the positional arguments of each end.
OF_1X = [
    "table2gsheet", "table2table", "table2recordsdir", "table2url", "table2file", "table2spectrum",
    "gsheet2gsheet", "gsheet2table", "gsheet2recordsdir", "gsheet2url", "gsheet2file",
    "gsheet2spectrum", "recordsdir2gsheet", "recordsdir2table", "recordsdir2recordsdir",
    "recordsdir2url", "recordsdir2file", "recordsdir2spectrum", "url2gsheet", "url2table",
    "url2recordsdir", "url2url", "url2file", "url2spectrum", "file2gsheet", "file2table",
    "file2recordsdir", "file2url", "file2file", "file2spectrum",
]  # fmt: skip
SOURCE_ARGUMENTS = {
    "table": ["db_name", "schema_name", "table_name"],
    "gsheet": ["spreadsheet_id", "sheet_name_or_range", "gcp_creds_name"],
    "recordsdir": ["url"],
    "url": ["input_url"],
    "file": ["filename"],
}
TARGET_ARGUMENTS = {
    "gsheet": ["spreadsheet_id", "sheet_name", "gcp_creds_name"],
    "table": ["db_name", "schema_name", "table_name"],
    "recordsdir": ["output_url"],
    "url": ["output_url"],
    "file": ["filename"],
    "spectrum": ["db_name", "schema_name", "table_name"],
}
HINTS_OF_1X = [
    "header-row", "field-delimiter", "compression", "record-terminator", "quoting", "quotechar",
    "doublequote", "escape", "encoding", "dateformat", "timeonlyformat", "datetimeformattz",
    "datetimeformat",
]  # fmt: skip


def command(name: str) -> click.Command:
    made = group.get_command(click.Context(group), name)
    assert made is not None
    return made


def options(name: str) -> set[str]:
    return {
        word
        for param in command(name).params
        if isinstance(param, click.Option)
        for word in [*param.opts, *param.secondary_opts]
    }


def test_what_is_given_and_denied_at_once_is_refused(runner: Runner, trips: Path) -> None:
    both = ("--source.compression", "gzip", "--source.no_compression")
    ran = runner("file2file", trips, trips.with_name("out.csv"), *both)
    assert ran.exit_code == 2
    assert ran.stderr.startswith("mvrec: a compression is given, and none of it too; leave out")


def test_the_thirty_commands_are_there() -> None:
    assert list(PAIRS) == OF_1X
    assert (list(SOURCES), list(TARGETS)) == (list(SOURCE_ARGUMENTS), list(TARGET_ARGUMENTS))


@pytest.mark.parametrize("name", OF_1X)
def test_each_has_its_arguments_in_order(runner: Runner, name: str) -> None:
    left, right = name.split("2")
    wanted = [f"source.{one}".upper() for one in SOURCE_ARGUMENTS[left]]
    wanted += [f"target.{one}".upper() for one in TARGET_ARGUMENTS[right]]
    arguments = [one for one in command(name).params if isinstance(one, click.Argument)]
    assert [one.metavar for one in arguments] == wanted
    shown = runner(name, "--help")
    assert shown.exit_code == 0
    assert f"Usage: mvrec {name} [OPTIONS] {wanted[0]}" in shown.stdout
    for word in wanted:
        assert f"  {word.lower()} " in shown.stdout
    assert ("mvrec move " in shown.stdout) == ("gsheet" not in name)
    assert ("Refused as yet" in shown.stdout) == ("gsheet" in name)


@pytest.mark.parametrize("hint", HINTS_OF_1X)
def test_each_hint_is_an_option_of_both_files(hint: str) -> None:
    assert hint in HINTS
    word = hint.replace("-", "_")
    assert {f"--source.{word}", f"--target.{word}"} <= options("file2url")
    nullable = {"compression", "quoting", "escape", "header-row", "doublequote"}
    assert (f"--source.no_{word}" in options("url2file")) == (hint in nullable)


def test_other_options_have_their_names() -> None:
    assert {
        "--source.variant",
        "--source.format",
        "--target.variant",
        "--target.format",
    } <= options("file2file")
    assert {
        "--target.existing_table",
        "--target.drop_and_recreate_on_load_error",
    } <= options("file2table")
    assert "--no_source.fail_if_dont_understand" in options("recordsdir2file")
    assert {"--target.spectrum_base_url", "--target.existing_table"} <= options("table2spectrum")
    assert "--source.out_of_band_column_headers" in options("gsheet2file")
    for name in OF_1X:
        assert {
            "--no_fail_if_dont_understand",
            "--no_fail_if_cant_handle_hint",
            "--no_fail_if_row_invalid",
            "--max_inference_rows",
            "--max_failure_rows",
            "--json",
        } <= options(name)


def test_a_file_goes_into_a_table_and_replaces_its_rows(
    runner: Runner, trips: Path, sqlite_url: str, tmp_path: Path
) -> None:
    for _ in range(2):
        ran = runner("file2table", trips, sqlite_url, "main", "trips", "--json")
        assert (ran.exit_code, json.loads(ran.stdout)["rows"]) == (0, 2), ran.stderr
    ran = runner("table2file", sqlite_url, "main", "trips", tmp_path / "out.csv")
    assert ran.stderr.startswith("mvrec: moved 2 rows")
    assert (tmp_path / "out.csv").read_text() == trips.read_text()
    ran = runner(
        "file2table", trips, sqlite_url, "main", "trips", "--target.existing_table", "append", "-q"
    )
    assert (ran.exit_code, ran.stderr) == (0, "")
    ran = runner("table2table", sqlite_url, "main", "trips", sqlite_url, "main", "copy", "--json")
    assert json.loads(ran.stdout)["rows"] == 4


def test_variants_and_hints_are_those_of_1x(runner: Runner, trips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gz"
    ran = runner("file2file", trips, out, "--target.variant", "bluelabs", "--target.header_row")
    assert ran.exit_code == 0, ran.stderr
    lines = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert lines == ["id,name,fare", "1,Ann,2.50", "2,Bo\\, Jr,3.25"]
    back = tmp_path / "back.csv"
    args = (
        "--source.variant",
        "bluelabs",
        "--source.header_row",
        "--target.field_delimiter",
        "\\t",
    )
    ran = runner("file2url", out, back.as_uri(), *args, "--target.no_header_row")
    assert back.read_text() == "1\tAnn\t2.50\n2\tBo, Jr\t3.25\n"
    plain = tmp_path / "plain"
    ran = runner(
        "url2file", back.as_uri(), plain, "--source.no_header_row", "--target.format", "delimited",
        "--target.variant", "bluelabs", "--target.no_compression",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    assert plain.read_text() == "1,Ann,2.50\n2,Bo\\, Jr,3.25\n"


def test_a_records_directory_is_written_and_read(
    runner: Runner, trips: Path, tmp_path: Path
) -> None:
    folder = f"file://{tmp_path}/rows/"
    ran = runner("file2recordsdir", trips, folder, "--target.variant", "csv")
    assert ran.exit_code == 0, ran.stderr
    out = tmp_path / "out.jsonl"
    assert runner("recordsdir2file", folder, out).exit_code == 0
    assert len(out.read_text().splitlines()) == 2
    ran = runner("file2recordsdir", trips, folder.rstrip("/"))
    assert (ran.exit_code, "write it with / last" in ran.stderr) == (2, True)


@pytest.mark.parametrize("behind", [False, True])
def test_how_strict_to_be_is_said_before_the_command_or_behind_it(
    runner: Runner, trips: Path, sqlite_url: str, tmp_path: Path, behind: bool
) -> None:
    runner("file2table", trips, sqlite_url, "main", "trips")
    bad = tmp_path / "bad.csv"
    bad.write_text("id,name,fare\n3,Cy,1.00\nx,Di,2.00\n")
    args = ["file2table", bad, sqlite_url, "main", "trips"]
    assert runner(*args).exit_code == 1
    strict = ["--max_failure_rows", "1"]
    ran = runner(*args, *strict) if behind else runner(*strict, *args)
    assert ran.exit_code == 4, ran.stderr
    strict = ["--no_fail_if_row_invalid"]
    ran = runner(*args, *strict) if behind else runner(*strict, *args)
    assert ran.exit_code == 4, ran.stderr
    ran = runner("--max_failure_rows", "1", "move", bad, "x.csv")
    assert (ran.exit_code, "goes before the commands" in ran.stderr) == (2, True)


def test_a_table_is_made_anew_when_the_load_fails(
    runner: Runner, trips: Path, sqlite_url: str, tmp_path: Path
) -> None:
    runner("file2table", trips, sqlite_url, "main", "trips")
    other = tmp_path / "other.csv"
    other.write_text("id,name,fare\nx,y,z\n")
    args = ["file2table", other, sqlite_url, "main", "trips"]
    assert runner(*args).exit_code == 1
    ran = runner(*args, "--target.drop_and_recreate_on_load_error", "--json")
    assert (ran.exit_code, json.loads(ran.stdout)["rows"]) == (0, 1), ran.stderr
    assert "the table is made anew" in ran.stderr


def test_sheets_and_the_folder_of_an_external_table_are_refused(
    runner: Runner, trips: Path
) -> None:
    ran = runner("gsheet2file", "id", "sheet", "creds", "out.csv")
    assert ran.exit_code == 3
    assert "mover-" in ran.stderr
    ran = runner(
        "file2spectrum", trips, "sqlite://", "s", "t", "--target.spectrum_rdir_url", "s3://b/x/"
    )
    assert (ran.exit_code, "spectrum_base_url" in ran.stderr) == (2, True)


def test_a_misspelt_one_is_guessed(runner: Runner) -> None:
    assert "did you mean 'file2table'?" in runner("file2tabel").stderr


def test_their_help_loads_nothing_heavy_and_the_shell_completes_them(mvrec: Path) -> None:
    code = (
        "import sys; from records_mover.cli.app import run\n"
        "assert run(['file2table', '--help']) == 0\n"
        "assert not {'pyarrow', 'sqlalchemy', 'rich', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    words = {"COMP_WORDS": "mvrec file2t", "COMP_CWORD": "1", "_MVREC_COMPLETE": "bash_complete"}
    ran = subprocess.run(
        [mvrec], env=os.environ | words, capture_output=True, text=True, check=False
    )
    assert ran.stdout.split() == ["plain,file2table"]
    words["COMP_WORDS"], words["COMP_CWORD"] = "mvrec file2table a b c d --target.ex", "6"
    ran = subprocess.run(
        [mvrec], env=os.environ | words, capture_output=True, text=True, check=False
    )
    assert ran.stdout.split() == ["plain,--target.existing_table"]
