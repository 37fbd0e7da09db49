"""Sessions as 1.x had them: types, default credentials, and credentials of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.creds import (
    BaseCreds,
    CredsViaAirflow,
    CredsViaEnv,
    CredsViaLastPass,
)
from records_mover.errors import CredsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "canary-of-a-session"


@pytest.mark.parametrize(
    ("given", "variable", "configured", "airflow", "found"),
    [
        (None, None, None, False, "env"),
        (None, None, None, True, "airflow"),
        (None, None, "lpass", True, "lpass"),
        (None, "itest", "lpass", True, "itest"),
        ("cli", "itest", "lpass", True, "cli"),
    ],
)
def test_the_type_of_a_session_is_inferred_as_in_1_x(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    variable: str | None,
    configured: str | None,
    airflow: bool,
    found: str,
) -> None:
    if variable:
        monkeypatch.setenv("RECORDS_MOVER_SESSION_TYPE", variable)
    if configured:
        config.write_text(f"[session]\nsession_type = '{configured}'\n")
    if airflow:
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    assert Session(session_type=given).session_type == found


def test_app_ini_of_1_x_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near = home / ".bluelabs" / "records_mover" / "app.ini"
    own = home / ".config" / "bluelabs" / "records_mover" / "app.ini"
    for path in (near, own):
        path.parent.mkdir(parents=True)
    own.write_text("[session]\nsession_type=lpass\n[aws]\ns3_scratch_url=s3://own/%x/\n")
    assert Session().session_type == "lpass"
    assert Session().creds.default_scratch_s3_url() == "s3://own/%x/"
    near.write_text("[session]\nsession_type=itest\n")
    assert Session().session_type == "itest"
    assert Session().creds.default_scratch_s3_url() == "s3://own/%x/"
    monkeypatch.setenv("SCRATCH_S3_URL", "s3://environment/")
    assert Session().creds.default_scratch_s3_url() == "s3://environment/"
    assert Session(scratch_s3_url="s3://given/").context.scratch == "s3://given/"
    near.write_text("session_type=itest\n")
    with pytest.raises(
        UsageError, match=r"app.ini' cannot be understood: File contains no section"
    ):
        Session().session_type  # noqa: B018 - a property that reads


def test_app_ini_may_put_the_users_name_into_scratch_space(home: Path) -> None:
    path = home / ".bluelabs" / "records_mover" / "app.ini"
    path.parent.mkdir(parents=True)
    option = "s3_scratch_url_appended_with_iam_username=s3://own/scratch/"
    path.write_text(f"[aws]\n{option}\n")
    assert Session().creds.default_scratch_s3_url() == "s3://own/scratch/{user}/"
    path.write_text(f"[aws]\n{option}\ns3_scratch_url=s3://first/\n")
    assert Session().creds.default_scratch_s3_url() == "s3://first/"


@pytest.mark.parametrize(
    ("kind", "creds"),
    [
        ("env", CredsViaEnv),
        ("cli", CredsViaEnv),
        ("itest", CredsViaEnv),
        ("lpass", CredsViaLastPass),
        ("airflow", CredsViaAirflow),
    ],
)
def test_each_type_has_its_class_of_credentials(kind: str, creds: type[BaseCreds]) -> None:
    assert type(Session(session_type=kind).creds) is creds


def test_another_type_is_refused() -> None:
    with pytest.raises(UsageError, match="'cron' is no type of session; use one of airflow, cli"):
        Session(session_type="cron").creds  # noqa: B018 - a property that looks


def test_a_session_of_a_type_asks_its_provider_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONN_WH", "environment://")
    monkeypatch.setenv("AIRFLOW_CONN_WH", "airflow://h")
    assert Session().creds.db_facts("wh")["type"] == "environment"
    assert Session(session_type="airflow").creds.db_facts("wh")["type"] == "airflow"


def test_default_is_what_the_session_says_then_what_is_configured_then_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kind(**given: Any) -> Any:
        return Session(**given).creds.default_db_facts()["type"]

    monkeypatch.setenv("DB_TYPE", "environment")
    assert kind() == "environment"
    config.write_text(
        "[session]\ndefault_db='c'\n[connections.c]\ntype='c'\n[connections.d]\ntype='d'"
    )
    assert kind() == "c"
    assert kind(default_db_creds_name="d") == "d"
    assert kind(default_db_creds_name="d", default_db_facts={"type": "given"}) == "given"


def test_facts_are_as_in_1_x_but_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONN_WH", f"x://me:{PASSWORD}@h:5/d")
    found = CredsViaEnv().db_facts("wh")
    assert found == {
        "type": "x", "host": "h", "port": 5, "database": "d", "user": "me", "password": PASSWORD
    }  # fmt: skip
    assert PASSWORD not in f"{found} {found!r}"


def test_engines_are_given_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVER_CONN_LITE", f"sqlite:///{home}/a.db")
    with Session(default_db_creds_name="lite") as session:
        for engine in (session.get_db_engine("lite"), session.get_default_db_engine()):
            assert engine.url.database == f"{home}/a.db"
            engine.dispose()
        engine = session.get_db_engine("other", creds_provider=Own("x"))
        assert engine.url.database == "other.db"
        engine.dispose()


class Own(BaseCreds):
    """Credentials of a user's own, as 1.x let one write them."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark

    def db_facts(self, name: str) -> Any:
        if name == "nobody":
            raise CredsError("no such thing")
        return {"type": "sqlite", "database": f"{name}.db", "password": None}


def test_credentials_of_ones_own_are_asked_instead_of_any_provider(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVER_CONN_MINE", "environment://")
    (home / "in.csv").write_text("a\n1\n")
    with Session(creds=Own("x")) as session:
        session.move("in.csv", "mine::t")
        assert (home / "mine.db").exists()
        with pytest.raises(CredsError, match="no such thing"):
            session.move("in.csv", "nobody::t")


def test_a_session_in_airflow_takes_airflows_own_connection_for_a_store(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVER_CONN_AWS_DEFAULT", "x://of-somebody-else")
    assert Session(session_type="airflow").context.settings == {}
    for written in ("aws://", "{no JSON"):
        monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", written)
        told = Session(session_type="airflow").context.settings
        assert told == {"s3": {"creds": "aws_default"}}
    assert Session(session_type="env").context.settings == {}
    given = Session(session_type="airflow", default_aws_creds_name="mine").context.settings
    assert given == {"s3": {"creds": "mine"}}


def test_the_arguments_of_1_x_for_a_plugin_are_its_settings(config: Path) -> None:
    config.write_text("[settings.s3]\nregion='r'\nprofile='p'\n[settings.http]\ntimeout=1\n")
    mine = object()
    session = Session(
        default_boto3_session=mine, default_aws_creds_name=None, settings={"s3": {"profile": "q"}}
    )
    assert session.context.settings == {
        "s3": {"region": "r", "profile": "q", "session": mine},
        "http": {"timeout": 1},
    }
    with pytest.raises(TypeError, match="unexpected argument 'default_colour'"):
        Session(default_colour="red")
