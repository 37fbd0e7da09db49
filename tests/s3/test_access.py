"""Who may do what, and where: credentials, regions, endpoints, encryption, and clear refusals."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from mover_s3.clients import Clients
from mover_s3.errors import AccessError, s3_errors
from mover_s3.settings import Settings, read_settings
from records_mover import Session
from records_mover.errors import ConfigError, CredsError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mover_s3.store import S3Store
    from support.faults import Exchange, FaultProxy
    from support.s3 import S3Server

SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)
MOTO = pytest.mark.parametrize("server", ["moto"], indirect=True)


def test_a_bucket_that_is_not_there_is_said(store: S3Store) -> None:
    for act in (store.size, store.open, store.delete, store.make_folder):
        with pytest.raises(NotFoundError, match="there is no bucket 'no-such-bucket-1'"):
            act("s3://no-such-bucket-1/key")
    with pytest.raises(NotFoundError, match="there is no bucket"):
        list(store.list("s3://no-such-bucket-1/"))
    with pytest.raises(NotFoundError), store.write("s3://no-such-bucket-1/key") as sink:
        sink.write(b"x")


def test_an_object_that_is_not_there_is_said(store: S3Store, bucket: str) -> None:
    for act in (store.size, store.open, store.delete):
        with pytest.raises(NotFoundError, match=f"there is no object 's3://{bucket}/none'"):
            act(f"s3://{bucket}/none")
    with pytest.raises(NotFoundError, match="there is no object"):
        store.copy(f"s3://{bucket}/none", f"s3://{bucket}/other")


@SEAWEED
@pytest.mark.parametrize(
    ("key", "secret", "said"),
    [
        ("AKIAMOVERTEST0000000", "wrong-secret-canary", "does not accept the credentials"),
        ("AKIANOBODY", "nobody-secret-canary", "does not accept the credentials"),
        ("AKIALOOKER", "looker", "is denied"),
    ],
)
def test_a_refusal_is_one_clear_line_without_secrets(
    make_store: Callable[..., S3Store],
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    key: str,
    secret: str,
    said: str,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    store = make_store()
    for act in (store.size, store.open, store.delete):
        with pytest.raises(AccessError, match=said) as caught:
            act(f"s3://{bucket}/k")
        shown = "".join(traceback.format_exception(caught.value)) + repr(store) + caplog.text
        assert "\n" not in str(caught.value)
        assert secret not in shown.replace(str(caught.traceback), "")


@MOTO
def test_session_tokens_stay_out_of_debug_logs(
    store: S3Store, bucket: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-canary-123")
    logging.getLogger("botocore").setLevel(logging.NOTSET)
    caplog.set_level(logging.DEBUG)
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(b"x")
    assert caplog.text
    assert "canary" not in caplog.text


def test_no_credentials_at_all_is_said(
    make_store: Callable[..., S3Store], server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    del server
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredsError, match=r"no usable credentials for 's3://b1b/'.*AWS_PROFILE"):
        make_store().size("s3://b1b/k")


def test_a_profile_that_is_not_there_is_said(
    make_store: Callable[..., S3Store], server: S3Server
) -> None:
    del server
    with pytest.raises(CredsError, match=r"profile .nobody. could not be found"):
        make_store(profile="nobody").size("s3://b1b/k")


@SEAWEED
def test_a_profile_names_credentials_and_endpoint(
    make_store: Callable[..., S3Store],
    server: S3Server,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT_URL", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}")
    config = tmp_path / "config"
    config.write_text(
        f"[profile mine]\nendpoint_url = {server.endpoint}\nregion = eu-west-3\n"
        f"aws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    store = make_store(profile="mine")
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(b"x")
    assert store.size(f"s3://{bucket}/k") == 1


@SEAWEED
def test_the_configuration_file_says_it_to_every_command(
    server: S3Server, bucket: str, pg_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "ENDPOINT_URL", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}")
    aws = tmp_path / "aws"
    aws.write_text(
        f"[profile mine]\naws_access_key_id = {server.access_key}\n"
        f"aws_secret_access_key = {server.secret_key}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(aws))
    config = tmp_path / "config.toml"
    config.write_text(
        f'[session]\nscratch_s3_url = "s3://{bucket}/scratch/"\n'
        f'[settings.s3]\nprofile = "mine"\nregion = "eu-west-3"\n'
        f'endpoint_url = "{server.endpoint}"\naddressing_style = "path"\n'
    )
    config.chmod(0o600)
    monkeypatch.setenv("MOVER_CONFIG", str(config))
    with Session() as session:
        assert session.context.scratch == f"s3://{bucket}/scratch/"
        session.move(_small(tmp_path), f"s3://{bucket}/k.csv")
        assert session.move(f"s3://{bucket}/k.csv", f"{pg_url}::t").rows == 1


def _small(folder: Path) -> Path:
    path = folder / "small.csv"
    path.write_text("id\n1\n")
    return path


@SEAWEED
def test_a_callers_own_session_is_used(
    make_store: Callable[..., S3Store],
    server: S3Server,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = boto3.Session(server.access_key, server.secret_key)
    for name in server.env:
        monkeypatch.delenv(name)
    store = make_store(session=session, endpoint_url=server.endpoint)
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(b"x")
    assert store.size(f"s3://{bucket}/k") == 1


@MOTO
def test_a_public_object_can_be_read_by_anyone(
    make_store: Callable[..., S3Store], client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put_object(Bucket=bucket, Key="public", Body=b"x", ACL="public-read")
    client.put_object(Bucket=bucket, Key="private", Body=b"x")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = make_store(anonymous=True)
    with store.open(f"s3://{bucket}/public") as stream:
        assert stream.read() == b"x"
    with pytest.raises(AccessError, match="is denied"):
        store.open(f"s3://{bucket}/private")


@SEAWEED
def test_the_region_is_found_by_bucket(
    make_store: Callable[..., S3Store], client: Any, bucket: str, proxy: FaultProxy
) -> None:
    client.put_object(Bucket=bucket, Key="k", Body=b"x")

    def elsewhere(_number: int, exchange: Exchange) -> bool:
        return "/eu-west-9/s3/" not in exchange.header("authorization")

    proxy.harm("other region", elsewhere)
    store = make_store()
    assert store.size(f"s3://{bucket}/k") == 1
    with store.open(f"s3://{bucket}/k") as stream:
        assert stream.read() == b"x"
    assert len(proxy.seen) <= 4
    wrong = make_store(region="us-east-2", endpoint_url=proxy.endpoint)
    proxy.harm("another region", elsewhere)
    with pytest.raises(StoreError, match="is in another region"):
        wrong.open(f"s3://{bucket}/k")


@pytest.mark.parametrize("checksums", ["when_supported", "when_required"])
def test_both_checksum_modes_work(
    make_store: Callable[..., S3Store],
    bucket: str,
    noise: bytes,
    proxy: FaultProxy,
    checksums: str,
) -> None:
    store = make_store(checksums=checksums)
    said: list[str] = []

    def watch(_number: int, exchange: Exchange) -> bool:
        if exchange.method == "PUT":
            said.append(exchange.header("x-amz-checksum-crc32"))
            assert not exchange.header("x-amz-trailer")
        return False

    proxy.harm("", watch)
    for size in (10, 17 << 20):
        with store.write(f"s3://{bucket}/k") as sink:
            sink.write(noise[:size])
        with store.open(f"s3://{bucket}/k") as stream:
            assert stream.read() == noise[:size]
    assert len(said) == 4
    assert all(said) if checksums == "when_supported" else not any(said)


@MOTO
def test_encryption_and_payer_are_said_with_every_request(
    make_store: Callable[..., S3Store],
    client: Any,
    bucket: str,
    noise: bytes,
    proxy: FaultProxy,
) -> None:
    store = make_store(sse="aws:kms", kms_key_id="alias/mine", requester_pays=True)
    unpaid: list[str] = []

    def watch(_number: int, exchange: Exchange) -> bool:
        if exchange.header("x-amz-request-payer") != "requester":
            unpaid.append(f"{exchange.method} {exchange.path}")
        return False

    proxy.harm("", watch)
    for key, size in (("small", 1), ("large", 9 << 20)):
        with store.write(f"s3://{bucket}/{key}") as sink:
            sink.write(noise[:size])
        with store.open(f"s3://{bucket}/{key}") as stream:
            assert stream.read() == noise[:size]
    store.copy(f"s3://{bucket}/small", f"s3://{bucket}/copy")
    for key in ("small", "large", "copy"):
        there = client.head_object(Bucket=bucket, Key=key)
        assert there["ServerSideEncryption"] == "aws:kms"
        assert there["SSEKMSKeyId"].endswith("alias/mine")
    list(store.list(f"s3://{bucket}/"))
    store.delete(f"s3://{bucket}/copy")
    assert unpaid == [f"HEAD /{bucket}"]


def test_addresses_follow_the_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    urls = {}
    for style in ("auto", "path", "virtual"):
        clients = Clients(read_settings({"addressing_style": style, "region": "eu-west-1"}))
        made = clients._client("eu-west-1")
        urls[style] = made.generate_presigned_url(
            "get_object", Params={"Bucket": "bkt", "Key": "k"}
        ).split("?")[0]
    assert urls["path"] == "https://s3.eu-west-1.amazonaws.com/bkt/k"
    assert urls["virtual"] == "https://bkt.s3.eu-west-1.amazonaws.com/k"
    assert "bkt." in urls["auto"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "have expired"),
        ("InvalidObjectState", "is archived"),
        ("RequestTimeTooSkewed", "clock"),
        ("KeyTooLongError", "does not allow the name"),
        ("EntityTooLarge", "cannot read 's3://b/k': EntityTooLarge too much"),
    ],
)
def test_codes_of_s3_become_plain_words(code: str, said: str) -> None:
    from botocore.exceptions import ClientError

    answer = {"Error": {"Code": code, "Message": "too\nmuch"}}
    with pytest.raises(StoreError, match=said), s3_errors("s3://b/k", "read"):
        raise ClientError(answer, "GetObject")


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"colour": "red"}, "there is no setting 'colour'"),
        ({"sse": "rot13"}, "'sse' of 's3' cannot be 'rot13'"),
        ({"timeout": "soon"}, "a number of seconds"),
        ({"timeout": -1}, "a number of seconds"),
        ({"anonymous": "perhaps"}, "true or false"),
        ({"region": 7}, "it must be text"),
        ({"anonymous": True, "requester_pays": True}, "left out"),
        ({"anonymous": True, "profile": "p"}, "left out"),
        ({"sse": "AES256", "kms_key_id": "k"}, "left out"),
        ("eu-west-1", "give names and values"),
    ],
)
def test_a_wrong_setting_is_said(section: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_settings(section)


def test_settings_may_be_text() -> None:
    read = read_settings({"anonymous": "yes", "timeout": "2.5", "region": "", "sse": None})
    assert read == Settings(anonymous=True, timeout=2.5)
