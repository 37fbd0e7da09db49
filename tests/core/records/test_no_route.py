"""Where there is no route, the command says what each part said, and ends with 3."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

REFUSING = """
from records_mover.cli import main
from records_mover.parts import Refusal
from records_mover.plugins import Plugins


class Refusing:
    name = "fake-copy"
    dialects = frozenset({"*"})

    def offers(self, ask):
        return [Refusal(why="COPY is closed on Sundays"), *map(self.refuse, ask.forms)]

    def refuse(self, form):
        return Refusal(why="not this either", form=form)


Plugins.loaders = lambda self, dialect: (Refusing(),)
main()
"""


@pytest.mark.parametrize("command", ["move", "explain"])
@pytest.mark.parametrize("as_json", [False, True])
def test_no_route_ends_with_3_and_every_refusal(
    tmp_path: Path, command: str, *, as_json: bool
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    ran = subprocess.run(
        [
            *(sys.executable, "-c", REFUSING, command, "a.csv", "sqlite:///b.db::t"),
            *(["--json"] if as_json else []),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 3, ran.stderr
    assert "no route from a.csv" in ran.stderr
    assert "each way was refused" in ran.stderr
    assert "fake-copy: COPY is closed on Sundays" in ran.stderr
    assert "fake-copy: record batches: not this either" in ran.stderr
    assert "Traceback" not in ran.stderr
    if as_json:
        assert "no route" in json.loads(ran.stdout)["error"]
