"""A failure in the middle leaves the target as it was, no stray, and the server's own words."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session, move
from records_mover.errors import (
    ConnectError,
    InDoubtError,
    LoadUnloadError,
    MoveCancelled,
    MoverError,
    NotFoundError,
    StoreError,
)
from vertica_server import ServerConfig, VerticaServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres import PostgresServer

MODES = ["append", "delete", "replace", "drop", "upsert"]
TEXT: dict[str, Any] = {"variant": "bluelabs", "hints": {"compression": None, "header-row": True}}


@pytest.fixture
def table(warehouse: Any) -> Iterator[Any]:
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(5))")
    warehouse.ask.copy("COPY t FROM STDIN", b"0|old\n")
    yield warehouse
    assert warehouse.rows() == [[0, "old"]]
    assert warehouse.tables() == ["t"]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of some blocks."""
    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,name\n" + b"1,a\n" * 500_000)
    return path


@pytest.fixture
def midway(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Let something happen before the fifth block of rows is sent."""
    from mover_vertica import feed

    def at(then: Callable[[], None]) -> None:
        known, calls = feed._Feed.__init__, count(1)

        def init(self: Any, read: Callable[[int], Any]) -> None:
            def reading(size: int) -> Any:
                if next(calls) == 5:
                    then()
                return read(size)

            known(self, reading)

        monkeypatch.setattr(feed._Feed, "__init__", init)

    return at


@pytest.mark.parametrize("mode", MODES)
def test_a_connection_that_is_dropped_in_the_middle_leaves_the_target_as_it_was(
    bare: Any, table: Any, large: Path, midway: Any, mode: str
) -> None:
    midway(table.ask.server.drop_connections)
    key = ["id"] if mode == "upsert" else None
    with pytest.raises(ConnectError, match="was lost") as caught:
        bare.move(large, table.url("t"), if_exists=mode, key=key, **TEXT)
    table.ask.reconnect()
    assert "the target is as it was" in str(caught.value)


@pytest.mark.parametrize("mode", MODES)
def test_a_move_that_is_cancelled_ends_and_changes_nothing(
    bare: Any, table: Any, large: Path, midway: Any, mode: str
) -> None:
    from records_mover.meter import Cancellation

    asked = Cancellation()
    midway(asked.cancel)
    key = ["id"] if mode == "upsert" else None
    with pytest.raises(MoveCancelled):
        bare.move(large, table.url("t"), if_exists=mode, key=key, cancellation=asked, **TEXT)


def test_a_source_that_breaks_off_is_told_in_its_own_words(
    bare: Any, table: Any, large: Path, midway: Any
) -> None:
    def fail() -> None:
        raise StoreError("the disk is on fire", "run")

    midway(fail)
    with pytest.raises(StoreError, match="the disk is on fire"):
        bare.move(large, table.url("t"), if_exists="replace", **TEXT)


def test_an_interrupt_in_the_middle_of_a_message_ends_the_load_too(
    bare: Any, table: Any, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_vertica.connect import Connection

    known, calls = Connection.write, count(1)

    def write(self: Any, message: Any, *more: Any) -> None:
        if type(message).__name__ == "CopyData" and next(calls) == 5:
            raise KeyboardInterrupt
        known(self, message, *more)

    monkeypatch.setattr(Connection, "write", write)
    with pytest.raises(KeyboardInterrupt):
        bare.move(large, table.url("t"), if_exists="replace", **TEXT)


def test_a_key_on_the_keyboard_ends_the_load_too(
    bare: Any, table: Any, large: Path, midway: Any
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    midway(interrupt)
    with pytest.raises(KeyboardInterrupt):
        bare.move(large, table.url("t"), if_exists="replace", **TEXT)


@pytest.mark.parametrize(
    ("mode", "word"),
    [("append", "COMMIT"), ("upsert", "COMMIT"), ("replace", "ALTER"), ("drop", "ALTER")],
)
def test_a_commit_whose_answer_is_lost_is_said_to_be_in_doubt(
    bare: Any, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, word: str
) -> None:
    from vertica_python.vertica.messages import Query

    from mover_vertica.connect import Connection

    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,name\n1,a\n")
    known, merged = Connection.write, mode != "upsert"

    def write(self: Any, message: Any, *more: Any) -> None:
        nonlocal merged
        said = str(message.read_bytes()) if isinstance(message, Query) else ""
        merged = merged or "MERGE" in said
        if merged and said[2:].startswith(word):
            table.ask.server.drop_connections()
        known(self, message, *more)

    monkeypatch.setattr(Connection, "write", write)
    key = ["id"] if mode == "upsert" else None
    with pytest.raises(InDoubtError, match="was lost while it committed") as caught:
        bare.move(path, table.url("t"), if_exists=mode, key=key, **TEXT)
    monkeypatch.undo()
    table.ask.reconnect()
    assert "look whether the rows are there" in str(caught.value)


def test_a_lock_that_does_not_come_is_told_in_the_servers_words(
    bare: Any, table: Any, tmp_path: Path
) -> None:
    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,name\n1,a\n")
    other = table.ask.other()
    other("INSERT INTO t VALUES (9, 'x')")
    with pytest.raises(LoadUnloadError, match=r"Unavailable.*\[5156\]") as caught:
        bare.move(path, table.url("t"), if_exists="replace", **TEXT)
    assert "try again" in str(caught.value)
    other("ROLLBACK")


def test_a_move_that_waits_for_a_lock_is_cancelled_in_the_server(
    bare: Any, table: Any, tmp_path: Path
) -> None:
    from records_mover.meter import Cancellation

    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,name\n1,a\n")
    other, asked = table.ask.other(), Cancellation()
    other("INSERT INTO t VALUES (9, 'x')")
    timer = threading.Timer(1.0, asked.cancel)
    timer.start()
    with pytest.raises(MoveCancelled):
        bare.move(path, table.url("t"), if_exists="replace", cancellation=asked, **TEXT)
    other("ROLLBACK")


def test_a_column_that_is_not_there_is_told_before_anything_is_touched(
    bare: Any, table: Any, tmp_path: Path
) -> None:
    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,other\n1,a\n")
    with pytest.raises(MoverError, match="has no column 'other'"):
        bare.move(path, table.url("t"), if_exists="delete", **TEXT)
    assert table.statements("delete") == []


def test_a_server_that_is_full_says_so(postgres: PostgresServer, tmp_path: Path) -> None:
    import vertica_python

    path = tmp_path / "rows.txt"
    path.write_bytes(b"id,name\n1,a\n")
    with VerticaServer(ServerConfig(backend=postgres.url(), max_sessions=1)) as server:
        login = server.login
        url = (
            f"vertica://{login['user']}:{login['password']}@{login['host']}:{login['port']}/"
            f"{login['database']}?tlsmode=disable::t"
        )
        there = vertica_python.connect(**login, tlsmode="disable")
        with Session() as session, pytest.raises(ConnectError, match="limit") as caught:
            session.move(path, url, **TEXT)
        there.close()
    assert str(login["password"]) not in str(caught.value)


def test_a_table_with_nearly_that_name_is_named(warehouse: Any, tmp_path: Path) -> None:
    warehouse.ask("create table trips (a int)")
    warehouse.ask.connection.commit()
    with pytest.raises(NotFoundError, match=r"\(did you mean 'trips'\?\); check its name"):
        move(warehouse.url("trisp"), tmp_path / "out.csv")
