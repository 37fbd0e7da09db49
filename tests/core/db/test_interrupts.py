"""Databases that can be asked, from another thread, to end what they do."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.db.interrupts import InterruptibleDatabase

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


class _Watched(InterruptibleDatabase):
    """SQLite, each of whose connections notes that it was told to stop."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.told: list[Any] = []
        self.heard = threading.Event()

    def canceller(self, driver: Any) -> Callable[[], object]:
        def cancel() -> None:
            self.told.append(driver)
            self.heard.set()

        return cancel


@pytest.fixture
def watched(engine: Engine) -> _Watched:
    return _Watched(engine)


def _ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "mover-interrupt":
            thread.join(10)


def test_a_thread_s_connections_are_told_to_stop(watched: _Watched) -> None:
    here = threading.get_ident()
    with watched.connection() as connection:
        driver = connection.connection.driver_connection
        watched.interrupt(here)
        assert watched.heard.wait(10)
        watched.relent(here)
        _ended()
    assert set(map(id, watched.told)) == {id(driver)}


def test_another_thread_s_connections_are_left_alone(watched: _Watched) -> None:
    other = threading.get_ident() + 1
    with watched.connection():
        watched.interrupt(other)
        _ended()
        watched.relent(other)
    assert watched.told == []


def test_a_connection_that_is_closed_is_not_told_any_more(watched: _Watched) -> None:
    here = threading.get_ident()
    with watched.connection():
        pass
    watched.interrupt(here)
    _ended()
    watched.relent(here)
    assert watched.told == []


def test_a_connection_that_was_thrown_away_is_closed_all_the_same(watched: _Watched) -> None:
    with watched.connection() as connection:
        connection.invalidate()
    assert connection.closed
