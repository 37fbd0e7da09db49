"""Runs the suites that need servers: embedded ones, stand-ins, images of Docker, real ones."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["IMAGES", "ROOT", "SUITES", "Ran", "Suite", "main", "run_watched", "told"]

ROOT = Path(__file__).parents[2]

EPILOG = """
Without --docker the suites run on the embedded PostgreSQL, on a real S3 server of a wheel, and on
strict stand-ins for Redshift and Vertica. With it, postgres, table2table and torture run on the
images of docker-compose.yml as well, once for each PostgreSQL; Vertica is kept from S3 there,
unless ITEST_S3_URL names one that its container reaches: then vertica runs on its image, too.

A URL in the environment points table2table, torture and the suite of its name at a real server; a
schema of a random name is made there, and dropped. Of postgres, redshift, vertica and s3 that is
the conformance suite: their other tests stop servers, and watch them from within.
  ITEST_POSTGRES_URL   postgresql://user:password@host/db
  ITEST_REDSHIFT_URL   redshift://user:password@host:5439/db?iam_role=...
  ITEST_VERTICA_URL    vertica://user:password@host:5433/db
  ITEST_S3_URL         s3://bucket/folder/ for scratch space, with Amazon's own variables; a real
                       Redshift or Vertica needs it

What stands behind -- goes to pytest, which uses two processes:  ./itest torture -- -n 1 -k redshift
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests that are run together.

    ``between`` says that they run between real servers too, ``real`` which of them run on one;
    ``aside`` that they take hours, and so are run only when they are named.
    """

    what: str
    paths: tuple[str, ...] = ()
    make: str = ""
    between: bool = False
    real: str = ""
    aside: bool = False


SUITES: Mapping[str, Suite] = {
    "postgres": Suite(
        what="PostgreSQL, alone and between two servers",
        paths=("tests/postgres",),
        real="tests/postgres/test_conformance.py",
    ),
    "redshift": Suite(
        what="Redshift, on its stand-in",
        paths=("tests/redshift",),
        real="tests/redshift/test_conformance.py",
    ),
    "vertica": Suite(
        what="Vertica, on its stand-in",
        paths=("tests/vertica",),
        real="tests/vertica/test_conformance.py",
    ),
    "s3": Suite(
        what="S3, and files that are staged there",
        paths=("tests/s3",),
        real="tests/s3/test_conformance.py",
    ),
    "table2table": Suite(
        what="a table of each database into each other one",
        paths=("tests/itest/test_table2table.py",),
        between=True,
    ),
    "cli": Suite(what="the command line", paths=("tests/core/cli",)),
    "airflow": Suite(what="hooks and operator in a real Airflow", make="airflow"),
    "torture": Suite(
        what="every type of each database into each other one, and back",
        paths=("tests/itest/test_torture.py",),
        between=True,
    ),
    "versions": Suite(
        what="PostgreSQL 13 to 17, which npm fetches; two hours",
        make="postgres-versions",
        aside=True,
    ),
}
IMAGES = {
    **{f"postgres{n}": f"postgresql://itest:itest@127.0.0.1:543{n}/itest" for n in range(13, 19)},
    "vertica": "vertica://itest:itest@127.0.0.1:54333/itest?tlsmode=disable",
}


OnImage = tuple[str, str, "Mapping[str, str]"]
"""A suite, the image that it is run on, and what it is told of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of a suite: where, whether it passed, how long it took and what it said last."""

    suite: str
    where: str
    passed: bool
    seconds: float
    said: str


def main(words: Sequence[str]) -> int:
    """Run what was asked for, print a table, and return 1 where anything failed."""
    mine, theirs = _split(words)
    asked = _parser().parse_args(mine)
    names = _names(asked.suites)
    if not asked.docker:
        return told([_run(name, _where(name), theirs) for name in names])
    docker = shutil.which("docker")
    if docker is None:
        print("itest: docker is not installed; leave out --docker", file=sys.stderr)
        return 2
    return _on_images(docker, names, theirs)


def _names(asked: Sequence[str]) -> list[str]:
    """Return each suite once: those of ``all`` first, in their order, then what else is named."""
    every = [name for name, suite in SUITES.items() if not suite.aside] if "all" in asked else []
    return list(dict.fromkeys([*every, *(name for name in asked if name != "all")]))


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return our own words, and those behind ``--``, which are pytest's."""
    at = words.index("--") if "--" in words else len(words)
    return list(words[:at]), list(words[at + 1 :])


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<12} {what}" for name, what in _suites())
    parser = argparse.ArgumentParser(
        prog="./itest",
        description=f"Run tests that need servers.\n\nsuites:\n{listed}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "suites", nargs="+", choices=["all", *SUITES], metavar="SUITE", help="what to run"
    )
    parser.add_argument(
        "--docker", action="store_true", help="on the images of docker-compose.yml as well"
    )
    return parser


def _suites() -> Iterator[tuple[str, str]]:
    yield "all", "all of these"
    yield from ((name, suite.what) for name, suite in SUITES.items() if not suite.aside)
    yield from (
        (name, f"not in all: {suite.what}") for name, suite in SUITES.items() if suite.aside
    )


def _where(suite: str) -> str:
    """Say which real servers a suite is pointed at."""
    asked = [name for name, one in SUITES.items() if one.real] if SUITES[suite].between else [suite]
    real = [name for name in asked if _is_real(name)]
    return f"real {', '.join(real)}" if real else "embedded"


def _is_real(name: str, env: Mapping[str, str] = os.environ) -> bool:
    return bool(SUITES[name].real and env.get(_variable(name)))


def _variable(name: str) -> str:
    return f"ITEST_{name.upper()}_URL"


def _on_images(docker: str, names: Sequence[str], theirs: Sequence[str]) -> int:
    compose = [docker, "compose", "-f", str(ROOT / "docker-compose.yml")]
    images = list(_images(names))
    why = _unanswered(compose) if images else None
    if why is not None:
        print(f"itest: docker compose does not answer: {why}; leave out --docker", file=sys.stderr)
        return 2
    rans = [_run(name, _where(name), theirs) for name in names]
    return told([*rans, *(_runs_on_images(compose, images, theirs) if images else ())])


def _unanswered(compose: Sequence[str]) -> str | None:
    """Return what is wrong with Docker; half an hour of embedded suites must not come first."""
    asked = subprocess.run([*compose, "ps", "--quiet"], capture_output=True, text=True, check=False)
    if asked.returncode == 0:
        return None
    # Without the plugin Docker takes what stands behind `compose` for options of its own.
    plugin = subprocess.run([*compose[:2], "version"], capture_output=True, check=False)
    if plugin.returncode:
        return "it is a plugin of Docker's that is not installed"
    return asked.stderr.split("\n", 1)[0].strip() or f"it ended with {asked.returncode}"


def _runs_on_images(
    compose: Sequence[str], images: Sequence[OnImage], theirs: Sequence[str]
) -> Iterator[Ran]:
    """Bring the servers up, run the suites on each, and take the servers down whatever happens."""
    began = time.monotonic()
    try:
        up = subprocess.run([*compose, "up", "--detach", "--wait"], check=False)
        if up.returncode:
            said = f"docker compose up ended with {up.returncode}"
            seconds = time.monotonic() - began
            yield Ran(suite="docker", where="images", passed=False, seconds=seconds, said=said)
            return
        for name, image, env in images:
            yield _run(name, image, theirs, env)
    finally:
        subprocess.run([*compose, "down", "--volumes"], check=False)


def _images(names: Sequence[str]) -> Iterator[OnImage]:
    """Yield what is run on which image: between each PostgreSQL and Vertica, and on one alone."""
    # The S3 server of the tests listens on this machine alone, where no container reaches it.
    reaches = _is_real("s3")
    vertica = IMAGES["vertica"] + ("" if reaches else "&s3=off")
    for image, url in IMAGES.items():
        alone = "vertica" if reaches else ""
        env = {_variable("vertica"): vertica}
        if image != "vertica":
            alone = "postgres"
            env[_variable("postgres")] = url
        for name in names:
            if name == alone or (SUITES[name].between and image != "vertica"):
                yield name, image, env


def _run(name: str, where: str, theirs: Sequence[str], env: Mapping[str, str] | None = None) -> Ran:
    suite = SUITES[name]
    paths = (suite.real,) if _is_real(name, {**os.environ, **(env or {})}) else suite.paths
    # Two processes share the tests, as in `make test`.
    shared = [] if "no:xdist" in " ".join(theirs) else ["-n", "2"]
    command = [sys.executable, "-m", "pytest", "-q", *shared, *paths, *theirs]
    if suite.make:
        command = ["make", suite.make, *([f"ARGS={' '.join(theirs)}"] if theirs else [])]
    return run_watched(name, where, command, env)


def run_watched(
    name: str, where: str, command: Sequence[str], env: Mapping[str, str] | None = None
) -> Ran:
    """Run a command that ends with pytest's summary, and show what it says meanwhile."""
    print(f"--- {name}, {where}", flush=True)
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = ""
    for line in process.stdout or ():
        print(line, end="", flush=True)
        if re.search(r"\d+ (passed|failed|error)", line):
            last = line.strip(" =\n")
    passed = process.wait() == 0
    return Ran(
        suite=name,
        where=where,
        passed=passed,
        seconds=time.monotonic() - began,
        said=re.sub(r" in [\d.]+s.*", "", last) or "no test was run",
    )


def told(rans: Sequence[Ran]) -> int:
    """Print a line a run, and return 1 where one failed."""
    print(f"\n{'suite':<12} {'where':<12} {'':<7} {'seconds':>8}  tests")
    for ran in rans:
        word = "passed" if ran.passed else "FAILED"
        print(f"{ran.suite:<12} {ran.where:<12} {word:<7} {ran.seconds:>8.1f}  {ran.said}")
    return 0 if all(ran.passed for ran in rans) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
