"""Counting what passes, and stopping it."""

from __future__ import annotations

import io
import signal
import threading

import pytest

from records_mover.errors import MoveCancelled
from records_mover.meter import Cancellation, Meter


def test_bytes_are_counted_as_they_pass_and_the_stream_is_closed() -> None:
    meter, raw = Meter(), io.BytesIO(b"0123456789")
    with meter.counting(raw) as stream:
        assert stream.read(3) == b"012"
        assert meter.bytes == 3
        buffer = bytearray(4)
        assert stream.readinto(buffer) == 4  # type: ignore[attr-defined]
        assert (bytes(buffer), meter.bytes) == (b"3456", 7)
        assert stream.read() == b"789"
    assert meter.bytes == 10
    assert raw.closed


def test_what_can_be_sought_can_still_be_sought() -> None:
    meter = Meter()
    with meter.counting(io.BytesIO(b"0123456789")) as stream:
        assert stream.seekable()
        assert stream.seek(-3, io.SEEK_END) == stream.tell() == 7
        assert stream.read() == b"789"
    assert meter.bytes == 3


def test_bytes_of_several_streams_add_up() -> None:
    meter = Meter()

    def count() -> None:
        for _ in range(20_000):
            meter.add_bytes(1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.bytes == 80_000


def test_a_move_that_nobody_stopped_goes_on() -> None:
    cancellation = Cancellation()
    cancellation.check()
    assert not cancellation.asked


def test_asking_stops_whatever_said_how_and_every_check_raises() -> None:
    cancellation = Cancellation()
    stopped: list[str] = []
    with (
        cancellation.stopping_by(lambda: stopped.append("outer")),
        cancellation.stopping_by(lambda: stopped.append("inner")),
    ):
        cancellation.cancel()
    assert sorted(stopped) == ["inner", "outer"]
    with pytest.raises(MoveCancelled, match="the target is as it was"):
        cancellation.check()
    with pytest.raises(MoveCancelled), cancellation.stopping_by(lambda: None):
        pytest.fail("a block begins after the move was stopped")


def test_what_has_ended_is_not_stopped() -> None:
    cancellation = Cancellation()
    stopped: list[int] = []
    with cancellation.stopping_by(lambda: stopped.append(1)):
        pass
    cancellation.cancel()
    assert stopped == []


def test_all_are_stopped_even_if_stopping_one_fails() -> None:
    cancellation = Cancellation()
    stopped: list[int] = []

    def fail() -> None:
        raise OSError("gone")

    with (
        cancellation.stopping_by(lambda: stopped.append(1)),
        cancellation.stopping_by(fail),
        cancellation.stopping_by(lambda: stopped.append(2)),
        pytest.raises(OSError, match="gone"),
    ):
        cancellation.cancel()
    assert sorted(stopped) == [1, 2]
    assert cancellation.asked


def test_a_block_does_not_end_while_it_is_being_stopped() -> None:
    cancellation = Cancellation()
    stopping, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def stop() -> None:
        stopping.set()
        go_on.wait(5)
        order.append("stopped")

    with cancellation.stopping_by(stop):
        canceller = threading.Thread(target=cancellation.cancel)
        canceller.start()
        stopping.wait(5)
        threading.Timer(0.05, go_on.set).start()
    order.append("ended")
    canceller.join()
    assert order == ["stopped", "ended"]


def test_a_signals_handler_may_ask_at_any_moment() -> None:
    cancellation = Cancellation()
    before = signal.signal(signal.SIGALRM, lambda *_: cancellation.cancel())
    try:
        with cancellation._lock:
            signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert cancellation.asked
