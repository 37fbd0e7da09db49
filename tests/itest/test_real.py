"""The conformance suites go to the servers that the environment names, real ones among them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.s3 import S3Server

ROOT = Path(__file__).parents[2]
ONE = {
    "postgres": "TestCopyIn and route_taken",
    "redshift": "TestCopy and route_taken",
    "vertica": "TestCopyS3 and route_taken",
}


def run_suite(name: str, chosen: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, f"tests/{name}/test_conformance.py", "-k", chosen],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def env(itest_s3: S3Server) -> dict[str, str]:
    """What opens an S3 that nobody has set up for the suites."""
    return {**itest_s3.env, "ITEST_S3_URL": "s3://itest/named/"}


@pytest.mark.parametrize("name", ONE)
def test_a_suite_runs_on_the_database_that_is_named(
    name: str, urls: dict[str, str], env: dict[str, str]
) -> None:
    ran = run_suite(name, ONE[name], {**env, f"ITEST_{name.upper()}_URL": urls[name]})
    assert "1 passed" in ran.stdout, ran.stdout


def test_stores_are_tried_in_the_folder_that_is_named(
    itest_s3: S3Server, env: dict[str, str]
) -> None:
    ran = run_suite("s3", "TestStore and (folder or rows)", env)
    assert " passed" in ran.stdout, ran.stdout
    assert "failed" not in ran.stdout
    found = itest_s3.client().list_objects_v2(Bucket="itest", Prefix="named/")
    assert "Contents" not in found


@pytest.mark.parametrize("name", ONE)
def test_no_other_database_is_taken(name: str, urls: dict[str, str], env: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    closed = urls[name].replace(f":{urlsplit(urls[name]).port}/", f":{port}/")
    ran = run_suite(name, ONE[name], {**env, f"ITEST_{name.upper()}_URL": closed})
    assert "1 error" in ran.stdout, ran.stdout


def test_a_real_warehouse_wants_a_real_s3(urls: dict[str, str]) -> None:
    ran = run_suite("redshift", ONE["redshift"], {"ITEST_REDSHIFT_URL": urls["redshift"]})
    assert "set ITEST_S3_URL" in ran.stdout
