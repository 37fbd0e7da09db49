"""The support table says what a run has shown: what was kept, refused, missing, and what failed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUITES = """
import pytest
from records_mover.testing import Suite, missing, refused
from records_mover.testing.gap import ValueRefused
from records_mover.testing.suite import behaviour, over

class Model(Suite):
    kind, subject = "loader", "moon-in"
    applies = frozenset(["boolean", "bytes", "it_stays", "it_goes"])
    refuses = ()

    @over("values")
    def test_values(self, case, door):
        if case.name in self.refuses:
            raise ValueRefused("no")

    @behaviour()
    def test_it_stays(self):
        assert False

    @behaviour()
    @pytest.mark.parametrize("mode", ["quick", "slow"])
    def test_it_goes(self, mode):
        assert mode == self.goes

class TestOne(Model):
    goes, refuses = "quick", ("bytes",)
    gaps = {"bytes": refused("no bytes"), "it_stays": missing("it never does")}

class TestOther(Model):
    subject, goes, refuses = "moon-out", "quick", ("bytes",)
    applies = frozenset(["boolean", "bytes"])

class TestOtherToo(Model):
    subject, refuses = "moon-out", ("boolean",)
    applies = frozenset(["boolean"])
    gaps = {"boolean": refused("no yes")}
"""


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_model.py").write_text(SUITES)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"]
    report = ["-p", "records_mover.testing.report", "--support-table", "table.md"]
    return subprocess.run(
        [*command, *report, *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_table_shows_what_the_run_has_shown(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 1
    _, _, table = (tmp_path / "table.md").read_text().partition("## Loaders\n\n")
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    told = {row[0]: row[1:] for row in rows[2:]}
    assert rows[0] == ["moon-in", "moon-out"]
    assert told["`boolean` true and false (text)"] == ["kept", "kept / *refused* (3)"]
    assert told["it stays"] == ["*not so* (1)"]
    assert told["it goes"] == ["FAILED"]  # one of its two modes
    (bytes_row,) = [row for name, row in told.items() if name.startswith("`bytes`")]
    assert bytes_row == ["*refused* (2)", "FAILED"]
    assert table.splitlines()[-3:] == ["1. it never does", "2. no bytes", "3. no yes"]


def test_the_table_wants_one_process_and_says_so(tmp_path: Path) -> None:
    ran = run(tmp_path, "-p", "xdist", "-n", "2")
    assert ran.returncode != 0
    assert "leave out -n" in ran.stdout + ran.stderr
    assert not (tmp_path / "table.md").exists()
