"""What the suites of a loader and of an unloader have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import pytest

from records_mover.session import Session
from records_mover.testing.child import run_child
from records_mover.testing.declared import check_names
from records_mover.testing.only import OnlyPart
from records_mover.testing.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from records_mover.testing.bench import Bench
    from records_mover.testing.child import Task

__all__ = ["PartSuite"]


class PartSuite(Suite):
    """A part of a database, by its name as ``part``; the fixture ``bench`` is that database.

    ``routes`` are the routes that moves must take of themselves: the names of their steps.
    ``memory`` is how many rows a large move has, and ``growth`` how many bytes more it may need
    than one of a tenth.
    """

    part: ClassVar[str] = ""
    routes: ClassVar[Mapping[str, Sequence[str]]] = {}
    memory: ClassVar[int] = 200_000
    growth: ClassVar[int] = 16 << 20

    @pytest.fixture
    def session(self, bench: Bench) -> Iterator[Session]:
        """Open a session in which this part is the only one of its kind and dialect."""
        plugins = OnlyPart(cast(Literal["loader", "unloader"], self.kind), self.part)
        check_names(type(self).__name__, self.kind, (self.part,), plugins.names())
        with Session(plugins=plugins, **bench.options) as session:
            yield session

    @pytest.fixture
    def elsewhere(self, bench: Bench) -> Bench:
        """Name the database at the other end; the same one, unless another is said."""
        return bench

    @pytest.fixture
    def folder(self, tmp_path: Path) -> str:
        """Name the folder of files at the other end, as an endpoint that ends in ``/``."""
        return f"{tmp_path}/"

    def _needs_the_same_memory(self, bench: Bench, task: Callable[[int], Task]) -> None:
        """Run two tasks of so many rows, one of them ten times as large."""
        peaks = []
        for rows in (self.memory // 10, self.memory):
            code, told = run_child(task(rows), bench.env)
            assert (code, told["rows"]) == (0, rows)
            peaks.append(told["peak"])
        more = peaks[1] - peaks[0]
        assert more < self.growth, f"ten times the rows needed {more >> 20} MB more"

    def _take_their_routes(self, ends: Iterable[str], taken: Callable[[str], Any]) -> None:
        """Compare the routes that are taken, by name, with those that are expected."""
        assert self.routes, "say which routes are expected"
        check_names(type(self).__name__, "route", self.routes, ends)
        found = {name: taken(name).route.names for name in self.routes}
        assert found == {name: tuple(route) for name, route in self.routes.items()}
