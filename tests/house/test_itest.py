"""./itest lists its suites, runs them, sums up, and brings Docker's servers up and down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from support import itest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
ALL = ["postgres", "redshift", "vertica", "s3", "table2table", "cli", "airflow", "torture"]
NAMES = [*ALL, "versions"]


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


def test_all_is_what_ends_within_the_hour_and_the_other_is_named_by_itself(
    pretended: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    assert itest.main(["all"]) == 0
    assert [name for name, _, _ in pretended] == ALL
    pretended.clear()
    assert itest.main(["versions", "cli", "all", "cli"]) == 0
    assert [name for name, _, _ in pretended] == [*ALL, "versions"]
    with pytest.raises(SystemExit):
        itest.main(["--help"])
    assert re.search(r"^  versions +not in all: ", capsys.readouterr().out, re.MULTILINE)


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


Seen = list[tuple[str, str, "Mapping[str, str]"]]


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Let no suite be run: what would be is listed, with where and what it would be told."""
    seen: Seen = []

    def pretend(
        name: str, where: str, theirs: object, env: Mapping[str, str] | None = None
    ) -> itest.Ran:
        seen.append((name, where, env or {}))
        return itest.Ran(suite=name, where=where, passed=True, seconds=0, said="1 passed")

    monkeypatch.setattr(itest, "_run", pretend)
    return seen


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make a ``docker`` that does what a shell's ``case`` says, and return its log."""

    def make(cases: str = "") -> Path:
        program, log = tmp_path / "docker", tmp_path / "log"
        asked = f'echo "$@" >> {log}\n[ "$2" = -f ] && shift 2\ncase "$2" in\n{cases}\nesac'
        program.write_text(f"#!/bin/sh\n{asked}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        return log

    return make


def test_docker_is_brought_up_and_down_again(docker: Callable[..., Path], pretended: Seen) -> None:
    log = docker()
    assert itest.main(["--docker", "cli", "torture"]) == 0
    asked = [line.partition(f"compose -f {ROOT / 'docker-compose.yml'} ") for line in
             log.read_text().splitlines()]  # fmt: skip
    assert [line for _, _, line in asked] == ["ps --quiet", "up --detach --wait", "down --volumes"]
    assert pretended[:2] == [("cli", "embedded", {}), ("torture", "embedded", {})]
    assert [where for _, where, _ in pretended[2:]] == [f"postgres{n}" for n in range(13, 19)]
    for name, where, told in pretended[2:]:
        assert (name, told["ITEST_POSTGRES_URL"]) == ("torture", itest.IMAGES[where])
        assert told["ITEST_VERTICA_URL"] == itest.IMAGES["vertica"] + "&s3=off"


def test_a_vertica_in_a_container_uses_the_s3_that_it_reaches(
    docker: Callable[..., Path], pretended: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker()
    monkeypatch.setenv("ITEST_S3_URL", "s3://bucket/folder/")
    assert itest.main(["--docker", "torture"]) == 0
    told = {env["ITEST_VERTICA_URL"] for _, where, env in pretended if where in itest.IMAGES}
    assert told == {itest.IMAGES["vertica"]}


def test_a_database_that_is_named_is_asked_by_its_conformance_suite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_by: list[list[str]] = []

    def watched(name: str, where: str, command: list[str], env: object) -> itest.Ran:
        run_by.append([where, *command[4:]])
        return itest.Ran(suite=name, where=where, passed=True, seconds=0, said="1 passed")

    monkeypatch.setattr(itest, "run_watched", watched)
    monkeypatch.setenv("ITEST_REDSHIFT_URL", "redshift://me@example.com/db")
    assert itest.main(["redshift", "vertica", "torture"]) == 0
    assert run_by == [
        ["real redshift", "-n", "2", "tests/redshift/test_conformance.py"],
        ["embedded", "-n", "2", "tests/vertica"],
        ["real redshift", "-n", "2", "tests/itest/test_torture.py"],
    ]
    run_by.clear()
    assert itest.main(["torture", "--", "-p", "no:xdist"]) == 0
    assert run_by == [["real redshift", "tests/itest/test_torture.py", "-p", "no:xdist"]]


def test_each_postgresql_of_docker_is_asked_alone(
    docker: Callable[..., Path], pretended: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker()
    assert itest.main(["--docker", "postgres", "vertica"]) == 0
    assert [(name, where) for name, where, _ in pretended[2:]] == [
        ("postgres", f"postgres{n}") for n in range(13, 19)
    ]
    pretended.clear()
    monkeypatch.setenv("ITEST_S3_URL", "s3://bucket/folder/")
    assert itest.main(["--docker", "vertica"]) == 0
    assert [(name, where) for name, where, _ in pretended[1:]] == [("vertica", "vertica")]


def test_suites_that_are_not_between_databases_need_no_docker_server(
    docker: Callable[..., Path], pretended: Seen
) -> None:
    log = docker()
    assert itest.main(["--docker", "cli"]) == 0
    assert (log.exists(), [name for name, _, _ in pretended]) == (False, ["cli"])


def test_a_docker_that_does_not_answer_is_told_before_anything_is_run(
    docker: Callable[..., Path], pretended: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    docker('ps) echo "Cannot connect to the Docker daemon" >&2; exit 1;;')
    assert itest.main(["--docker", "all"]) == 2
    said = capsys.readouterr().err
    assert "does not answer: Cannot connect to the Docker daemon; leave out --docker" in said
    assert pretended == []


def test_a_docker_without_its_plugin_for_compose_is_said_to_lack_it(
    docker: Callable[..., Path], pretended: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    docker("""*) echo "unknown shorthand flag: 'f' in -f" >&2; exit 125;;""")
    assert itest.main(["--docker", "torture"]) == 2
    said = capsys.readouterr().err
    assert "does not answer: it is a plugin of Docker's that is not installed; leave out" in said
    assert pretended == []


def test_what_was_run_is_told_where_the_images_do_not_come_up(
    docker: Callable[..., Path], pretended: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    log = docker("up) exit 17;;")
    assert itest.main(["--docker", "torture"]) == 1
    embedded, images = capsys.readouterr().out.splitlines()[-2:]
    assert re.fullmatch(r"torture +embedded +passed +[\d.]+  1 passed", embedded)
    assert re.fullmatch(r"docker +images +FAILED +[\d.]+  docker compose up ended with 17", images)
    assert log.read_text().splitlines()[-1].endswith("down --volumes")
    assert len(pretended) == 1


def service(name: str) -> dict[str, Any]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert set(services) == set(itest.IMAGES)
    found: dict[str, Any] = services[name]
    return found


@pytest.mark.parametrize("name", itest.IMAGES)
def test_the_url_of_an_image_is_what_the_compose_file_says(name: str) -> None:
    said, url = service(name), urlsplit(itest.IMAGES[name])
    port = 5433 if name == "vertica" else 5432
    assert said["ports"] == [f"127.0.0.1:{url.port}:{port}"]
    assert url.hostname == "127.0.0.1"
    words = ("APP_DB_USER", "APP_DB_PASSWORD", "VERTICA_DB_NAME")
    if name != "vertica":
        words = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    told = (url.username, url.password, url.path[1:])
    assert said["environment"] == dict(zip(words, told, strict=True))


@pytest.mark.parametrize("name", itest.IMAGES)
def test_an_image_is_of_the_release_that_its_name_says_and_says_when_it_is_ready(name: str) -> None:
    said = service(name)
    release = name.removeprefix("postgres")
    known = "opentext/vertica-ce:latest" if name == "vertica" else f"postgres:{release}"
    assert said["image"] == known
    check = " ".join(said["healthcheck"]["test"])
    program = "CMD-SHELL /opt/vertica/bin/vsql" if name == "vertica" else "CMD pg_isready -h"
    assert check.startswith(program)
    assert f"-U {urlsplit(itest.IMAGES[name]).username}" in check


def test_no_two_images_want_one_port() -> None:
    ports = [urlsplit(url).port for url in itest.IMAGES.values()]
    assert len(set(ports)) == len(ports)
