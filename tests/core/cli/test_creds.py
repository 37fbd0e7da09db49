"""``mvrec creds`` says who answers for a name and shows no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-of-creds"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A connection that two providers know, and a web host."""
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
        [connections.wh]
        type = "mysql"
        [connections."https://data.example"]
        user = "me"
        password = "{CANARY}"
        """
    )
    config.chmod(0o600)
    return {
        "MOVER_CONN_WH": f"postgresql://me:{CANARY}@h:5/d?sslmode=require&sslpassword={CANARY}2",
        "MOVER_CONFIG": str(config),
    }


def test_the_provider_and_what_may_be_shown_are_shown(process: Any, env: dict[str, str]) -> None:
    ran = process("creds", "wh", env=env)
    assert ran.returncode == 0
    words = [line.split() for line in ran.stdout.splitlines()]
    assert ["provider", "environment"] in words
    assert ["password", "***"] in words
    assert ["option", "sslpassword", "***"] in words
    assert ["option", "sslmode", "require"] in words
    assert "also known to config; the first that is asked answers" in ran.stderr
    assert CANARY not in ran.stdout + ran.stderr


def test_as_json(process: Any, env: dict[str, str]) -> None:
    ran = process("creds", "wh", "--json", env=env)
    told = json.loads(ran.stdout)
    assert told["provider"] == "environment"
    assert told["also_known_to"] == ["config"]
    assert told["facts"]["password"] == "***"
    assert told["facts"]["host"] == "h"
    assert CANARY not in ran.stdout + ran.stderr
    hosts = json.loads(process("creds", "https://data.example", "--json", env=env).stdout)
    assert hosts["facts"] == {"user": "me", "password": "***"}


def test_the_connections_that_can_be_listed_are(process: Any, env: dict[str, str]) -> None:
    told = {one["provider"]: one for one in json.loads(process("creds", "--json", env=env).stdout)}
    assert told["environment"]["names"] == ["wh"]
    assert told["config"]["names"] == ["wh", "https://data.example"]
    assert told["keyring"]["names"] == []
    ran = process("creds", env=env)
    assert any(line.endswith("wh, https://data.example") for line in ran.stdout.splitlines())
    assert CANARY not in ran.stdout


def test_a_name_that_is_nearly_known_is_named(process: Any, env: dict[str, str]) -> None:
    ran = process("creds", "whh", env=env)
    assert ran.stderr.startswith("mvrec: no credentials provider knows 'whh' (did you mean 'wh'?)")


def test_a_name_nobody_knows_is_an_error(process: Any) -> None:
    for name in ("nobody", "https://nobody.example"):
        ran = process("creds", name)
        assert ran.returncode == 1
        assert f"no credentials provider knows '{name}'" in ran.stderr


def test_without_a_name_the_providers_are_listed_in_their_order(
    process: Any, env: dict[str, str]
) -> None:
    ran = process("creds", "--json", env=env | {"RECORDS_MOVER_SESSION_TYPE": "lpass"})
    listed = json.loads(ran.stdout)
    assert [one["provider"] for one in listed][:3] == ["lastpass", "environment", "config"]
    assert all(one["about"] for one in listed)
    assert "MOVER_CONN_<NAME>" in process("creds", env=env).stdout
