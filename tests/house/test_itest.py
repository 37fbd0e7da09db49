"""./itest lists its suites, runs them, sums up, and brings Docker's servers up and down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from support import itest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
NAMES = [
    *(
        "postgres",
        "versions",
        "redshift",
        "vertica",
        "s3",
        "table2table",
        "cli",
        "airflow",
        "torture",
    )
]


def run(*words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "support.itest", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_suites_are_those_that_maintainers_know() -> None:
    assert list(itest.SUITES) == NAMES
    for suite in itest.SUITES.values():
        assert suite.make or all((ROOT / path).exists() for path in suite.paths)
    targets = re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {suite.make for suite in itest.SUITES.values() if suite.make} <= set(targets)


def test_help_lists_the_suites_and_what_the_environment_may_say() -> None:
    said = run("--help").stdout
    for word in [*NAMES, "all", "--docker", "ITEST_REDSHIFT_URL", "ITEST_S3_URL"]:
        assert word in said


def test_a_suite_is_run_and_summed_up() -> None:
    ran = run("cli", "--", "-p", "no:xdist", "-k", "test_the_version_is_shown")
    assert ran.returncode == 0, ran.stdout
    assert re.fullmatch(
        r"cli +embedded +passed +[\d.]+  1 passed, \d+ deselected", ran.stdout.splitlines()[-1]
    )


def test_a_suite_that_fails_makes_the_whole_fail() -> None:
    ran = run("cli", "--", "-p", "no:xdist", "-k", "no test has this name")
    assert ran.returncode == 1
    assert "FAILED" in ran.stdout.splitlines()[-1]


def test_an_unknown_suite_and_a_missing_docker_are_said(tmp_path: Path) -> None:
    assert run("mysql").returncode == 2
    ran = run("--docker", "cli", env={"PATH": str(tmp_path)})
    assert (ran.returncode, "docker is not installed" in ran.stderr) == (2, True)


def test_docker_is_brought_up_and_down_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    seen: list[tuple[str, str, str | None]] = []

    def pretend(
        name: str, where: str, theirs: object, env: Mapping[str, str] | None = None
    ) -> itest.Ran:
        seen.append((name, where, (env or {}).get("ITEST_POSTGRES_URL")))
        return itest.Ran(suite=name, where=where, passed=True, seconds=0, said="1 passed")

    monkeypatch.setattr(itest, "_run", pretend)
    assert itest.main(["--docker", "cli", "torture"]) == 0
    up, down = log.read_text().splitlines()
    assert up.endswith("docker-compose.yml up --detach --wait")
    assert down.endswith("down --volumes")
    assert seen[:2] == [("cli", "embedded", None), ("torture", "embedded", None)]
    assert [where for _, where, _ in seen[2:]] == [f"postgres{n}" for n in range(13, 19)]
    assert all(url == itest.IMAGES[where] for _, where, url in seen[2:])


def test_the_compose_file_has_the_servers_that_are_asked_for() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == set(itest.IMAGES)
    for name, service in services.items():
        (port,) = service["ports"]
        address, outside, _ = port.split(":")
        assert address == "127.0.0.1"
        assert f"127.0.0.1:{outside}/" in itest.IMAGES[name]
        assert "healthcheck" in service, "compose waits for it"
