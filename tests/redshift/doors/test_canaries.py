"""A canary in each kind of credential that Redshift takes never sings, whatever is run."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from redshift_server import Keys, RedshiftServer, ServerConfig
from support.nest import CANARY, DEBUG, JSON, PIECE, Nest
from support.s3 import moto_server
from support.web import reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres import PostgresServer
    from support.s3 import S3Server

pytestmark = pytest.mark.slow

PASSWORD = CANARY
SPACE = ("--scratch", "s3://redshift-data/canaries/")
TO_DROP = ("--if-exists", "drop", *SPACE)


@pytest.fixture(scope="module")
def server(postgres: PostgresServer, redshift_s3: S3Server) -> Iterator[RedshiftServer]:
    """A stand-in whose user has the canary for a password."""
    keys = Keys(key_id=redshift_s3.access_key, secret=redshift_s3.secret_key)
    config = ServerConfig(
        backend=postgres.url(),
        s3_endpoint=redshift_s3.endpoint,
        user="canary_user",
        password=PASSWORD,
        roles={"arn:aws:iam::123456789012:role/canary": keys},
        default_role="arn:aws:iam::123456789012:role/canary",
        expired_tokens=frozenset({f"{PIECE}/of+a/session=="}),
    )
    with RedshiftServer(config) as server:
        yield server


@pytest.fixture
def nest(tmp_path: Path, redshift_s3: S3Server) -> Nest:
    nest = Nest(tmp_path)
    nest.env |= redshift_s3.env
    nest.hidden = [redshift_s3.secret_key, CANARY, PIECE]
    return nest


def _url(server: RedshiftServer, password: str, **more: str) -> str:
    config = server.config
    said = "&".join(f"{name}={value}" for name, value in {"sslmode": "disable", **more}.items())
    login = f"{config.user}:{quote(password, safe='')}@{config.host}:{server.port}"
    return f"redshift://{login}/{config.database}?{said}"


def in_url(nest: Nest, server: RedshiftServer, password: str) -> str:
    del nest
    return _url(server, password)


def in_environment(nest: Nest, server: RedshiftServer, password: str) -> str:
    nest.env["MOVER_CONN_NEST"] = _url(server, password)
    return "nest"


def in_config(nest: Nest, server: RedshiftServer, password: str) -> str:
    facts = {
        "host": server.config.host,
        "port": str(server.port),
        "database": server.config.database,
        "user": server.config.user,
        "password": password,
    }
    lines = "".join(
        f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in facts.items()
    )
    nest.config(
        f'[connections.nest]\ntype = "redshift"\n{lines}[connections.nest.options]\n'
        'sslmode = "disable"\n'
    )
    return "nest"


@pytest.mark.parametrize(
    "plant", [in_url, in_environment, in_config], ids=lambda plant: plant.__name__
)
def test_the_password_of_a_redshift(
    nest: Nest, server: RedshiftServer, plant: Callable[..., str]
) -> None:
    name = plant(nest, server, PASSWORD)
    nest.run("move", "good.csv", f"{name}::trips", *TO_DROP, *JSON)
    wrong = plant(nest, server, f"{CANARY}wrong")
    nest.run("move", "good.csv", f"{wrong}::trips", *SPACE, *DEBUG, codes=(1,))


def test_every_command_with_the_password_of_a_redshift(nest: Nest, server: RedshiftServer) -> None:
    name = in_environment(nest, server, PASSWORD)
    nest.run("move", "good.csv", f"{name}::told", *TO_DROP, *JSON)
    nest.run("move", f"{name}::told", "out.csv", *SPACE, *DEBUG)
    nest.run("explain", "good.csv", f"{name}::told", *SPACE, *JSON)
    nest.run("schema", f"{name}::told", *DEBUG)
    nest.run("creds", name, *JSON)
    nest.run("move", "bad.csv", f"{name}::told", *SPACE, *DEBUG, codes=(1,))
    nest.run("move", "good.csv", f"{name}::nowhere.t", *SPACE, *DEBUG, codes=(1,))


def test_the_keys_that_copy_and_unload_are_given(nest: Nest, server: RedshiftServer) -> None:
    name = in_environment(nest, server, PASSWORD)
    tolerant = ("--max-failure-rows", "5", "--rejects", "rejects.csv")
    nest.run("move", "good.csv", f"{name}::keyed", *TO_DROP, *DEBUG)
    nest.run("move", "bad.csv", f"{name}::keyed", *tolerant, *SPACE, *DEBUG, codes=(4,))
    nest.run("move", f"{name}::", "out.csv", "--query", "select 1/0", *SPACE, *DEBUG, codes=(1,))
    sent = [s for s in server.log.statements("copy", "unload") if "SECRET_ACCESS_KEY" in s]
    assert sent
    assert all(nest.hidden[0] in statement for statement in sent)


def test_a_session_token_that_has_expired(nest: Nest, server: RedshiftServer) -> None:
    """The S3 server checks no tokens; the stand-in says that this one has expired."""
    with moto_server() as lax:
        lax.client().create_bucket(Bucket="redshift-data")
        nest.env |= lax.env
        nest.env["AWS_SESSION_TOKEN"] = f"{PIECE}/of+a/session=="
        nest.hidden = [lax.secret_key, nest.env["AWS_SESSION_TOKEN"], PIECE]
        name = in_environment(nest, server, PASSWORD)
        seen = nest.run("move", "good.csv", f"{name}::token", *SPACE, *DEBUG, codes=(1,))
    assert "xpired" in seen.stderr


@pytest.fixture
def iam(server: RedshiftServer) -> Iterator[str]:
    """The service that gives the canary as a workgroup's password."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            action = self.headers["X-Amz-Target"].partition(".")[2]
            self.rfile.read(int(self.headers["Content-Length"]))
            where = {"address": server.config.host, "port": server.port}
            told = {"dbUser": server.config.user, "dbPassword": PASSWORD}
            body = {"workgroup": {"endpoint": where}} if action == "GetWorkgroup" else told
            reply(self, 200, json.dumps(body).encode())

    with serving(Handler) as address:
        yield address


def test_the_password_that_iam_gives(nest: Nest, server: RedshiftServer, iam: str) -> None:
    del server
    nest.env["AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS"] = iam
    url = "redshift://@/dev?iam=true&workgroup=house&region=us-east-1&sslmode=disable"
    nest.run("creds", "redshift-serverless:house:dev", *JSON)
    nest.run("move", "good.csv", f"{url}::trips", *TO_DROP, *DEBUG)
    nest.run("move", f"{url}::nowhere.t", "out.csv", *SPACE, *JSON, codes=(1,))


def test_the_password_of_a_vertica(nest: Nest) -> None:
    nest.env["MOVER_CONN_NEST"] = f"vertica://me:{quote(CANARY, safe='')}@127.0.0.1:1/db"
    nest.run("move", "good.csv", f"{nest.env['MOVER_CONN_NEST']}::t", *DEBUG, codes=(1, 2, 3))
    nest.run("move", "nest::t", "out.csv", *JSON, codes=(1, 2, 3))
    nest.run("schema", "nest::t", *DEBUG, codes=(1, 2, 3))
    nest.run("creds", "nest", *JSON)
