"""What a killed move leaves: its own upload is aborted by the next move, and nobody else's is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_s3.store import S3Store

WRITER = """
import sys, time
from mover_s3.settings import read_settings
from mover_s3.store import S3Store
with S3Store(read_settings(None)).write(sys.argv[1]) as sink:
    sink.write(bytes(17 << 20))
    print("half way", flush=True)
    time.sleep(60)
"""


def _write(store: S3Store, url: str) -> None:
    with store.write(url) as sink:
        sink.write(b"x")


@contextmanager
def _half_way(url: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half way\n"
        try:
            yield process
        finally:
            process.kill()


def _uploads(client: Any, bucket: str) -> list[str]:
    found = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    return sorted(one["Key"] for one in found)


def test_the_upload_of_a_killed_move_is_aborted_by_the_next(
    store: S3Store, bucket: str, client: Any
) -> None:
    client.create_multipart_upload(Bucket=bucket, Key="of someone else")
    with _half_way(f"s3://{bucket}/killed") as process:
        process.send_signal(signal.SIGKILL)
    assert _uploads(client, bucket) == ["killed", "of someone else"]
    _write(store, f"s3://{bucket}/next")
    assert _uploads(client, bucket) == ["of someone else"]
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_the_upload_of_a_living_move_is_left_alone(
    store: S3Store, bucket: str, client: Any
) -> None:
    with _half_way(f"s3://{bucket}/alive"):
        _write(store, f"s3://{bucket}/next")
        assert _uploads(client, bucket) == ["alive"]


@pytest.mark.parametrize("server", ["seaweed"], indirect=True)
def test_an_upload_whose_name_was_never_heard_is_found(
    store: S3Store, bucket: str, client: Any, tmp_path: Any
) -> None:
    from mover_s3.address import parse_address
    from mover_s3.clients import Clients
    from mover_s3.journal import note_upload
    from mover_s3.settings import Settings

    with note_upload(Clients(Settings()).endpoint, parse_address(f"s3://{bucket}/unheard")):
        client.create_multipart_upload(Bucket=bucket, Key="unheard")
    assert len(list((tmp_path / "state").rglob("*.note"))) == 1
    _write(store, f"s3://{bucket}/next")
    assert _uploads(client, bucket) == []
    assert not list((tmp_path / "state").rglob("*.note"))


def test_notes_are_private_and_gone_when_all_is_well(
    store: S3Store, bucket: str, noise: bytes, tmp_path: Any
) -> None:
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(noise[: 9 << 20])
        (note,) = (tmp_path / "state").rglob("*.note")
        assert note.stat().st_mode & 0o777 == 0o600
        assert "s3cret" not in note.read_text()
    assert not list((tmp_path / "state").rglob("*.note"))


def test_no_place_for_notes_stops_no_move(
    store: S3Store, bucket: str, noise: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    with store.write(f"s3://{bucket}/k") as sink:
        sink.write(noise[: 9 << 20])
    assert store.size(f"s3://{bucket}/k") == 9 << 20
