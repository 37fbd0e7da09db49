"""Each plugin works with the core and no other plugin; `make alone` runs this once for each."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import importlib_metadata
import pytest

from records_mover.hookspecs import GROUP, MOVER_API
from records_mover.plugins import Plugins

NAME = os.environ["MOVER_ALONE"]
OTHERS = {"postgres", "redshift", "s3", "vertica"} - {NAME}
OFFERS = {
    "postgres": "database postgresql",
    "redshift": "database redshift",
    "s3": "s3://",
    "vertica": "database vertica",
}


def test_no_other_plugin_is_there() -> None:
    points = importlib_metadata.entry_points(group=GROUP)
    assert [point.name for point in points] == [NAME]
    assert not [other for other in OTHERS if importlib.util.find_spec(f"mover_{other}")]


def test_the_plugin_speaks_our_api() -> None:
    assert import_module(f"mover_{NAME}.plugin").MOVER_API == MOVER_API


def test_its_hooks_answer() -> None:
    (record,) = [one for one in Plugins().records if one.name == NAME]
    assert (record.status, record.why) == ("ok", "")
    assert OFFERS[NAME] in record.offers.words()


def test_mvrec_lists_it_as_ok() -> None:
    mvrec = Path(sys.executable).with_name("mvrec")
    ran = subprocess.run([str(mvrec), "plugins"], capture_output=True, text=True, check=True)
    (line,) = [line for line in ran.stdout.splitlines() if f"mover-{NAME}" in line]
    assert " ok" in line
    assert not [other for other in OTHERS if f"mover-{other}" in ran.stdout]


@pytest.mark.parametrize("mode", ["move", "explain"])
def test_a_move_within_the_core_needs_no_plugin(tmp_path: Path, mode: str) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b\n1,x\n")
    target = tmp_path / "out.csv"
    mvrec = Path(sys.executable).with_name("mvrec")
    subprocess.run([str(mvrec), mode, str(source), str(target)], check=True, capture_output=True)
    assert target.exists() == (mode == "move")
    if mode == "move":
        assert target.read_text() == source.read_text()
