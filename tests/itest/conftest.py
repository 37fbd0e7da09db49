"""The databases of the tests between two: embedded, stand-ins, or those of the environment."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from redshift_server import Keys, RedshiftServer
from redshift_server import ServerConfig as RedshiftConfig
from support.ends import Place, place, real_url
from support.postgres import embedded_postgres_server
from support.s3 import seaweed_server
from vertica_server import ServerConfig as VerticaConfig
from vertica_server import VerticaServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.postgres import PostgresServer
    from support.s3 import S3Server

    Open = Callable[[str], Place]

BUCKET = "itest"
ROLE = "arn:aws:iam::123456789012:role/loader"


@pytest.fixture(scope="session")
def itest_s3() -> Iterator[S3Server]:
    """Objects for scratch space."""
    with seaweed_server() as server:
        server.client().create_bucket(Bucket=BUCKET)
        yield server


@pytest.fixture(scope="session")
def backend(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config
) -> Iterator[PostgresServer]:
    """The embedded server, which the stand-ins need, whichever else is named."""
    if not pytestconfig.getoption("--postgres-server"):
        yield request.getfixturevalue("postgres")
        return
    with embedded_postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def urls(
    postgres: PostgresServer, backend: PostgresServer, itest_s3: S3Server
) -> Iterator[dict[str, str]]:
    """The URL of each database: what the environment names, else a server of our own."""
    keys = Keys(key_id=itest_s3.access_key, secret=itest_s3.secret_key)
    with ExitStack() as stack:
        found = {"postgres": real_url("postgres") or postgres.url()}
        redshift, vertica = real_url("redshift"), real_url("vertica")
        if redshift is None:
            config = RedshiftConfig(
                backend=backend.url(), s3_endpoint=itest_s3.endpoint,
                roles={ROLE: keys}, default_role=ROLE,
            )  # fmt: skip
            server = stack.enter_context(RedshiftServer(config))
            rest = server.url.partition("://")[2]
            mark = "&" if "?" in rest else "?"
            redshift = f"redshift+psycopg2://{rest}{mark}sslmode=disable"
        if vertica is None:
            login = stack.enter_context(VerticaServer(VerticaConfig(backend=backend.url()))).login
            vertica = (
                f"vertica://{login['user']}:{login['password']}@{login['host']}:{login['port']}"
                f"/{login['database']}?tlsmode=disable"
            )
        yield {**found, "redshift": redshift, "vertica": vertica}


@pytest.fixture
def opened(urls: dict[str, str]) -> Iterator[Open]:
    """Open a database of a kind, with a schema for this test alone."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(place(name, urls[name]))


@pytest.fixture
def session(itest_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session with scratch space: the user's own in S3, else in a server of ours."""
    scratch = real_url("s3")
    if scratch is None:
        for name, value in itest_s3.env.items():
            monkeypatch.setenv(name, value)
        scratch = f"s3://{BUCKET}/scratch/"
    with Session(scratch_s3_url=scratch) as session:
        yield session
