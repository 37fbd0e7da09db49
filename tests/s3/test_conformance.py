"""mover-s3 passes the suites for plugin authors, on the server that checks what it is sent."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from records_mover.testing import PluginSuite, StoreSuite
from support.real import real_folder, real_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.s3 import S3Server


class TestPlugin(PluginSuite):
    distribution, module = "mover-s3", "mover_s3.plugin"
    subject = "mover-s3"
    heavy = frozenset({"boto3", "botocore"})


@pytest.fixture
def rest(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[str]:
    """What stands behind the scheme: a folder of the S3 that is named, else of one of our own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    if real_url("s3"):
        with real_folder() as folder:
            yield f"{folder.bucket}/{folder.folder}/"
        return
    seaweed: S3Server = request.getfixturevalue("seaweed")
    for name, value in seaweed.env.items():
        monkeypatch.setenv(name, value)
    made = f"kit-{secrets.token_hex(6)}"
    seaweed.client().create_bucket(Bucket=made)
    yield f"{made}/kit/"


class TestStore(StoreSuite):
    subject = "s3://"
    capabilities = StoreSuite.known

    @pytest.fixture
    def folder(self, rest: str) -> str:
        return f"s3://{rest}"


class TestStoreByItsOtherName(StoreSuite):
    subject = "s3a://"
    capabilities = StoreSuite.known

    @pytest.fixture
    def folder(self, rest: str) -> str:
        return f"s3a://{rest}"
