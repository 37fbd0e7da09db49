"""A canary in each kind of credential never sings, whatever is run and whatever fails.

Every command runs at debug level, with and without ``--json``; what is looked at is all that it
says, every file that it writes, temporary ones while they are there, and every process it starts.
"""

from __future__ import annotations

import json
import os
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from support.nest import CANARY, DEBUG, GOOD, JSON, PIECE, Nest, assert_silent
from support.s3 import moto_server, seaweed_server
from support.watching import watched_run
from support.web import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.postgres import PostgresServer
    from support.s3 import S3Server

ROLE = "canary_of_all"


@pytest.fixture
def nest(tmp_path: Path) -> Nest:
    return Nest(tmp_path)


# databases


@pytest.fixture
def server(postgres: PostgresServer, pg_url: str) -> Iterator[dict[str, str]]:
    """The facts of a user whose password is the canary."""
    literal = CANARY.replace("'", "''")
    postgres.psql(f"CREATE ROLE {ROLE} SUPERUSER LOGIN PASSWORD '{literal}'")
    database = pg_url.rsplit("/", 1)[-1]
    postgres.psql("CREATE TABLE typed (id integer, name text)", database)
    url = postgres.url(database, user=ROLE, password=CANARY)
    host, _, port = url.rpartition("@")[2].partition("/")[0].partition(":")
    yield {"host": host, "port": port, "database": database, "user": ROLE}
    postgres.psql(f"DROP OWNED BY {ROLE}", database)
    postgres.psql(f"DROP ROLE {ROLE}")


Facts = dict[str, str]


def _url(facts: Facts, password: str) -> str:
    login = f"{facts['user']}:{quote(password, safe='')}"
    return f"postgresql://{login}@{facts['host']}:{facts['port']}/{facts['database']}"


def in_url(nest: Nest, facts: Facts, password: str) -> str:
    return _url(facts, password)


def in_environment(nest: Nest, facts: Facts, password: str) -> str:
    nest.env["MOVER_CONN_NEST"] = _url(facts, password)
    return "nest"


def in_variables_of_1_x(nest: Nest, facts: Facts, password: str) -> str:
    nest.env.update(
        DB_TYPE="postgres",
        DB_HOST=facts["host"],
        DB_PORT=facts["port"],
        DB_DATABASE=facts["database"],
        DB_USERNAME=facts["user"],
        DB_PASSWORD=password,
    )
    return "default"


def in_config(nest: Nest, facts: Facts, password: str) -> str:
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in facts.items())
    said = json.dumps(password, ensure_ascii=False)
    nest.config(f'[connections.nest]\ntype = "postgresql"\npassword = {said}\n{lines}')
    return "nest"


def in_airflow(nest: Nest, facts: Facts, password: str) -> str:
    told = {"conn_type": "postgres", "login": facts["user"], "password": password}
    told |= {"host": facts["host"], "port": facts["port"], "schema": facts["database"]}
    nest.env["AIRFLOW_CONN_NEST"] = json.dumps(told)
    return "nest"


def in_lastpass(nest: Nest, facts: Facts, password: str) -> str:
    note = (
        f"NoteType:Database\nType:postgres\nHostname:{facts['host']}\nPort:{facts['port']}\n"
        f"Database:{facts['database']}\nUsername:{facts['user']}\nPassword:{password}\n"
    )
    nest.write("../vault.json", json.dumps([{"name": "nest", "note": note}]))
    vault = nest.home.parent / "vault.json"
    program = (
        f"#!{sys.executable}\nimport sys, time\ntime.sleep(0.05)\n"
        f"if 'show' in sys.argv: print(open({str(vault)!r}).read())\n"
    )
    nest.write("../bin/lpass", program, 0o700)
    nest.env["AWS_SECRET_ACCESS_KEY"] = f"{PIECE}-of-another"  # none of its business
    return "nest"


def in_pgpass(nest: Nest, facts: Facts, password: str) -> str:
    nest.write(".pgpass", f"{facts['host']}:*:*:{facts['user']}:{password}\n")
    login = f"{facts['user']}@{facts['host']}:{facts['port']}"
    return f"postgresql://{login}/{facts['database']}"


def in_service(nest: Nest, facts: Facts, password: str) -> str:
    nest.write(
        ".pg_service.conf",
        f"[nest]\nhost={facts['host']}\nport={facts['port']}\ndbname={facts['database']}\n"
        f"user={facts['user']}\npassword={password}\n",
    )
    return "nest"


KINDS = [
    in_url,
    in_environment,
    in_variables_of_1_x,
    in_config,
    in_airflow,
    in_lastpass,
    in_pgpass,
    in_service,
]


@pytest.mark.slow
@pytest.mark.parametrize("plant", KINDS, ids=lambda plant: plant.__name__)
def test_the_password_of_a_database(
    nest: Nest, server: Facts, plant: Callable[[Nest, Facts, str], str]
) -> None:
    name = plant(nest, server, CANARY)
    nest.run("move", "good.csv", f"{name}::trips", *JSON)
    nest.run("move", f"{name}::trips", "out.csv", *DEBUG)
    if "://" not in name:
        nest.run("creds", name, *DEBUG)
    nest.run("move", f"{name}::nowhere.t", "out.csv", *JSON, codes=(1,))
    wrong = plant(nest, server, f"{CANARY}wrong")
    nest.run("move", "good.csv", f"{wrong}::trips", *DEBUG, codes=(1,))
    lost = plant(nest, server | {"port": "1"}, CANARY)
    nest.run("move", f"{lost}::trips", "out.csv", *DEBUG, codes=(1,))


@pytest.mark.slow
def test_every_command_and_failure_with_a_password(nest: Nest, server: Facts) -> None:
    name = in_environment(nest, server, CANARY)
    nest.run("move", "good.csv", f"{name}::trips", "--verify", *DEBUG)
    for options in (DEBUG, JSON):
        nest.run("explain", f"{name}::trips", "out.csv", *options)
        nest.run("schema", f"{name}::trips", *options)
        nest.run("creds", name, *options)
        nest.run("creds", *options)
        nest.run("plugins", *options)
        nest.run("sniff", f"{name}::trips", *options, codes=(2,))
        query = ("--query", "SELECT nonsense")
        nest.run("move", f"{name}::", "out.csv", *query, *options, codes=(1,))
    tolerant = ("--max-failure-rows", "5", "--rejects", "rejects.csv")
    nest.run("move", "bad.csv", f"{name}::typed", *DEBUG, codes=(1,))
    nest.run("move", "bad.csv", f"{name}::typed", *tolerant, *DEBUG, codes=(4,))


LOCALS = """
import logging, sys, traceback
import rich.traceback
logging.basicConfig(level=logging.DEBUG, filename="all.log")
logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
logging.getLogger("sqlalchemy.pool").setLevel(logging.DEBUG)
from records_mover import Session
from rich.console import Console
with Session() as session:
    for act in (
        lambda: session.move("good.csv", "nest::trips"),
        lambda: session.move("nest::nowhere.t", "out.csv"),
        lambda: session.get_db_engine("nest").connect(),
        lambda: session.creds.find("nest"),
        lambda: session.creds.url("nobody"),
    ):
        try:
            print(act())
        except Exception as error:
            print(f"{error} {error!r}")
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
            print("".join(told.format()))
            console = Console(width=300, file=sys.stdout)
            console.print(rich.traceback.Traceback.from_exception(
                type(error), error, error.__traceback__, show_locals=True, locals_max_string=None
            ))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "password", "port"),
    [
        (in_environment, CANARY, None),
        (in_environment, f"{CANARY}wrong", None),
        (in_config, CANARY, "1"),
        (in_airflow, f"{CANARY}wrong", None),
        (in_service, CANARY, "1"),
    ],
)
def test_tracebacks_with_locals_and_logs_of_a_users_own_program(
    nest: Nest, server: Facts, plant: Any, password: str, port: str | None
) -> None:
    plant(nest, server | ({"port": port} if port else {}), password)
    nest.env.pop("MOVER_STRICT_PLUGINS")
    seen = watched_run(
        [sys.executable, "-W", "ignore", "-c", LOCALS], env=nest.env, folder=nest.folder
    )
    assert seen.code == 0, seen.stderr
    assert "no credentials provider knows 'nobody'" in seen.stdout
    assert_silent(seen, nest.hidden)


# files behind web addresses


@pytest.fixture
def web() -> Iterator[str]:
    """A web server that serves, refuses and fails by path, and is a proxy too."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rpartition("/")[2]
            code = int(path) if path.isdigit() else 200
            self.send_response(code, f"words with {self.headers['Authorization']} {self.path}")
            body = GOOD.encode() if code == 200 else self.path.encode()
            self.send_header("Content-Length", str(len(body) + ("short" in path)))
            if code == 302:
                self.send_header("Location", f"/good.csv?token={PIECE}-of-location")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the server's own naming

    with serving(Handler) as address:
        yield address


def in_web_url(nest: Nest, web: str) -> str:
    login = f"me:{quote(CANARY, safe='')}@"
    return web.replace("//", f"//{login}") + "/{}"


def in_web_config(nest: Nest, web: str) -> str:
    said = json.dumps(CANARY, ensure_ascii=False)
    nest.config(f'[connections."{web}"]\nuser = "me"\npassword = {said}\n')
    return f"{web}/{{}}"


def in_web_token(nest: Nest, web: str) -> str:
    nest.config(f'[connections."{web}"]\ntoken = "{PIECE}-of-a-bearer"\n')
    return f"{web}/{{}}"


def in_netrc(nest: Nest, web: str) -> str:
    nest.write(".netrc", f"machine 127.0.0.1 login me password {PIECE}-in-netrc\n")
    return f"{web}/{{}}"


def in_signature(nest: Nest, web: str) -> str:
    return f"{web}/{{}}?X-Amz-Signature={PIECE}1&X-Amz-Security-Token={PIECE}2&sig={PIECE}3"


def in_proxy(nest: Nest, web: str) -> str:
    nest.env["http_proxy"] = web.replace("//", f"//me:{quote(CANARY, safe='')}@")
    return "http://data.example.invalid/{}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "plant",
    [in_web_url, in_web_config, in_web_token, in_netrc, in_signature, in_proxy],
    ids=lambda plant: plant.__name__,
)
def test_the_login_of_a_web_server(nest: Nest, web: str, plant: Callable[[Nest, str], str]) -> None:
    address = plant(nest, web)
    config = nest.home / ".config/records-mover/config.toml"
    nest.config((config.read_text() if config.exists() else "") + "[settings.http]\ntries = 1\n")
    nest.run("move", address.format("good.csv"), "out.csv", *DEBUG)
    nest.run("sniff", address.format("302"), *JSON)
    nest.run("creds", web, *DEBUG, codes=(0, 1))
    for path in ("401", "500", "short.csv"):
        nest.run("move", address.format(path), "out.csv", *DEBUG, codes=(1,))
    nest.run("move", "good.csv", address.format("x.csv"), *JSON, codes=(2,))


# S3


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with seaweed_server() as server:
        server.client().create_bucket(Bucket="nest")
        yield server


@pytest.fixture(scope="module")
def lax_s3() -> Iterator[S3Server]:
    with moto_server() as server:
        server.client().create_bucket(Bucket="nest")
        yield server


def _s3_commands(nest: Nest, **wrong: str) -> None:
    nest.run("move", "good.csv", "s3://nest/k.csv", *DEBUG)
    nest.run("move", "s3://nest/k.csv", "out.csv", *JSON)
    nest.run("explain", "s3://nest/k.csv", "out.csv", *DEBUG)
    nest.run("move", "s3://nest/nothing.csv", "out.csv", *DEBUG, codes=(1,))
    nest.run("move", "s3://no-such-nest/k.csv", "out.csv", *JSON, codes=(1,))
    nest.run("move", "s3://nest/k.csv", "out.csv", *DEBUG, codes=(0, 1), **wrong)


@pytest.mark.slow
def test_the_secret_key_of_s3(nest: Nest, s3: S3Server) -> None:
    nest.env |= s3.env
    nest.hidden = [s3.secret_key, PIECE]
    _s3_commands(nest, AWS_SECRET_ACCESS_KEY=f"{PIECE}-wrong")
    nest.run("move", "good.csv", "s3://nest/k.csv", *JSON, codes=(1,),
             AWS_ENDPOINT_URL="http://127.0.0.1:1")  # fmt: skip


@pytest.mark.slow
def test_the_session_token_of_s3(nest: Nest, lax_s3: S3Server) -> None:
    nest.env |= lax_s3.env
    nest.env["AWS_SESSION_TOKEN"] = f"{PIECE}/of+a/session=="
    nest.hidden = [lax_s3.secret_key, nest.env["AWS_SESSION_TOKEN"], PIECE]
    _s3_commands(nest, AWS_SESSION_TOKEN=f"{PIECE}-wrong")


@pytest.mark.slow
def test_the_secret_key_of_a_name(nest: Nest, s3: S3Server) -> None:
    nest.env |= s3.env
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del nest.env[name]
    facts = f'user = "{s3.access_key}"\npassword = "{s3.secret_key}"\n'
    nest.config(f'[settings.s3]\ncreds = "lake"\n[connections.lake]\ntype = "aws"\n{facts}')
    nest.hidden = [s3.secret_key]
    _s3_commands(nest)
    nest.run("creds", "lake", *JSON)


def test_the_watcher_sees_what_is_there_to_be_seen(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, tempfile, time\n"
        "kept = tempfile.NamedTemporaryFile()\n"
        "kept.write(b'in a file'); kept.flush()\n"
        "open(tempfile.gettempdir() + '/open', 'w').write('to all')\n"
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(0.3)', 'in argv'],"
        " env={'SEEN': 'in environ'})\n"
        "print('on stdout'); print('on stderr', file=sys.stderr)\n"
    )
    seen = watched_run([sys.executable, "-c", code], env=os.environ, folder=tmp_path)
    everything = seen.everything()
    for place in ("in a file", "to all", "in argv", "in environ", "on stdout", "on stderr"):
        assert place in everything
    assert [one.split()[-1] for one in seen.open_to_others] == ["-rw-rw-rw-"]
