"""Movers, backends, servers and connections that die in the middle: old rows or new ones, whole."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from mover_postgres import commit
from records_mover import Session
from records_mover.errors import DatabaseError, InDoubtError
from support.killing import CASES, campaign, run
from support.relay import relay_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import PostgresServer
    from support.relay import Line, Relay

_AFTER_COMMIT = len(b"X\0\0\0\4")
"""What a client says when it leaves, after its last COMMIT."""


@pytest.mark.slow
def test_a_sample_of_the_campaign_leaves_old_rows_or_new_ones(postgres_bin_dir: Path) -> None:
    """`make torture` runs all of it."""
    cases = [case for case in CASES if case.name in ("csv replace", "table to file")]
    with campaign(11, postgres_bin_dir) as made:
        run(made, 6, cases)
        assert not made.failures
        assert made.tally["old rows"] + made.tally["new rows"] == 6


@pytest.fixture
def relay(own_postgres: PostgresServer) -> Iterator[Relay]:
    with relay_to(lambda: own_postgres.port) as relay:
        yield relay


@pytest.fixture
def source(own_postgres: PostgresServer, tmp_path: Path) -> Path:
    own_postgres.psql("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    path = tmp_path / "in.csv"
    path.write_text("a\n2\n")
    return path


def move(source: Path, server: PostgresServer, relay: Relay) -> int | None:
    url = server.url().replace(f":{server.port}/", f":{relay.port}/")
    with Session() as session:
        return session.move(str(source), f"{url}::t", if_exists="delete").rows


def bytes_sent(source: Path, server: PostgresServer, relay: Relay) -> int:
    """Count what a move says to the server, and undo it."""
    relay.reset()
    assert move(source, server, relay) == 1
    server.psql("DELETE FROM t; INSERT INTO t VALUES (1)")
    return relay.passed["out"]


def test_a_commit_whose_answer_is_lost_is_found_to_have_been_made(
    own_postgres: PostgresServer, relay: Relay, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    at = bytes_sent(source, own_postgres, relay) - _AFTER_COMMIT
    relay.reset("out", at, _make_deaf)
    with caplog.at_level(logging.WARNING):
        assert move(source, own_postgres, relay) == 1
    assert "lost while it committed; the rows are there" in caplog.text
    assert own_postgres.psql("TABLE t") == "2\n"


def _make_deaf(line: Line) -> None:
    """Let the server hear the rest, and the client no answer."""
    line.deaf = True


def test_a_commit_that_never_arrived_is_found_not_to_have_been_made(
    own_postgres: PostgresServer, relay: Relay, source: Path
) -> None:
    at = bytes_sent(source, own_postgres, relay) - _AFTER_COMMIT - 1
    relay.reset("out", at, lambda line: line.cut())
    with pytest.raises(DatabaseError, match="cut the connection; nothing was changed"):
        move(source, own_postgres, relay)
    assert own_postgres.psql("TABLE t") == "1\n"


def test_where_nobody_can_say_nobody_claims(
    own_postgres: PostgresServer, relay: Relay, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_LONGEST", 0.5)
    at = bytes_sent(source, own_postgres, relay) - _AFTER_COMMIT - 1

    def kill(line: Line) -> None:
        own_postgres.kill()
        line.cut()

    relay.reset("out", at, kill)
    with pytest.raises(InDoubtError, match=r"may have been committed.*look into the table"):
        move(source, own_postgres, relay)
