"""What is shown on a terminal, and how: a bar while a move runs, colour unless it is unwanted."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _on_terminal(*command: str | Path, feed: str = "", **env: str) -> str:
    """Run a command whose stdout and stderr are a terminal; return what it shows there."""
    ours, theirs = pty.openpty()
    shell = ["bash", "-c", f'{feed or ":"} | "$@"', "-", *command]
    process = subprocess.Popen(
        shell,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", **env},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # Linux's way to say that the other side is closed
            break
        if not block:
            break
        shown += block
    os.close(ours)
    process.wait(30)
    return shown.decode()


SLOW_ROWS = "(echo id,name; for n in 1 2 3 4 5 6 7 8; do echo $n,name; sleep 0.25; done)"


def test_a_bar_is_shown_while_a_move_runs_and_vanishes(mvrec: Path, tmp_path: Path) -> None:
    shown = _on_terminal(mvrec, "move", "-", tmp_path / "out.csv", feed=SLOW_ROWS)
    assert "no rows yet" in shown or "B/s" in shown
    assert shown.endswith("\r\n")
    assert "mvrec: moved" in shown.splitlines()[-1]
    assert shown.rindex("\x1b[?25h") < shown.rindex("mvrec: moved"), "the cursor is back"


@pytest.mark.parametrize("option", ["--no-progress", "--quiet"])
def test_no_bar_is_shown_when_it_is_unwanted(mvrec: Path, tmp_path: Path, option: str) -> None:
    shown = _on_terminal(mvrec, "move", "-", tmp_path / "out.csv", option, feed=SLOW_ROWS)
    assert "\x1b" not in shown
    assert shown.count("\n") == (0 if option == "--quiet" else 1)


def test_on_a_narrow_terminal_no_piece_of_a_secret_is_left_and_no_name_is_cut(
    mvrec: Path, tmp_path: Path
) -> None:
    file = tmp_path / "job.toml"
    url = "postgresql://me:canary-in-a-cell@h.example:5432/a_rather_long_name_of_a_database"
    file.write_text(f'source = "{url}::public.trips_of_this_year"\ntarget = "trips.csv"\n')
    for columns in range(40, 120, 16):
        shown = _on_terminal(mvrec, "run", file, "--check", COLUMNS=str(columns))
        assert "canar" not in shown
        assert "\u2026" not in shown
    wide = _on_terminal(mvrec, "run", file, "--check", COLUMNS="200")
    assert "me:***@h.example:5432/a_rather_long_name_of_a_database::public.trips_of_this" in wide


def test_columns_whose_secrets_were_starred_out_stand_below_each_other(
    process: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    file = tmp_path / "job.toml"
    file.write_text('source = "sqlite://u:canary-so-long@/x::t"\ntarget = "trips.csv"\n')
    head, row = process("run", file, "--check").stdout.splitlines()
    assert head.index("target") == row.index("trips.csv")


def test_without_colour_no_escape_is_left_in_a_table(mvrec: Path, trips: Path) -> None:
    assert "\x1b" in _on_terminal(mvrec, "preview", trips)
    assert "\x1b" not in _on_terminal(mvrec, "preview", trips, NO_COLOR="1")


def test_the_plan_and_the_plugins_are_coloured_unless_that_is_unwanted(
    mvrec: Path, trips: Path, tmp_path: Path
) -> None:
    for args in (["explain", trips, tmp_path / "out.jsonl"], ["plugins"]):
        colours = re.compile("\x1b\\[[0-9;]*3[0-9]m")
        assert colours.search(_on_terminal(mvrec, *args))
        assert not colours.search(_on_terminal(mvrec, *args, NO_COLOR="1"))
