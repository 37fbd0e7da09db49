"""A canary password in the URL never sings: not in any output of any command, whatever fails."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest

from support.fakeplugins import FakePlugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.fakeplugins import FakeSite
    from support.postgres import PostgresServer

Ran = subprocess.CompletedProcess[str]

CANARY = "kanarie@vogel/19%'ü"
PLAIN = "kanarie"  # a piece that must not be seen either
USER = "canary_user"

TELLTALE = '''
import logging
import warnings

from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

MOVER_API = 1


@hookimpl
def mover_creds(name):
    """Know one connection, and be as careless with it as can be."""
    if name != "nest":
        return None
    from pathlib import Path
    url = Path(__file__).with_name("url.txt").read_text()
    return Creds(provider="telltale", url=url)


@hookimpl
def mover_moved(result):
    from pathlib import Path
    url = Path(__file__).with_name("url.txt").read_text()
    logging.getLogger("telltale").warning("moved with %s", url)
    logging.getLogger("telltale").error("failed", exc_info=ValueError(url))
    warnings.warn(f"careless with {url}", stacklevel=1)
    print("on stdout:", url)
    raise RuntimeError(url)
'''


@pytest.fixture
def canary_url(postgres: PostgresServer, pg_url: str) -> Iterator[str]:
    """The URL of a user whose password is the canary."""
    literal = CANARY.replace("'", "''")
    postgres.psql(f"CREATE ROLE {USER} SUPERUSER LOGIN PASSWORD '{literal}'")
    database = pg_url.rsplit("/", 1)[-1]
    yield postgres.url(database, user=USER, password=CANARY)
    postgres.psql(f"DROP OWNED BY {USER}", database)
    postgres.psql(f"DROP ROLE {USER}")


def assert_silent(ran: Ran, *, code: int | None = None) -> None:
    """No spelling of the password, and no piece of it, in what a process said."""
    said = ran.stdout + ran.stderr
    for secret in (CANARY, quote(CANARY, safe=""), quote(CANARY), quote_plus(CANARY), PLAIN):
        assert secret not in said
    assert said.strip() or code == 0
    if code is not None:
        assert ran.returncode == code, said


def test_moves_that_go_well(
    process: Callable[..., Ran], canary_url: str, trips: Path, tmp_path: Path
) -> None:
    table = f"{canary_url}::trips"
    for options in ([], ["--json"], ["--debug"], ["--progress"], ["--quiet"]):
        assert_silent(process("move", trips, table, *options), code=0)
    assert_silent(process("move", table, tmp_path / "out.csv", "--debug"), code=0)
    assert_silent(process("move", table, "-"), code=0)


@pytest.mark.parametrize("options", [[], ["--debug", "--json"]])
def test_every_other_command(
    process: Callable[..., Ran], canary_url: str, trips: Path, options: list[str]
) -> None:
    table = f"{canary_url}::trips"
    process("move", trips, table)
    assert_silent(process("explain", trips, table, *options), code=0)
    assert_silent(process("explain", table, trips, *options), code=0)
    assert_silent(process("schema", table, *options), code=0)
    assert_silent(process("sniff", table, *options), code=2)


@pytest.mark.parametrize("options", [[], ["--debug", "--json"]])
def test_moves_that_fail(
    process: Callable[..., Ran], canary_url: str, trips: Path, options: list[str]
) -> None:
    base, database = canary_url.rsplit("/", 1)
    host = canary_url.rpartition("@")[2].partition("/")[0]
    targets = [
        f"{canary_url.replace('kanarie', 'kanarienwrong')}::trips",
        f"{canary_url.replace(host, '127.0.0.1:1')}::trips",
        f"{canary_url.replace(host, 'no.such.host.invalid')}::trips",
        f"{base}/nowhere::trips",
        f"{canary_url}::nowhere.trips",
        f"{canary_url}::a.b.c.d",
        f"{canary_url}::",
        canary_url,
        f"{base.replace('postgresql', 'nosuchdialect')}/{database}::trips",
        f"{canary_url.replace(quote(CANARY, safe=''), CANARY)}::trips",
        f"{canary_url}?sslmode=nonsense::trips",
        f"{canary_url}?sslpassword={quote(CANARY, safe='')}&sslmode=x::trips",
    ]
    for target in targets:
        ran = process("move", trips, target, *options)
        assert_silent(ran)
        assert ran.returncode in (1, 2), target


def test_a_query_with_a_password_in_it(process: Callable[..., Ran], canary_url: str) -> None:
    literal = CANARY.replace("'", "''")
    query = f"SELECT '{literal}' AS a, nowhere"
    for options in ([], ["--debug"]):
        assert_silent(process("move", f"{canary_url}::", "-", "--query", query, *options), code=1)


def test_a_careless_plugin(
    process: Callable[..., Ran], canary_url: str, trips: Path, fake_site: FakeSite
) -> None:
    fake_site.install(FakePlugin(name="mover-telltale", source=TELLTALE))
    (fake_site.path / "url.txt").write_text(canary_url)
    for options in ([], ["--debug"]):
        ran = process("move", trips, "nest::trips", *options, env=fake_site.env)
        assert_silent(ran, code=0)
        assert "moved with" in ran.stderr
        assert "careless with" in ran.stderr
        assert "on stdout: " in ran.stdout


def test_other_urls(process: Callable[..., Ran], tmp_path: Path) -> None:
    url = f"http://{USER}:{quote(CANARY, safe='')}@127.0.0.1:1/x.csv?token={PLAIN}&a=1"
    for args in (["sniff", url], ["schema", url], ["move", url, tmp_path / "x.csv"]):
        assert_silent(process(*args), code=1)
        assert_silent(process(*args, "--debug"), code=1)
