"""Work on several things at the same time: all of it or none, and no more than a few at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import MoveCancelled
from records_mover.meter import Cancellation
from records_mover.records.at_once import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

SOON = 20


def test_several_are_worked_on_at_the_same_time_and_results_keep_their_order() -> None:
    together = threading.Barrier(3, timeout=SOON)

    def work(item: int, go_on: Callable[[], None]) -> int:
        go_on()
        together.wait()
        return item * 10

    assert at_once([1, 2, 3], work) == [10, 20, 30]


def test_there_are_never_more_than_a_few_at_once() -> None:
    lock, running, most = threading.Lock(), 0, 0
    pause = threading.Event()

    def work(item: int, go_on: Callable[[], None]) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.01)
        with lock:
            running -= 1
        return item

    assert at_once(range(40), work) == list(range(40))
    assert 1 < most <= 4


def test_a_failure_stops_the_others_and_is_the_one_that_is_raised() -> None:
    begun = threading.Barrier(2, timeout=SOON)
    seen: list[str] = []

    def work(item: str, go_on: Callable[[], None]) -> None:
        seen.append(item)
        begun.wait()
        if item == "bad":
            raise ValueError("no more")
        for _ in range(SOON * 100):
            go_on()
            threading.Event().wait(0.01)
        raise AssertionError("nobody stopped this one")

    with pytest.raises(ValueError, match="no more"):
        at_once(["slow", "bad"], work)
    assert sorted(seen) == ["bad", "slow"]


def test_what_has_not_begun_when_one_fails_never_begins() -> None:
    seen: list[int] = []

    def work(item: int, go_on: Callable[[], None]) -> None:
        seen.append(item)
        raise ValueError(str(item))

    with pytest.raises(ValueError, match=r"\d"):
        at_once(range(1000), work)
    assert len(seen) <= 4


def test_a_cancelled_move_stops_all() -> None:
    cancellation = Cancellation()

    def work(item: int, go_on: Callable[[], None]) -> None:
        if item == 1:
            cancellation.cancel()
        while True:
            go_on()
            threading.Event().wait(0.01)

    with pytest.raises(MoveCancelled):
        at_once([1, 2, 3], work, cancellation.check)
