"""Where AWS credentials come from: each link of the chain, against stand-ins on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mover_s3.errors import AccessError
from mover_s3.plugin import mover_schemes
from records_mover import Session
from records_mover.errors import ConfigError, CredsError
from records_mover.parts import Creds
from records_mover.redaction import redact
from records_mover.secret import Secret
from records_mover.url import StoreContext
from support.web import reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.s3 import S3Server

SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)
MOTO = pytest.mark.parametrize("server", ["moto"], indirect=True)
TOKEN = "token-canary-of-the-chain"


@pytest.fixture
def bare(server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, with an environment that names its address and nobody's credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return server


@pytest.fixture
def stand_in() -> Iterator[Callable[[Callable[[Any], tuple[int, str]]], str]]:
    """Serve what a function answers to a request; return the address."""

    def start(answer: Callable[[Any], tuple[int, str]]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, text = answer(self)
                reply(self, code, text.encode())

            do_PUT = do_POST = do_GET  # noqa: N815 - the server's own naming

        return servers.enter_context(serving(Handler))

    with ExitStack() as servers:
        yield start


def passing(server: S3Server, **more: str) -> str:
    """Return credentials of the server, as the services of AWS write them."""
    ends = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {
        "Code": "Success",
        "Version": 1,
        "AccessKeyId": server.access_key,
        "SecretAccessKey": server.secret_key,
        "Token": "",
        "Expiration": ends,
    }
    return json.dumps(told | more)


def works(bucket: str, **settings: object) -> None:
    """Write and read an object."""
    scheme = next(iter(mover_schemes()))
    store = scheme.store(StoreContext(settings={"s3": settings}))
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(b"x")
    with store.open(f"s3://{bucket}/k") as stream:
        assert stream.read() == b"x"


@SEAWEED
def test_a_profile_of_the_credentials_file(
    bare: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(
        f"[mine]\naws_access_key_id={bare.access_key}\naws_secret_access_key={bare.secret_key}\n"
    )
    works(bucket, profile="mine")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    works(bucket)
    assert redact(bare.secret_key) == "***"


@SEAWEED
def test_a_process_of_a_profile(bare: S3Server, bucket: str, tmp_path: Path) -> None:
    program = tmp_path / "vault"
    program.write_text(f"#!{sys.executable}\nprint('''{passing(bare)}''')\n")
    program.chmod(0o700)
    (tmp_path / "config").write_text(f"[profile mine]\ncredential_process = {program}\n")
    works(bucket, profile="mine")


@SEAWEED
def test_the_container_service(
    bare: S3Server,
    bucket: str,
    tmp_path: Path,
    stand_in: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str | None] = []

    def answer(request: Any) -> tuple[int, str]:
        seen.append(request.headers["Authorization"])
        return 200, passing(bare)

    (tmp_path / "token").write_text("token-canary-of-a-container")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", stand_in(answer) + "/creds")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
    works(bucket)
    assert seen == ["token-canary-of-a-container"]


@SEAWEED
def test_the_instance_service(
    bare: S3Server, bucket: str, stand_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str]] = []

    def answer(request: Any) -> tuple[int, str]:
        seen.append((request.command, request.path))
        if request.command == "PUT":
            return 200, "metadata-token"
        if request.headers["x-aws-ec2-metadata-token"] != "metadata-token":
            return 401, ""
        return 200, passing(bare) if request.path.endswith("/my-role") else "my-role"

    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", stand_in(answer) + "/")
    works(bucket)
    assert [method for method, _ in seen] == ["PUT", "GET", "GET"]


@MOTO
def test_a_role_that_a_profile_assumes(bare: S3Server, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile mine]\nrole_arn = arn:aws:iam::123456789012:role/mover\nsource_profile = base\n"
        f"[profile base]\naws_access_key_id={bare.access_key}\n"
        f"aws_secret_access_key={bare.secret_key}\n"
    )
    works(bucket, profile="mine")


@MOTO
def test_a_web_identity(
    bare: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "identity").write_text("a.web.identity")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "identity"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/mover")
    works(bucket)


@SEAWEED
def test_single_sign_on(
    bare: S3Server,
    bucket: str,
    tmp_path: Path,
    stand_in: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from hashlib import sha1

    seen: list[str | None] = []

    def answer(request: Any) -> tuple[int, str]:
        seen.append(request.headers["x-amz-sso_bearer_token"])
        role = {
            "accessKeyId": bare.access_key,
            "secretAccessKey": bare.secret_key,
            "sessionToken": "",
            "expiration": int((datetime.now(UTC) + timedelta(hours=6)).timestamp() * 1000),
        }
        return 200, json.dumps({"roleCredentials": role})

    start = "https://mine.example/start"
    (tmp_path / "config").write_text(
        f"[profile mine]\nsso_start_url = {start}\nsso_region = us-east-1\n"
        "sso_account_id = 123456789012\nsso_role_name = mover\n"
    )
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    ends = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    logged_in = {"accessToken": "sso-canary", "expiresAt": ends, "startUrl": start}
    name = sha1(start.encode(), usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(logged_in))
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", stand_in(answer))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    (tmp_path / "in.csv").write_text("a\n1\n")
    # In a process of its own: the library looks for the home when it is imported.
    mvrec = Path(sys.executable).with_name("mvrec")
    command: list[str | Path] = [
        mvrec,
        "move",
        tmp_path / "in.csv",
        f"s3://{bucket}/k.csv",
        "--debug",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert seen == ["sso-canary"]
    assert "canary" not in (ran.stdout + ran.stderr).lower()


def test_single_sign_on_that_has_ended_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        "[profile mine]\nsso_start_url = https://mine.example/start\nsso_region = us-east-1\n"
        "sso_account_id = 123456789012\nsso_role_name = mover\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AccessError, match="have expired"):
        works("some-bucket", profile="mine", endpoint_url="http://127.0.0.1:1")


@MOTO
def test_the_token_of_a_session_is_secret_once_it_was_sent(
    server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    del server
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    works(bucket)
    assert redact(TOKEN) == "***"


# by name


@SEAWEED
def test_credentials_may_be_those_of_a_name(
    bare: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"region_name": "us-east-1", "endpoint_url": bare.endpoint}
    written = {"conn_type": "aws", "login": bare.access_key, "password": bare.secret_key}
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps({**written, "extra": extra}))
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with Session(default_aws_creds_name="aws_default") as session:
        session.move(str(tmp_path / "in.csv"), f"s3://{bucket}/out.csv")
    assert redact(bare.secret_key) == "***"
    with (
        Session(default_aws_creds_name="nobody") as session,
        pytest.raises(CredsError, match="no credentials provider knows 'nobody'"),
    ):
        session.move(str(tmp_path / "in.csv"), f"s3://{bucket}/out.csv")


@pytest.mark.parametrize(
    ("creds", "said"),
    [
        (Creds(provider="p", facts={"user": "AKIA"}), "has one of key and secret key"),
        (
            Creds(provider="p", facts={"user": "a", "password": Secret("b")},
                  options={"role_arn": "arn:x"}),
            "asks for 'role_arn', which is taken from AWS profiles only",
        ),
        (None, "no credentials provider knows 'mine'"),
    ],
)  # fmt: skip
def test_credentials_of_a_name_that_cannot_be_used_are_said(creds: Creds | None, said: str) -> None:
    scheme = next(iter(mover_schemes()))
    context = StoreContext(creds=lambda name: creds, settings={"s3": {"creds": "mine"}})
    with pytest.raises(CredsError, match=said):
        scheme.store(context)


def test_nobody_and_somebody_cannot_both_be_asked_for() -> None:
    scheme = next(iter(mover_schemes()))
    settings = {"s3": {"creds": "mine", "anonymous": True}}
    with pytest.raises(ConfigError, match="left out where credentials are named"):
        scheme.store(StoreContext(settings=settings))
