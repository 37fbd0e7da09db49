"""Later streams are read while the first is written, and their errors are not lost."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from records_mover.parts import Part
from records_mover.records.steps.ahead import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable


def live(name: str, opening: Callable[[], BinaryIO]) -> Part:
    return Part(name=name, open=opening, rereadable=False)


def test_a_later_stream_is_read_before_it_is_opened() -> None:
    opened = threading.Event()

    def second() -> BinaryIO:
        opened.set()
        return io.BytesIO(b"two")

    with read_ahead([live("a", lambda: io.BytesIO(b"one")), live("b", second)]) as (first, later):
        assert opened.wait(10)
        assert [first.open().read(), later.open().read()] == [b"one", b"two"]


def test_what_fails_ahead_fails_whoever_opens_it() -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object, /) -> int:
            raise OSError("gone")

    broken = cast(BinaryIO, io.BufferedReader(Broken()))
    with (
        read_ahead([live("a", io.BytesIO), live("b", lambda: broken)]) as (_, later),
        pytest.raises(OSError, match="gone"),
    ):
        later.open()


def test_what_can_be_read_again_is_left_alone() -> None:
    parts = [Part(name=name, open=io.BytesIO) for name in "ab"]
    with read_ahead(parts) as same:
        assert list(same) == parts


def test_nothing_is_left_running_when_the_block_ends_early() -> None:
    gate = threading.Event()

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray, /) -> int:  # type: ignore[override]
            gate.wait(0.01)
            buffer[:1] = b"x"
            return 1

    endless = cast(BinaryIO, Endless())
    with read_ahead([live("a", io.BytesIO), live("b", lambda: endless)]):
        assert any(thread.name == "mover-ahead" for thread in threading.enumerate())
    assert all(thread.name != "mover-ahead" for thread in threading.enumerate())
