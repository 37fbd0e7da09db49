"""mover-s3 passes the suites for plugin authors, on the server that checks what it is sent."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from records_mover.testing import PluginSuite, StoreSuite

if TYPE_CHECKING:
    from pathlib import Path

    from support.s3 import S3Server


class TestPlugin(PluginSuite):
    distribution, module = "mover-s3", "mover_s3.plugin"
    subject = "mover-s3"
    heavy = frozenset({"boto3", "botocore"})


@pytest.fixture
def bucket(seaweed: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    for name, value in seaweed.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = f"kit-{secrets.token_hex(6)}"
    seaweed.client().create_bucket(Bucket=made)
    return made


class TestStore(StoreSuite):
    subject = "s3://"
    capabilities = StoreSuite.known

    @pytest.fixture
    def folder(self, bucket: str) -> str:
        return f"s3://{bucket}/kit/"


class TestStoreByItsOtherName(StoreSuite):
    subject = "s3a://"
    capabilities = StoreSuite.known

    @pytest.fixture
    def folder(self, bucket: str) -> str:
        return f"s3a://{bucket}/kit/"
