"""What is handed to a server that uses objects in our name, and what is staged for it."""

from __future__ import annotations

import gzip
import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.creds import redact
from records_mover.errors import MoveCancelled, StoreError
from records_mover.formats import DelimitedRecordsFormat
from records_mover.parts import Part, Staging, Streams
from records_mover.records.context import Context
from records_mover.records.options import MoveOptions
from records_mover.records.steps.staging import open_stage
from records_mover.records.stores import MoveStores
from records_mover.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mover_s3.store import S3Store

CSV = DelimitedRecordsFormat("csv", {"compression": None, "header-row": True})
SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)


@pytest.fixture
def context(server: Any) -> Iterator[Context]:
    del server
    with Session() as session:
        yield session.context


@pytest.fixture
def streams(tmp_path: Path) -> Streams:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"n\n" + b"".join(b"%07d\n" % n for n in range(1_000_000)))
    return Streams(parts=(Part(name="rows.csv", open=lambda: path.open("rb")),), format=CSV)


@SEAWEED
@pytest.mark.parametrize("compression", [None, "GZIP"])
def test_objects_have_the_size_and_number_that_were_asked_for(
    context: Context, bucket: str, client: Any, streams: Streams, compression: str | None
) -> None:
    staging = Staging(size=3 << 20, multiple=2)
    form = CSV.alter_hints({"compression": compression})
    with open_stage(context, f"s3://{bucket}/tmp") as stage:
        files = stage.put(streams, form, staging, total=8_000_002, check=lambda: None)
        files = stage.manifest(files)
        bodies = []
        for part in files.parts:
            with part.open() as stream:
                body = stream.read()
            assert len(body) == part.size
            bodies.append(gzip.decompress(body) if compression else body)
        with context.open(files.manifest or "") as stream:
            entries = json.load(stream)["entries"]
    assert [(one["url"], one["meta"]["content_length"]) for one in entries] == [
        (part.url, part.size) for part in files.parts
    ]
    assert len(bodies) == 4
    rows = b"".join(body.removeprefix(b"n\n") for body in bodies)
    assert rows == b"".join(b"%07d\n" % n for n in range(1_000_000))
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@SEAWEED
def test_a_server_that_reads_one_file_gets_one(
    context: Context, bucket: str, streams: Streams
) -> None:
    staging = Staging(size=1 << 20, several=False)
    with open_stage(context, f"s3://{bucket}/tmp") as stage:
        files = stage.put(streams, CSV, staging, total=None, check=lambda: None)
        assert len(files.parts) == 1


@SEAWEED
def test_a_cancelled_move_stops_staging_and_leaves_nothing(
    context: Context, bucket: str, client: Any, streams: Streams
) -> None:
    def check() -> None:
        raise MoveCancelled("cancelled")

    with pytest.raises(MoveCancelled), open_stage(context, f"s3://{bucket}/tmp") as stage:
        stage.put(streams, CSV, Staging(), total=None, check=check)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_access_has_what_a_server_needs(
    server: Any, make_store: Callable[..., S3Store], bucket: str
) -> None:
    access = make_store().access(f"s3://{bucket}/tmp/")
    assert access.endpoint == server.endpoint
    assert access.region == "us-east-1"
    assert access.access_key is not None
    assert access.access_key.reveal() == server.access_key
    assert access.secret_key is not None
    assert access.secret_key.reveal() == server.secret_key
    assert access.session_token is None


@SEAWEED
def test_access_shows_no_secret(
    server: Any,
    make_store: Callable[..., S3Store],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "canary-of-a-session-token")
    store = make_store(region="eu-west-1", endpoint_url=server.endpoint)
    access = store.access("s3://anything/tmp/")
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%s %r", access, access.session_token)
    shown = f"{access} {access!r} {access.secret_key:>20} {caplog.text}"
    assert access.session_token is not None
    for secret in (access.session_token.reveal(), server.secret_key):
        assert secret not in shown
        assert secret not in redact(f"COPY t FROM 's3://b/' CREDENTIALS '{secret}'")
    with pytest.raises(TypeError):
        pickle.dumps(access.secret_key)
    with pytest.raises(TypeError):
        json.dumps(access.secret_key)


@pytest.mark.parametrize("server", ["moto"], indirect=True)
def test_scratch_space_is_named_after_the_iam_user(
    make_store: Callable[..., S3Store], bucket: str, context: Context
) -> None:
    assert make_store().user(f"s3://{bucket}/") == "moto"
    options = MoveOptions(scratch=f"s3://{bucket}/tmp/{{user}}/")
    assert context.scratch_for(options) == f"s3://{bucket}/tmp/moto/"


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/ada", "ada"),
        ("arn:aws-cn:iam::123456789012:user/division/team/ada", "ada"),
        ("arn:aws:sts::123456789012:assumed-role/worker/session", None),
        ("arn:aws:iam::123456789012:root", None),
    ],
)
def test_only_users_have_names(arn: str, name: str | None) -> None:
    from mover_s3.address import parse_address
    from mover_s3.identity import user_name

    class Clients:
        def identity(self) -> Clients:
            return self

        def retry(self, call: Callable[[], object]) -> object:
            return call()

        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": arn}

    assert user_name(Clients(), parse_address("s3://b/")) == name  # type: ignore[arg-type]


def test_nobody_signs_for_a_public_bucket(
    server: Any, make_store: Callable[..., S3Store], bucket: str
) -> None:
    access = make_store(anonymous=True).access(f"s3://{bucket}/")
    assert (access.access_key, access.secret_key) == (None, None)
    assert access.endpoint == server.endpoint


def test_the_service_itself_needs_no_endpoint(
    make_store: Callable[..., S3Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-test")
    store = make_store(region="eu-west-1", endpoint_url="https://s3.eu-west-1.amazonaws.com")
    access = store.access("s3://anything/tmp/")
    assert (access.endpoint, access.region) == (None, "eu-west-1")


def test_files_of_this_machine_are_nobody_elses(context: Context, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lets nobody but this process use"):
        MoveStores(context).access(str(tmp_path / "a.csv"))
