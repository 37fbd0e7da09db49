"""Fixtures of the S3 tests: both servers, a bucket for each test, and a store that uses it."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from mover_s3.plugin import mover_schemes
from records_mover.url import StoreContext
from support.faults import fault_proxy
from support.s3 import moto_server, seaweed_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mover_s3.store import S3Store
    from support.faults import FaultProxy
    from support.s3 import S3Server


@pytest.fixture(scope="session")
def seaweed() -> Iterator[S3Server]:
    """The server that checks signatures and checksums, one a test process."""
    with seaweed_server() as server:
        yield server


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Server]:
    """The lax server, one a test process."""
    with moto_server() as server:
        yield server


@pytest.fixture(params=["seaweed", "moto"])
def server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> S3Server:
    """Each server in turn, as the one that the environment names."""
    found: S3Server = request.getfixturevalue(request.param)
    for name, value in found.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return found


@pytest.fixture
def client(server: S3Server) -> Any:
    """A client of the server, to look at it from outside."""
    return server.client()


@pytest.fixture
def bucket(client: Any) -> str:
    """A new bucket."""
    name = f"test-{secrets.token_hex(6)}"
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def make_store() -> Callable[..., S3Store]:
    """Make a store as the core does: from the settings of the section ``s3``."""
    scheme = next(iter(mover_schemes()))

    def make(**settings: object) -> S3Store:
        return scheme.store(StoreContext(settings={"s3": settings}))  # type: ignore[return-value]

    return make


@pytest.fixture
def store(server: S3Server, make_store: Callable[..., S3Store]) -> S3Store:
    """A store that takes everything from the environment."""
    del server
    return make_store()


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy before the server that can harm requests; the environment names the proxy."""
    with fault_proxy(server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


@pytest.fixture(scope="session")
def noise() -> bytes:
    """Bytes that repeat nowhere, so that no part can be taken for another."""
    return os.urandom(40 << 20)
