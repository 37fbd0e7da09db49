"""The ways to a Redshift: by its own dialects, behind PostgreSQL's name, and with IAM's keys."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import sqlalchemy as sa

from mover_redshift.access import authorization
from mover_redshift.connections import driver_url
from mover_redshift.iam import iam_creds
from mover_redshift.settings import Settings
from records_mover import Session
from records_mover.db import open_database, open_engine
from records_mover.errors import ConfigError, CredsError
from records_mover.plugins import Plugins
from records_mover.secret import Secret, reveal
from records_mover.url import StoreAccess
from support.s3 import moto_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.s3 import S3Server

ROWS = b"id,name\n1,a\n2,\n"


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Server]:
    with moto_server() as server:
        yield server


@pytest.fixture
def aws(moto: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in moto.env.items():
        monkeypatch.setenv(name, value)


def test_a_redshift_behind_the_name_of_postgresql_is_recognised(
    session: Any, warehouse: Any, tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(ROWS)
    rest = warehouse.ask.server.url.partition("://")[2]
    for scheme in ("postgresql", "postgresql+psycopg2"):
        target = f"{scheme}://{rest}::{warehouse.ask.schema}.t"
        result = session.move(path, target, if_exists="truncate")
        assert result.route[-1] == "redshift-copy"
        assert warehouse.rows() == [(1, "a"), (2, None)]
        out = tmp_path / "out.csv"
        assert session.move(target, out).route[0] == "redshift-unload"


def test_it_is_recognised_where_there_is_no_plugin_for_postgresql(
    warehouse: Any, scratch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVER_DISABLED_PLUGINS", "postgres")
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(ROWS)
    rest = warehouse.ask.server.url.partition("://")[2]
    target = f"postgresql://{rest}::{warehouse.ask.schema}.t"
    with Session(scratch_s3_url=scratch) as session:
        assert session.move(path, target).route[-1] == "redshift-copy"
        assert session.move(target, out).route[0] == "redshift-unload"
    assert warehouse.rows() == [(1, "a"), (2, None)]


def test_a_real_postgresql_stays_one(pg_url: str) -> None:
    kinds = Plugins().databases
    engine = open_engine(pg_url, kinds=kinds)
    assert open_database(engine, kinds).dialect == "postgresql"
    engine.dispose()


def test_the_dialect_without_a_driver_is_ours(warehouse: Any) -> None:
    kinds = Plugins().databases
    rest = warehouse.base.partition("://")[2]
    mark = "&" if "?" in rest else "?"
    url = f"redshift://{rest}{mark}sslmode=disable&iam_role=default"
    engine = open_engine(url, kinds=kinds)
    database: Any = open_database(engine, kinds)
    assert (database.dialect, engine.driver) == ("redshift", "psycopg2")
    assert database.settings.iam_role == "default"
    engine.dispose()


@pytest.fixture
def cluster(aws: None) -> str:
    del aws
    client = boto3.client("redshift", region_name="us-east-1")
    name = "house"
    if not client.describe_clusters()["Clusters"]:
        client.create_cluster(
            ClusterIdentifier=name, NodeType="ra3.large", MasterUsername="awsuser",
            MasterUserPassword="Passw0rd", DBName="dev",
        )  # fmt: skip
    return name


def test_iam_gives_the_keys_of_a_cluster(cluster: str) -> None:
    creds = iam_creds(f"redshift-iam:{cluster}:dev:loader")
    assert creds is not None
    facts = {name: reveal(value) for name, value in creds.facts.items()}
    assert facts["type"] == "redshift"
    assert facts["user"] == "IAM:loader"
    assert facts["database"] == "dev"
    assert facts["port"] == "5439"
    assert cluster in facts["host"]
    password = creds.facts["password"]
    assert isinstance(password, Secret)
    assert len(password.reveal()) > 10
    assert password.reveal() not in repr(creds)


def test_a_url_may_ask_for_iam(cluster: str) -> None:
    url = sa.make_url(
        f"redshift://loader@/dev?iam=true&cluster_identifier={cluster}&region=us-east-1"
        "&sslmode=disable&iam_role=default"
    )
    found = driver_url(url)
    assert found.username == "IAM:loader"
    assert found.password
    assert found.host
    assert set(found.query) == {"sslmode", "iam_role"}


@pytest.mark.usefixtures("aws")
def test_a_cluster_that_is_not_there_is_said() -> None:
    with pytest.raises(CredsError, match="the cluster 'nowhere'"):
        iam_creds("redshift-iam:nowhere:dev:loader")


@pytest.mark.parametrize("name", ["other", "redshift-iam:a", "redshift-serverless:a:b:c"])
def test_other_names_are_none_of_ours(name: str) -> None:
    assert iam_creds(name) is None


def test_iam_needs_a_cluster_or_a_workgroup() -> None:
    with pytest.raises(ConfigError, match="names a cluster or a workgroup"):
        driver_url(sa.make_url("redshift://u@/dev?iam=true"))


def test_a_workgroup_gives_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.stub import Stubber

    client = boto3.client(
        "redshift-serverless", region_name="us-east-1",
        aws_access_key_id="a", aws_secret_access_key="b",
    )  # fmt: skip
    with Stubber(client) as stub:
        endpoint = {"endpoint": {"address": "h.example", "port": 5439}}
        stub.add_response("get_workgroup", {"workgroup": endpoint}, {"workgroupName": "group"})
        stub.add_response(
            "get_credentials",
            {"dbUser": "IAMR:me", "dbPassword": "canary-password"},
            {"dbName": "dev", "workgroupName": "group", "durationSeconds": 3600},
        )
        monkeypatch.setattr("mover_redshift.iam._client", lambda *_: client)
        creds = iam_creds("redshift-serverless:group:dev")
    assert creds is not None
    assert creds.facts["host"] == "h.example"
    assert reveal(creds.facts["password"]) == "canary-password"


def test_a_workgroup_is_moved_into_with_its_own_keys(
    session: Any, warehouse: Any, serverless: list[Any], tmp_path: Path
) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(ROWS)
    url = "redshift://@/dev?iam=true&workgroup={}&region=us-east-1&sslmode=disable"
    target = f"::{warehouse.ask.schema}.t"
    result = session.move(path, url.format("house") + target)
    assert result.route[-1] == "redshift-copy"
    assert warehouse.rows() == [(1, "a"), (2, None)]
    wanted = {"dbName": "dev", "workgroupName": "house", "durationSeconds": 3600}
    assert serverless[:2] == [("GetWorkgroup", {"workgroupName": "house"}),
                              ("GetCredentials", wanted)]  # fmt: skip
    with pytest.raises(CredsError, match="IAM gives no credentials for 'nowhere'"):
        session.move(path, url.format("nowhere") + target)


def test_a_workgroup_has_a_name_that_mvrec_knows(warehouse: Any, serverless: list[Any]) -> None:
    del serverless
    mvrec = str(Path(sys.executable).with_name("mvrec"))
    command = [mvrec, "creds", "redshift-serverless:house:dev", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert warehouse.ask.server.config.user in ran.stdout
    assert str(warehouse.ask.server.port) in ran.stdout
    assert warehouse.ask.server.config.password not in ran.stdout + ran.stderr


@pytest.mark.usefixtures("aws")
def test_long_lived_keys_are_narrowed_to_the_folder() -> None:
    keys = StoreAccess(access_key=Secret("AKIALONGLIVEDKEY0000"), secret_key=Secret("x" * 40))
    found = authorization(Settings(), keys, ["s3://b/tmp/x/"], "read")
    assert found.kind == "temporary credentials"
    assert found.key_id != keys.access_key
    temporary = replace(keys, session_token=Secret("temporary-token"))
    kept = authorization(Settings(), temporary, ["s3://b/tmp/x/"], "read")
    assert kept.key_id == keys.access_key


def test_keys_are_used_where_sts_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ClientError

    class Refusing:
        def get_federation_token(self, **asked: Any) -> Any:
            assert json.loads(asked["Policy"])["Version"] == "2012-10-17"
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetFederationToken")

    monkeypatch.setattr("mover_redshift.access._sts", lambda _: Refusing())
    keys = StoreAccess(access_key=Secret("AKIALONGLIVEDKEY0000"), secret_key=Secret("x" * 40))
    assert authorization(Settings(), keys, ["s3://b/t/"], "write").kind == "access keys"


def test_nothing_to_use_s3_with_is_said() -> None:
    with pytest.raises(CredsError, match="iam_role"):
        authorization(Settings(), StoreAccess(), ["s3://b/t/"], "read")


def test_amazons_own_driver_serves_as_well(session: Any, warehouse: Any, tmp_path: Path) -> None:
    path, out = tmp_path / "in.csv", tmp_path / "out.csv"
    path.write_bytes(ROWS)
    rest = warehouse.ask.server.url.partition("://")[2].partition("?")[0]
    target = f"redshift+redshift_connector://{rest}?ssl=false::{warehouse.ask.schema}.t"
    assert session.move(path, target).route[-1] == "redshift-copy"
    assert session.move(target, out).route[0] == "redshift-unload"
    assert sorted(out.read_bytes().splitlines()) == sorted(ROWS.splitlines())
