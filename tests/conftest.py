"""Fixtures that every test may ask for: real servers, and a database of one's own."""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from records_mover import redaction
from support.fakeplugins import FakeSite
from support.postgres import PostgresServer, bin_dirs, major_version, postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

SAMPLE = 6
"""Cases of one test that a sample keeps at the least."""
LONG = re.compile(r"tests/(core|redshift|vertica)/test_conformance.*::test_memory_does_not_grow")
"""What a sample leaves out: stand-ins and SQLite take long over the rows that it needs."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let what lands be judged by a sample of long lists of cases, and other servers be named."""
    said = f"of each test with more than {SAMPLE} cases take a sixth of them, evenly spread"
    parser.addoption("--sample", action="store_true", help=said)
    parser.addoption(
        "--postgres-server",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="a PostgreSQL, installed with its programs in DIR/bin, to test on instead of those at"
        " hand; named twice, the second is the one that rows are moved to from the first",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask for each kind of server in turn what a test wants to know of each."""
    if "each_postgres" in metafunc.fixturenames:
        servers = list(_servers(metafunc.config))
        metafunc.parametrize("each_postgres", servers, indirect=True, scope="session")


def _servers(config: pytest.Config) -> dict[str, Path]:
    return bin_dirs(config.getoption("--postgres-server"))


def _first_server(config: pytest.Config) -> AbstractContextManager[PostgresServer]:
    return postgres_server(_first_bin_dir(config))


def _first_bin_dir(config: pytest.Config) -> Path:
    return next(iter(_servers(config).values()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no server at hand has, and of a sample the cases between those it takes."""
    taken = {item for item in items if _is_served(item)}
    if config.getoption("--sample"):
        cases: dict[str, list[pytest.Item]] = {}
        for item in items:
            if item in taken and not LONG.search(item.nodeid):
                cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
        taken = {item for alike in cases.values() for item in _spread(alike)}
    config.hook.pytest_deselected(items=[item for item in items if item not in taken])
    items[:] = [item for item in items if item in taken]


def _is_served(item: pytest.Item) -> bool:
    """Whether the server that a test is for has what the test is about."""
    since = item.get_closest_marker("since")
    if since is None:
        return True
    servers = _servers(item.config)
    case = getattr(item, "callspec", None)
    name = (case.params if case else {}).get("each_postgres", next(iter(servers)))
    return major_version(servers[name]) >= int(since.args[0])


def _spread(cases: list[pytest.Item]) -> list[pytest.Item]:
    wanted = max(SAMPLE, len(cases) // 6)
    if len(cases) <= wanted:
        return cases
    return [cases[number * len(cases) // wanted] for number in range(wanted)]


def pytest_configure() -> None:
    """Keep the user's own settings away from the tests, and let no plugin be broken in silence."""
    users = ("PG", "MOVER_", "AWS_", "DB_", "AIRFLOW_", "BLUELABS_", "SCRATCH_", "RECORDS_MOVER_")
    kept = "AWS_" if os.environ.get("ITEST_S3_URL") else "MOVER_ALONE"  # they open a real S3
    for name in list(os.environ):
        if name.startswith(users) and not name.startswith(kept):
            del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CONFIG_DIRS"] = "/dev/null/none"
    os.environ["NETRC"] = "/dev/null/none"
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    os.environ["MOVER_STRICT_PLUGINS"] = "1"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # the second start is as quick as users' are
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # As a shell has it for what it runs in the background: nothing would heed Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)


# What lands is judged by the same examples each time; everybody else's runs look for new ones.
if os.environ.get("CI") and importlib.util.find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # How busy the machine is says nothing of an example.
    slow = [HealthCheck.too_slow]
    settings.register_profile("ci", derandomize=True, deadline=None, suppress_health_check=slow)
    settings.load_profile("ci")


@pytest.fixture(autouse=True)
def no_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test's secret be starred out of what another one expects."""
    monkeypatch.setattr(redaction, "_registry", redaction._Registry())


@pytest.fixture
def postgres_bin_dir(pytestconfig: pytest.Config) -> Path:
    """Where the programs of the embedded server are, or of the first one named."""
    return _first_bin_dir(pytestconfig)


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """The embedded server, or the first one named; one a test process."""
    with _first_server(pytestconfig) as server:
        yield server


@pytest.fixture
def pg_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database in that server, for this test alone."""
    yield from _fresh_database(postgres)


@pytest.fixture
def own_postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A server for this test alone, which it may stop, kill and start."""
    with _first_server(pytestconfig) as server:
        yield server


@pytest.fixture(scope="session")
def each_postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """Each server named; else the embedded one, and Debian's where installed."""
    with postgres_server(_servers(request.config)[request.param]) as server:
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
