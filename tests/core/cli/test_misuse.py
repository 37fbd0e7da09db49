"""Command lines that make no sense: one line that says what was meant, and exit code 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from records_mover.cli.app import COMMANDS
from records_mover.cli.app import mvrec as group
from records_mover.cli.pair_names import PAIRS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Runner = Callable[..., Result]


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ("move a b --ifexists drop", "no such option '--ifexists' (did you mean '--if-exists'?); "),
        ("move a b --zzz", "no such option '--zzz'; see mvrec move --help"),
        ("preview -dash.csv", "no such option '-d'; write ./ before a file's name that begins "),
        ("--debug move a b", "--debug goes behind the name of a command; as in 'mvrec move ... "),
        ("--json", "--json goes behind the name of a command; as in 'mvrec move ... --json'"),
        ("move my trips.csv b", "got unexpected extra argument (b); put what has blanks in it in"),
        ("plugins nw", "no such command 'nw' (did you mean 'new'?); see mvrec plugins --help"),
        ("mov a b", "no command is called 'mov' (did you mean 'move'?); see mvrec --help"),
        ("move a b --parallel 0", "invalid value for '--parallel': '0' is no whole number of 1 or"),
        ("preview a --rows x", "invalid value for '--rows': 'x' is no whole number of 0 or more"),
        ("move a b --format cvs", "invalid value for '--format': 'cvs' is not one of 'csv', "),
        ("move a b --target-variant x", "invalid value for '--target-variant': 'x' is not one of"),
        (
            "move a b --hint field-delimeter=x",
            (
                "invalid value for '--hint': no hint is called 'field-delimeter' "
                "(did you mean 'field-delimiter'?); see mvrec move --help"
            ),
        ),
        (
            "file2table a b c d --source.header-row",
            "no such option '--source.header-row' (did you mean '--source.header_row'?); see ",
        ),
    ],
)
def test_it_is_said_in_one_line_what_was_probably_meant(
    runner: Runner, args: str, line: str
) -> None:
    ran = runner(*args.split())
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"mvrec: {line}"), ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("--format parquet --variant csv", "the variant 'csv' is one of delimited text, and the f"),
        ("--format parquet --hint quoting=all", "the format 'parquet' takes no hint 'quoting'; "),
        ("--format tsv --variant dumb", "the format 'tsv' has no variants; say --format delimited"),
        ("--target-format jsonl --target-hint header-row=true", "the format 'jsonl' takes no hint"),
    ],
)
def test_what_is_said_of_a_format_must_not_contradict_itself(
    runner: Runner, trips: Path, options: str, line: str
) -> None:
    ran = runner("move", trips, trips.with_name("out"), *options.split())
    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"mvrec: {line}"), ran.stderr


def test_what_sniff_says_of_packed_lines_is_no_contradiction(
    runner: Runner, trips: Path, tmp_path: Path
) -> None:
    assert runner("move", trips, tmp_path / "trips.jsonl.gz").exit_code == 0
    (tmp_path / "trips.jsonl.gz").rename(tmp_path / "trips")
    options = runner("sniff", tmp_path / "trips").stdout.splitlines()[-1].split()
    assert options == ["--format", "jsonl", "--hint", "compression=GZIP"]
    assert runner("preview", tmp_path / "trips", *options).exit_code == 0


EVERY = [(), *((name,) for name in (*COMMANDS, *PAIRS)), ("plugins", "new")]


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_help_fits_a_terminal_of_80_columns(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = runner(*command, "--help")
    assert ran.exit_code == 0
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert "[x>=" not in ran.stdout


def test_the_options_of_a_move_are_in_sections_and_their_values_are_explained(
    runner: Runner,
) -> None:
    shown = runner("move", "--help").stdout.splitlines()
    sections = [line for line in shown if line.endswith(":") and not line.startswith(" ")]
    assert sections == [
        "Source:",
        "Target:",
        "What does not fit:",
        "Move:",
        "Output:",
        "What --if-exists does to a table that is there:",
        "Hints, NAME=VALUE:",
    ]
    assert "  truncate  TRUNCATE it and load" in shown
    assert any(line.startswith("  skip-lines ") for line in shown)


def test_every_option_says_what_it_is_for() -> None:
    context = click.Context(group)
    for name in (*COMMANDS, *PAIRS):
        command = group.get_command(context, name)
        assert command is not None
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert [one.name for one in options if not one.help] == []


def test_the_version_is_said_as_in_1_x(runner: Runner) -> None:
    assert runner("-V").stdout == runner("--version").stdout
