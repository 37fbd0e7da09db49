"""A writer turned into a reader: its errors arrive, and nothing of it is left."""

from __future__ import annotations

import gc
import hashlib
import os
import threading
import time
from typing import TYPE_CHECKING, BinaryIO

import pytest

from records_mover import bridge
from records_mover.bridge import pulled

if TYPE_CHECKING:
    from collections.abc import Iterator


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a Path would open one


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    gc.collect()
    threads, descriptors = threading.active_count(), _descriptors()
    yield
    assert threading.active_count() == threads
    assert _descriptors() == descriptors


def test_what_is_pushed_can_be_read() -> None:
    with pulled(lambda sink: print(sink.write(b"rows"))) as stream:
        assert stream.readable()
        assert stream.read(2) == b"ro"
        assert stream.read(100) == b"ws"
        assert stream.read(1) == stream.read() == b""


def test_much_more_than_the_pipe_holds_comes_through_whole() -> None:
    block = os.urandom(1 << 16)

    def push(sink: BinaryIO) -> None:
        for _ in range(1500):
            sink.write(block)

    with pulled(push) as stream:
        data = stream.read()
    assert len(data) == 1500 << 16
    assert hashlib.sha1(data).digest() == hashlib.sha1(block * 1500).digest()


@pytest.mark.parametrize("error", [ValueError("torn"), SystemExit(3), BrokenPipeError("elsewhere")])
def test_an_error_at_the_end_never_looks_like_the_end(error: BaseException) -> None:
    def push(sink: BinaryIO) -> None:
        sink.write(b"half")
        raise error

    with pulled(push) as stream:
        assert stream.read(4) == b"half"
        for _ in range(2):
            with pytest.raises(type(error)) as raised:
                stream.read(1)
            assert raised.value is error
    with pulled(push) as stream, pytest.raises(type(error)):
        stream.read()
    with pulled(push) as stream:
        into = stream.readinto  # type: ignore[attr-defined]
        assert into(bytearray(10)) == 4
        with pytest.raises(type(error)):
            into(bytearray(10))


def test_closing_early_stops_the_writer() -> None:
    ended = threading.Event()
    stopped: list[int] = []

    def push(sink: BinaryIO) -> None:
        try:
            while True:
                sink.write(b"x" * (1 << 20))
        finally:
            ended.set()

    stream = pulled(push, stop=lambda: stopped.append(1))
    assert stream.read(10) == b"x" * 10
    stream.close()
    stream.close()
    assert ended.is_set()
    assert stopped == [1]
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)


def test_a_writer_that_waits_for_something_else_is_woken_by_its_stop() -> None:
    woken = threading.Event()
    began = time.monotonic()
    pulled(lambda sink: print(woken.wait(20)), stop=woken.set).close()
    assert time.monotonic() - began < 5


def test_a_writer_whose_source_is_silent_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bridge, "_GRACE", 0.2)
    begun, goes_on = threading.Event(), threading.Event()

    def push(sink: BinaryIO) -> None:
        begun.set()
        goes_on.wait(60)
        sink.write(b"rows that nobody reads")

    stream = pulled(push)
    assert begun.wait(10)
    before = time.monotonic()
    stream.close()
    assert time.monotonic() - before < 10
    goes_on.set()
    (left,) = [thread for thread in threading.enumerate() if thread.name == "mover-pull"]
    left.join(10)
    assert not left.is_alive()


def test_closing_after_the_end_stops_nobody() -> None:
    stopped: list[int] = []
    stream = pulled(lambda sink: None, stop=lambda: stopped.append(1))
    assert stream.read() == b""
    stream.close()
    assert stopped == []


def test_a_reader_that_is_forgotten_leaves_nothing() -> None:
    stream = pulled(lambda sink: print(sink.write(b"x" * (8 << 20))))
    del stream
    gc.collect()


def test_the_descriptor_cannot_be_had_as_its_end_is_not_the_whole_story() -> None:
    with pulled(lambda sink: None) as stream, pytest.raises(OSError, match="pipe"):
        stream.fileno()
