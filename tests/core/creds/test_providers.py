"""Each provider of credentials: where it looks, what it makes of that, and what it complains of."""

from __future__ import annotations

import json
import logging
import sys
import time
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.creds import find_creds, resolve_url
from records_mover.errors import ConfigError, CredsError
from records_mover.plugins import Plugins
from records_mover.secret import reveal

if TYPE_CHECKING:
    from pathlib import Path

    from records_mover.parts import Creds

PASSWORD = "canary-of-a-provider"


def facts(creds: Creds | None) -> dict[str, str]:
    assert creds is not None
    assert PASSWORD not in repr(creds)
    assert PASSWORD not in str(creds.facts)
    return {key: reveal(value) for key, value in creds.facts.items()}


def url(name: str, first: tuple[str, ...] = ()) -> str:
    found = resolve_url(Plugins(strict=True), name, first=first)
    assert PASSWORD not in repr(found)
    return found.render_as_string(hide_password=False)


# the environment


def test_a_variable_holds_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONN_MY_WARE_HOUSE", f"postgres://me:{PASSWORD}@h:5/d?a=b")
    assert url("my-ware.house") == f"postgresql://me:{PASSWORD}@h:5/d?a=b"


def test_the_password_of_a_url_may_lie_elsewhere(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / "pw").write_text(PASSWORD)
    monkeypatch.setenv("MOVER_CONN_A", f"x://me:file:{home}/pw@h/d")
    monkeypatch.setenv("MOVER_CONN_B", "env:ELSEWHERE")
    monkeypatch.setenv("ELSEWHERE", f"x://me:{PASSWORD}@h/d")
    assert url("a") == url("b") == f"x://me:{PASSWORD}@h/d"


def test_the_names_of_1_x_are_the_default_connection(
    monkeypatch: pytest.MonkeyPatch, ask: Any
) -> None:
    for name, value in {
        "DB_TYPE": "postgres",
        "DB_HOST": "h",
        "DB_PORT": "5",
        "DB_DATABASE": "d",
        "DB_USERNAME": "me",
        "DB_PASSWORD": PASSWORD,
    }.items():
        monkeypatch.setenv(name, value)
    assert facts(ask("default"))["user"] == "me"
    assert ask("other") is None
    assert url("default") == f"postgresql://me:{PASSWORD}@h:5/d"
    monkeypatch.delenv("DB_PORT")
    monkeypatch.delenv("DB_HOST")
    assert url("default") == f"postgresql://me:{PASSWORD}@/d"
    monkeypatch.delenv("DB_TYPE")
    with pytest.raises(CredsError, match="but not DB_TYPE; set it to the dialect"):
        ask("default")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "the URL of 'a' cannot be understood; write it as"),
        (f"x://me:{PASSWORD}@h:port/d", "the URL of 'a' cannot be understood"),
        ("x://me:env:NO_SUCH@h/d", "'NO_SUCH', which is not set"),
        ("file:/no/such", "the URL of 'a' is to come from the file '/no/such'"),
    ],
)
def test_a_url_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv("MOVER_CONN_A", value)
    with pytest.raises(CredsError, match=said) as raised:
        url("a")
    assert PASSWORD not in str(raised.value)


# the configuration file


def test_the_file_holds_facts_a_url_and_options(config: Path, home: Path, ask: Any) -> None:
    (home / "pw").write_text(f"{PASSWORD}\n")
    config.write_text(
        f"""
        [connections.ware-house]
        type = "postgres"
        host = "h"
        port = 5
        database = "d"
        username = "me"
        password = "file:~/pw"
        [connections.ware-house.options]
        sslmode = "require"
        [connections.lake]
        url = "x://me:{PASSWORD}@h/d"
        ["connections"."https://data.example"]
        token = "{PASSWORD}"
        """
    )
    assert ask("ware-house").provider == "config"
    assert url("ware-house") == f"postgresql://me:{PASSWORD}@h:5/d?sslmode=require"
    assert url("lake") == f"x://me:{PASSWORD}@h/d"
    assert facts(ask("https://data.example")) == {"token": PASSWORD}


def test_a_users_own_file_is_stronger_than_the_systems(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("one", "two"):
        path = tmp_path / folder / "records-mover" / "config.toml"
        path.parent.mkdir(parents=True)
        names = ("a", "b", "c") if folder == "two" else ("a", "b")
        path.write_text("".join(f'[connections.{n}]\nurl="{folder}://"\n' for n in names))
    config.write_text('[connections.a]\nurl="own://"\n')
    monkeypatch.setenv("XDG_CONFIG_DIRS", f"{tmp_path}/one:{tmp_path}/two")
    assert [url(name)[:3] for name in "abc"] == ["own", "one", "two"]
    monkeypatch.setenv("MOVER_CONFIG", str(tmp_path / "two/records-mover/config.toml"))
    assert [url(name)[:3] for name in "abc"] == ["two", "two", "two"]


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("[connections.a\n", ConfigError, r"config.toml' is no TOML: .*line 1"),
        ("[colours]\n", ConfigError, "has an unknown section 'colours'; known are session"),
        ("[session]\ncolour='x'\n", ConfigError, "unknown setting 'colour'; known are session_t"),
        ("[session]\nsession_type=1\n", ConfigError, "'session_type' in .* is no text"),
        ("[connections]\na='x'\n", ConfigError, "'a' under 'connections' in .* is no table"),
        ("[connections.a]\nsslmode='x'\n", CredsError, r"\[connections.a\] .* unknown 'sslmode'"),
        ("[connections.a]\nhost=['x']\n", CredsError, "'host' .* has the wrong kind of value"),
        ("[connections.a]\nurl='x://'\nhost='h'\n", CredsError, "has a url and 'host'"),
        ("[connections.a]\nhost='h'\n", CredsError, "what config knows of 'a' has no 'type'"),
        ("[connections.a]\ntype='x'\nport='y'\n", CredsError, "the port of 'a' .* is no number"),
    ],
)
def test_a_wrong_file_is_said_and_where(
    config: Path, text: str, error: type[Exception], said: str
) -> None:
    config.write_text(text)
    with pytest.raises(error, match=said):
        url("a")


def test_a_file_that_is_named_and_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONFIG", "/no/such.toml")
    with pytest.raises(
        ConfigError, match=r"MOVER_CONFIG names '/no/such.toml', which is not there"
    ):
        url("a")


@pytest.mark.parametrize(
    ("password", "mode", "warned"),
    [("x-y-z", 0o644, True), ("x-y-z", 0o600, False), ("env:X", 0o644, False)],
)
def test_a_password_that_others_may_read_is_warned_of(
    config: Path, ask: Any, caplog: pytest.LogCaptureFixture, password: str, mode: int, warned: bool
) -> None:
    config.write_text(f"[connections.a]\npassword = '{password}'\n")
    config.chmod(mode)
    with caplog.at_level(logging.WARNING):
        ask("b")
    assert ("holds a password and others may read it" in caplog.text) is warned


# Airflow's connections


@pytest.mark.parametrize(
    "written",
    [
        f"postgres://me%40x:{PASSWORD}%2F@h.example:5/d?sslmode=require",
        json.dumps(
            {
                "conn_type": "postgres",
                "login": "me@x",
                "password": f"{PASSWORD}/",
                "host": "h.example",
                "port": 5,
                "schema": "d",
                "extra": {"sslmode": "require", "iam": False},
            }
        ),
        json.dumps({"conn_type": "http", "extra": '{"type": "Postgres", "sslmode": "require"}'}),
    ],
)
def test_airflows_variables_work_without_airflow(
    monkeypatch: pytest.MonkeyPatch, ask: Any, written: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WH", written)
    assert ask("wh").provider == "airflow"
    found = url("wh")
    whole = f"postgresql://me%40x:{PASSWORD}%2F@h.example:5/d?sslmode=require"
    assert found == whole or (written.startswith('{"conn_type": "http"') and "sslmode" in found)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{", "AIRFLOW_CONN_WH is no JSON"),
        ("x://h:port/d", "AIRFLOW_CONN_WH is no URI"),
        ('{"conn_type": "x", "extra": "[1]"}', "the extra of the Airflow connection 'wh'"),
    ],
)
def test_an_airflow_variable_that_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, ask: Any, written: str, said: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WH", written)
    with pytest.raises(CredsError, match=said):
        ask("wh")


def test_inside_airflow_its_own_hook_is_asked(monkeypatch: pytest.MonkeyPatch, ask: Any) -> None:
    class NotFound(Exception):
        pass

    def get_connection(name: str) -> object:
        if name != "wh":
            raise NotFound
        return SimpleNamespace(
            conn_type="postgres",
            login="me",
            password=PASSWORD,
            host="h",
            port=5,
            schema="d",
            extra='{"sslmode": "require"}',
        )

    hook = SimpleNamespace(get_connection=get_connection)
    modules: dict[str, dict[str, Any]] = {
        "airflow": {"__spec__": SimpleNamespace()},
        "airflow.exceptions": {"AirflowNotFoundException": NotFound},
        "airflow.hooks": {},
        "airflow.hooks.base": {"BaseHook": hook},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    assert ask("wh") is None  # outside of Airflow it is not imported
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    assert url("wh") == f"postgresql://me:{PASSWORD}@h:5/d?sslmode=require"
    assert ask("other") is None


# db-facts


DB_FACTS = f"""
dbs:
  a-b:
    exports:
      type: postgres
      host: h
      port: 5
      user: me
      password: '{PASSWORD}'
      database: d
  made:
    exports_from: script
  template:
    jinja_context_name: env
    exports: {{type: postgres, host: "{{{{ env('H') }}}}"}}
"""


def test_a_db_facts_file_is_read(home: Path, ask: Any) -> None:
    (home / ".dbfacts.yml").write_text(DB_FACTS)
    assert ask("a-b").provider == "db-facts"
    assert url("a-b") == url("a-b-c") == f"postgresql://me:{PASSWORD}@h:5/d"
    assert ask("a") is None


def test_db_facts_path_is_stronger(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".dbfacts.yml").write_text(DB_FACTS)
    (home / "more.yml").write_text("dbs: {a-b: {exports: {type: x, username: you, user: me}}}")
    monkeypatch.setenv("DB_FACTS_PATH", f"~/more.yml:{home}/none.yml")
    assert url("a-b") == "x://you@"


def test_facts_that_are_made_are_asked_of_db_facts(home: Path, ask: Any, command: Any) -> None:
    (home / ".dbfacts.yml").write_text(DB_FACTS)
    for name in ("made", "template"):
        with pytest.raises(CredsError, match="install the command db-facts"):
            ask(name)
    made = {"type": "x", "user": "me", "password": PASSWORD}
    command(
        "db-facts",
        f"import sys; assert sys.argv[1:] == ['json', 'made']; print('''{json.dumps(made)}''')",
    )
    assert facts(ask("made")) == made
    with pytest.raises(CredsError, match="'db-facts json template' failed; run it to see why"):
        ask("template")


@pytest.mark.parametrize("text", ["dbs: [", "- 1", "dbs: 5", "a: b: c"])
def test_a_db_facts_file_that_is_wrong_knows_nothing_or_says_where(
    home: Path, ask: Any, text: str
) -> None:
    (home / ".dbfacts.yml").write_text(text)
    try:
        assert ask("a") is None
    except CredsError as error:
        said = str(error)
        assert "'~" not in said
        assert said.endswith("is no YAML, line 1; correct it") or "line 2" in said


def test_a_db_facts_file_without_pyyaml_is_said(
    home: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".dbfacts.yml").write_text(DB_FACTS)
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(CredsError, match=r"pip install 'records-mover\[db-facts\]'"):
        ask("a-b")


# LastPass


LPASS = """
import json, os, sys
entries = json.loads(os.environ["LPASS_ENTRIES"])
assert os.environ["LPASS_DISABLE_PINENTRY"] == "1" and not sys.stdin.isatty()
if sys.argv[1:] == ["status", "--quiet"]:
    sys.exit(0 if os.environ.get("LPASS_IN") else 1)
assert sys.argv[1:3] == ["show", "--json"] and len(sys.argv) == 4, sys.argv
found = entries.get(sys.argv[3])
if found is None:
    sys.exit("Error: Could not find specified account(s).")
print(json.dumps(found) if found != "garbage" else "{")
"""

NOTE = f"""NoteType:Database
Language:en-US
Type:PostgreSQL
Hostname:h
Port:5
Database:d
Username:me
Password:{PASSWORD}
SID:
Notes:mine"""

ENTRIES = {
    "note": [{"id": "1", "name": "note", "username": "", "password": "", "note": NOTE}],
    "site": [{"id": "2", "username": "me", "password": PASSWORD, "note": "Type:x"}],
    "twice": [{"id": "3"}, {"id": "4"}],
    "empty": [],
    "bad": "garbage",
}


@pytest.fixture
def lpass(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for LastPass's command: it takes what we know that the real one takes."""
    command("lpass", LPASS)
    monkeypatch.setenv("LPASS_ENTRIES", json.dumps(ENTRIES))
    monkeypatch.setenv("LPASS_IN", "1")


@pytest.mark.usefixtures("lpass")
def test_lastpass_is_asked_by_its_command(ask: Any) -> None:
    assert ask("note").provider == "lastpass"
    found = facts(ask("note"))
    assert found["type"].lower() == "postgresql"
    assert url("note").lower() == f"postgresql://me:{PASSWORD}@h:5/d"
    assert facts(ask("site")) == {"user": "me", "password": PASSWORD, "type": "x"}
    assert ask("unknown") is None
    assert ask("--help") is None
    assert ask("https://host") is None


@pytest.mark.usefixtures("lpass")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("twice", "LastPass has 2 entries called 'twice'"),
        ("empty", "'lpass' told nothing of 'empty'"),
        ("bad", "what 'lpass' told of 'bad' cannot be read"),
    ],
)
def test_an_answer_of_lastpass_that_cannot_be_used_is_said(ask: Any, name: str, said: str) -> None:
    with pytest.raises(CredsError, match=said):
        ask(name)


@pytest.mark.usefixtures("lpass")
def test_nobody_logged_in_to_lastpass_knows_nothing(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LPASS_IN")
    assert ask("note") is None


def test_a_command_that_hangs_is_given_up(
    ask: Any, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("lpass", "import time; time.sleep(60)")
    monkeypatch.setattr("records_mover.creds.commands.DEADLINE", 0.3)
    began = time.monotonic()
    with pytest.raises(CredsError, match=r"'lpass' did not answer within 0.3 seconds; log in"):
        ask("note")
    assert time.monotonic() - began < 10


def test_a_command_that_cannot_run_is_said(ask: Any, command: Any) -> None:
    command("lpass", "").write_text("#!/no/such/interpreter\n")
    with pytest.raises(CredsError, match="'lpass' cannot be asked: FileNotFoundError"):
        ask("note")


# logins of web hosts


def test_netrc_knows_web_hosts_and_nothing_else(home: Path, ask: Any) -> None:
    (home / ".netrc").write_text(f"machine data.example login me password {PASSWORD}\n")
    (home / ".netrc").chmod(0o600)
    for name in ("https://data.example", "http://data.example:8080"):
        assert facts(ask(name)) == {"user": "me", "password": PASSWORD}
    assert ask("https://other.example") is None
    assert ask("data.example") is None


def test_a_netrc_that_is_wrong_is_said(home: Path, ask: Any) -> None:
    (home / ".netrc").write_text(f"machine a login me {PASSWORD}\n")
    with pytest.raises(CredsError, match=r"netrc' cannot be read, line [12]; correct it") as raised:
        ask("https://a")
    assert PASSWORD not in str(raised.value)


# who is asked first


def test_the_first_that_knows_a_name_answers_and_a_session_may_change_who_is_first(
    config: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVER_CONN_WH", "environment://")
    monkeypatch.setenv("AIRFLOW_CONN_WH", "airflow://")
    config.write_text("[connections.wh]\nurl='config://'\n")
    assert ask("wh").provider == "environment"
    assert ask("wh", first=("airflow",)).provider == "airflow"
    monkeypatch.delenv("MOVER_CONN_WH")
    assert ask("wh").provider == "config"
    config.unlink()
    assert ask("wh").provider == "airflow"


def test_a_provider_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONN_WH", "environment://")
    plugins = Plugins(disabled=["environment"], strict=True)
    assert plugins.creds("wh") is None
    with pytest.raises(CredsError, match="no credentials provider knows 'wh'; asked were config,"):
        find_creds(plugins, "wh")


def test_a_name_nobody_knows_is_said_with_what_to_do() -> None:
    with pytest.raises(CredsError) as raised:
        url("some-name")
    assert str(raised.value) == (
        "no credentials provider knows 'some-name'; asked were environment, config, airflow, "
        "db_facts, netrc, keyring, lastpass, postgres, redshift; "
        "set MOVER_CONN_SOME_NAME to an SQLAlchemy URL, or write the URL before '::'"
    )
