"""Asking a server to end a statement, whatever becomes of the question."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from records_mover.db.connections.cancelling import Canceller
from records_mover.utils.sockets import hang_up


class _Server:
    """Takes a question and does not answer before it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = threading.Event()
        self.given_up = 0

    def ask(self) -> None:
        self.asked += 1
        self.answers.wait(30)

    def give_up(self) -> None:
        self.given_up += 1


@pytest.fixture
def server() -> _Server:
    return _Server()


def test_a_server_that_answers_is_asked_each_time(server: _Server) -> None:
    server.answers.set()
    cancel = Canceller(server.ask, server.give_up)
    cancel()
    cancel()
    assert (server.asked, server.given_up) == (2, 0)


def test_a_server_that_is_silent_is_given_up_after_its_seconds(server: _Server) -> None:
    cancel = Canceller(server.ask, server.give_up, seconds=0.3)
    before = time.monotonic()
    cancel()
    cancel()  # and is not asked twice at once
    assert 0.6 <= time.monotonic() - before < 10
    assert (server.asked, server.given_up) == (1, 2)
    server.answers.set()


def test_a_server_that_cannot_be_asked_is_given_up_at_once(server: _Server) -> None:
    def refused() -> None:
        raise OSError("connection refused")

    cancel = Canceller(refused, server.give_up, seconds=30)
    before = time.monotonic()
    cancel()
    assert time.monotonic() - before < 10
    assert server.given_up == 1


def test_a_connection_that_has_ended_cannot_be_given_up(server: _Server) -> None:
    def ended() -> None:
        raise ValueError("closed")

    Canceller(ended, ended)()
    assert server.given_up == 0


def test_who_waits_for_a_connection_that_is_cut_waits_no_more() -> None:
    near, far = socket.socketpair()
    with near, far:
        timer = threading.Timer(0.2, hang_up, [near.fileno()])
        timer.start()
        assert near.recv(1) == b""
        timer.join()
        hang_up(near.fileno())  # it is still there to be closed, and may be cut again
    near.close()
