"""The reference backend passes every suite, with every capability and without a gap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from records_mover.testing import (
    CredsSuite,
    DatabaseSuite,
    Known,
    LoaderSuite,
    PluginSuite,
    SqlBench,
    StoreSuite,
    UnloaderSuite,
)
from records_mover.testing.case import DOORS

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "kanarie-of-a-connection"


@pytest.fixture
def bench(reference_bench: SqlBench) -> SqlBench:
    return reference_bench


class TestPlugin(PluginSuite):
    distribution, module = "mover-reference", "mover_reference"
    capabilities = PluginSuite.known


class TestDatabase(DatabaseSuite):
    capabilities = DatabaseSuite.known


class TestPut(LoaderSuite):
    part = "reference-put"
    doors = (*DOORS, "table")
    capabilities = LoaderSuite.known
    routes = {
        "batches": ["reference-put"],
        "text": ["read", "reference-put"],
        "parquet": ["read", "decode", "reference-put"],
        "table": ["reference-take", "reference-put"],
    }


class TestTake(UnloaderSuite):
    part = "reference-take"
    doors = (*DOORS, "table")
    capabilities = UnloaderSuite.known
    routes = {
        "batches": ["reference-take", "collect"],
        "text": ["reference-take", "write"],
        "parquet": ["reference-take", "encode", "write"],
        "folder": ["reference-take", "encode", "write"],
        "table": ["reference-take", "reference-put"],
    }


class TestStore(StoreSuite):
    capabilities = StoreSuite.known

    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        return f"reference://{tmp_path}/files/"


class TestCreds(CredsSuite):
    provider = "mover_reference"
    capabilities = CredsSuite.known

    @pytest.fixture(autouse=True)
    def facts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        facts = {"type": "reference", "user": "me", "password": PASSWORD}
        known = {"nest": facts, "open": {"type": "reference"}}
        monkeypatch.setenv("REFERENCE_CREDS", json.dumps(known))

    @pytest.fixture
    def connection(self) -> Known:
        facts = {"user": "me", "password": PASSWORD}
        return Known(name="nest", facts=facts, secrets=(PASSWORD,))

    @pytest.fixture
    def broken(self) -> str:
        return "open"
