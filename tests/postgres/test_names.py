"""``name::schema.table`` with every provider of credentials, both ways, on a real server."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import keyring
import pytest
from sqlalchemy.engine import make_url

from records_mover import Session
from records_mover.errors import ConnectError, CredsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

Settle = "Callable[[User], None]"


class User:
    """A user with a home of their own, and a server that they know as ``wh``."""

    def __init__(self, home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.text = url
        self.url: URL = make_url(url)
        self.setenv = monkeypatch.setenv
        self.password = str(self.url.password)

    @property
    def escaped(self) -> str:
        """The password as ~/.pgpass has it."""
        return self.password.replace("\\", "\\\\").replace(":", "\\:")

    @property
    def facts(self) -> dict[str, Any]:
        url = self.url
        return {"host": url.host, "port": url.port, "database": url.database, "user": url.username}

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path


@pytest.fixture
def user(tmp_path: Path, pg_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    before = keyring.get_keyring()
    yield User(home, pg_url, monkeypatch)
    keyring.set_keyring(before)


def environment(user: User) -> None:
    user.setenv("MOVER_CONN_WH", user.text)


def password_elsewhere(user: User) -> None:
    user.setenv("MOVER_CONN_WH", user.url.set(password="env:WH_PW").render_as_string(False))
    user.setenv("WH_PW", user.password)


def config(user: User) -> None:
    user.write("pw", user.password)
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in user.facts.items())
    text = f'[connections.wh]\ntype = "postgres"\npassword = "file:~/pw"\n{lines}'
    user.write(".config/records-mover/config.toml", text)


def airflow_uri(user: User) -> None:
    user.setenv("AIRFLOW_CONN_WH", user.text.replace("postgresql:", "postgres:"))


def airflow_json(user: User) -> None:
    facts = user.facts
    written = {
        "conn_type": "postgres",
        "host": facts["host"],
        "port": facts["port"],
        "schema": facts["database"],
        "login": facts["user"],
        "password": user.password,
    }
    user.setenv("AIRFLOW_CONN_WH", json.dumps(written))


def db_facts(user: User) -> None:
    exports = {"type": "postgres", "password": user.password, **user.facts}
    user.write(".dbfacts.yml", json.dumps({"dbs": {"wh": {"exports": exports}}}))


def keyring_url(user: User) -> None:
    class Ring(keyring.backend.KeyringBackend):
        priority = 1

        def get_password(self, service: str, username: str) -> str | None:
            return user.text if (service, username) == ("records-mover", "wh") else None

        def set_password(self, service: str, username: str, password: str) -> None:
            """Keep nothing."""

    keyring.set_keyring(Ring())  # type: ignore[no-untyped-call]


def lastpass(user: User) -> None:
    facts = user.facts
    note = (
        f"NoteType:Database\nType:postgres\nHostname:{facts['host']}\nPort:{facts['port']}\n"
        f"Database:{facts['database']}\nUsername:{facts['user']}\nPassword:{user.password}\n"
    )
    answer = json.dumps([{"name": "wh", "note": note}])
    program = f"""#!{sys.executable}
import sys
if sys.argv[1] == "show" and sys.argv[-1] != "wh":
    sys.exit("Error: Could not find specified account(s).")
print({answer!r} if sys.argv[1] == "show" else "")
"""
    user.write("../bin/lpass", program, 0o700)


def service(user: User) -> None:
    lines = "".join(f"{key}={value}\n" for key, value in user.facts.items() if key != "database")
    user.write(
        ".pg_service.conf",
        f"# mine\n[other]\nhost=nowhere\n[wh]\n{lines}dbname={user.url.database}\n"
        f"password={user.password}\n",
    )


def service_and_pgpass(user: User) -> None:
    facts = user.facts
    user.write(
        "services",
        f"[wh]\nhost={facts['host']}\nport={facts['port']}\ndbname={facts['database']}\n"
        f"user={facts['user']}\n",
    )
    user.setenv("PGSERVICEFILE", str(user.home / "services"))
    user.write(".pgpass", f"{facts['host']}:{facts['port']}:*:{facts['user']}:{user.escaped}\n")


PROVIDERS = [
    environment,
    password_elsewhere,
    config,
    airflow_uri,
    airflow_json,
    db_facts,
    keyring_url,
    lastpass,
    service,
    service_and_pgpass,
]


@pytest.mark.parametrize("settle", PROVIDERS, ids=lambda settle: settle.__name__)
def test_rows_go_into_and_out_of_a_named_connection(
    user: User, settle: Callable[[User], None], tmp_path: Path
) -> None:
    settle(user)
    (tmp_path / "in.csv").write_text("id,name\n1,Ann\n2,Bo\n")
    with Session() as session:
        assert session.move(str(tmp_path / "in.csv"), "wh::public.trips").rows == 2
        assert session.move("wh::public.trips", str(tmp_path / "out.csv")).rows == 2
        assert "Ann" in (tmp_path / "out.csv").read_text()
        with pytest.raises(CredsError, match="no credentials provider knows 'hw'"):
            session.move("hw::public.trips", str(tmp_path / "out.csv"))


def test_a_url_leaves_the_password_to_pgpass(user: User, tmp_path: Path) -> None:
    facts = user.facts
    user.write(".pgpass", f"{facts['host']}:*:*:*:{user.escaped}\n")
    bare = f"postgresql://{facts['user']}@{facts['host']}:{facts['port']}/{facts['database']}"
    (tmp_path / "in.csv").write_text("id\n1\n")
    with Session() as session:
        assert session.move(str(tmp_path / "in.csv"), f"{bare}::t").rows == 1


def test_a_url_on_the_command_line_may_say_where_its_password_is(
    user: User, tmp_path: Path
) -> None:
    user.setenv("WH_PW", user.password)
    url = user.url.set(password="env:WH_PW").render_as_string(False)
    (tmp_path / "in.csv").write_text("id\n1\n")
    with Session() as session:
        assert session.move(str(tmp_path / "in.csv"), f"{url}::t").rows == 1


@pytest.mark.parametrize("settle", [environment, config, service])
def test_a_wrong_password_is_said_without_it(user: User, settle: Any, tmp_path: Path) -> None:
    user.password = "canary-of-a-name"
    user.url = user.url.set(password=user.password)
    user.text = user.url.render_as_string(False)
    settle(user)
    with Session() as session, pytest.raises(ConnectError, match="check the user name") as raised:
        session.move("wh::t", str(tmp_path / "out.csv"))
    assert "canary" not in str(raised.value)
