"""Each test of each suite fails before a backend with the fault that it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from records_mover import testing
from records_mover.testing import Suite
from records_mover.testing.suite import asks_of

SUITES = Path(__file__).parent / "hostile" / "hostile_suites.py"
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_test_of_every_suite_finds_its_fault(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    subprocess.run(
        [*command, f"--junitxml={report}", "-o", "junit_family=xunit1", str(SUITES)],
        cwd=ROOT,
        env=os.environ | {"MOVER_STRICT_PLUGINS": ""},
        capture_output=True,
        check=False,
        timeout=240,
    )
    ended = [_ended(case) for case in ET.parse(report).iter("testcase")]
    failing = {(suite, name) for suite, name, failed in ended if failed}
    wanted = {
        (suite.kind, name)
        for suite in map(testing.__dict__.get, testing.__all__)
        if isinstance(suite, type) and issubclass(suite, Suite)
        for name, _ in asks_of(suite)
    }
    assert wanted - {(_kind(suite), name) for suite, name in failing} == set()
    assert {(suite, name) for suite, name, _ in ended} - failing == set()


def _ended(case: ET.Element) -> tuple[str, str, bool]:
    name = str(case.get("name")).partition("[")[0]
    return str(case.get("classname")), name, case.find("failure") is not None


def _kind(suite: str) -> str:
    """Return of what kind a suite is, whose class is called ``Test_<kind>_<fault>_<number>``."""
    return suite.rpartition(".")[2].split("_")[1]
