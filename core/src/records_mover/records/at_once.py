"""The same work on several things at the same time, all of it or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["at_once"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")

_AT_ONCE = 4
"""Each may hold some megabytes that are on their way."""


class _Stopped(Exception):
    """Ends work that is not wanted any more, as another one has failed."""


def at_once(
    items: Sequence[_In],
    work: Callable[[_In, Callable[[], None]], _Out],
    check: Callable[[], None] = lambda: None,
) -> list[_Out]:
    """Return the results in the order of the items, when the last one is there.

    ``work`` is given a function to call before each block, which raises when the move was
    cancelled, as ``check`` says, or another one has failed. The first failure is raised once all
    have ended.
    """
    failures: list[BaseException] = []

    def go_on() -> None:
        if failures:
            raise _Stopped
        check()

    def run(item: _In) -> _Out:
        try:
            go_on()
            return work(item, go_on)
        except _Stopped:
            raise
        except BaseException as error:
            failures.append(error)
            raise

    if len(items) == 1:
        return [run(items[0])]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mover-part") as pool:
        futures = [pool.submit(run, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException as error:  # noqa: BLE001 - the first one is raised below
            failures.append(error)
    raise failures[0]
