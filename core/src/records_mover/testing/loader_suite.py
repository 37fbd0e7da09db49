"""What a loader must do: keep every value or refuse it, and leave the old rows where it fails."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from records_mover.errors import MoveCancelled, MoverError, RecordsException
from records_mover.meter import Cancellation
from records_mover.session import Session
from records_mover.testing import moving
from records_mover.testing.arrows import shape_batches
from records_mover.testing.child import Task, run_child
from records_mover.testing.files import TEXT, write_text
from records_mover.testing.only import OnlyPart
from records_mover.testing.spoken import spoken
from records_mover.testing.suite import Suite, behaviour, over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from records_mover.testing.bench import Bench
    from records_mover.testing.case import Door, Shape, ValueCase

__all__ = ["LoaderSuite"]

OLD = 3
MANY = 20_000


class LoaderSuite(Suite):
    """A loader, by its name as ``part``; a fixture ``bench`` is the database that it loads into.

    ``routes`` are the routes that moves must take of themselves, by what comes (``batches``,
    ``text``, ``parquet`` or ``table``): the names of their steps. ``memory`` is how many rows a
    large move has, and ``growth`` how many bytes more it may need than one of a tenth.
    """

    kind = "loader"
    known = frozenset({"rejects", "memory", "secrets", "scratch"})
    part: ClassVar[str] = ""
    routes: ClassVar[Mapping[str, Sequence[str]]] = {}
    memory: ClassVar[int] = 200_000
    growth: ClassVar[int] = 16 << 20

    @pytest.fixture
    def session(self, bench: Bench) -> Iterator[Session]:
        """Open a session in which this loader is the only one of its dialect."""
        with Session(plugins=OnlyPart("loader", self.part), **bench.options) as session:
            yield session

    @over("values")
    def test_values(
        self, session: Session, bench: Bench, tmp_path: Path, case: ValueCase, door: Door
    ) -> None:
        """Every value arrives as it is, or none does."""
        table = bench.new_table()

        def together(cases: Sequence[ValueCase]) -> dict[str, list[str | None]]:
            result = moving.give(session, table, cases, door, tmp_path)
            assert result.route[-1] == self.part
            return {case.name: moving.looked(bench, table, case) for case in cases}

        seen = self.seen_together(door, together).get(case.name)
        if seen != moving.wanted(case):
            self._one_value(session, bench, tmp_path, case, door)

    def _one_value(
        self, session: Session, bench: Bench, folder: Path, case: ValueCase, door: Door
    ) -> None:
        table = bench.new_table()
        with moving.judged(bench, table, made=door == "text"):
            result = moving.give(session, table, [case], door, folder)
        assert result.route[-1] == self.part
        assert result.rows == len(case.texts)
        assert moving.looked(bench, table, case) == moving.wanted(case), (
            f"values were changed, and the plan says {[each.verdict for each in result.columns]}"
        )

    @over("shapes")
    def test_shapes(self, session: Session, bench: Bench, shape: Shape) -> None:
        """Tables of all sizes arrive."""
        table = bench.new_table()
        with moving.judged(bench, table):
            result = session.move(shape_batches(shape), table.endpoint)
        assert result.rows == shape.rows
        assert bench.count(table) == shape.rows

    @behaviour()
    @pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace", "new"])
    def test_a_failed_load_leaves_the_old_rows(
        self, session: Session, bench: Bench, mode: str
    ) -> None:
        """Where the source breaks off, the old rows are there, and no new one."""
        table = bench.new_table()
        if mode != "new":
            session.move(moving.two_columns(1, OLD), table.endpoint)
        before = set(bench.tables())
        broken = RecordsException("the source broke off", "this is a test")
        rows = moving.cut_off(moving.two_columns(10, 2000, "new"), broken)
        with pytest.raises(MoverError):
            session.move(rows, table.endpoint, if_exists=None if mode == "new" else mode)
        assert set(bench.tables()) == before
        if mode != "new":
            assert bench.look(table, moving.TEXT_FIELD) == ["old"] * OLD

    @behaviour("rejects")
    def test_rows_that_do_not_fit_are_left_out_and_counted(
        self, session: Session, bench: Bench, tmp_path: Path
    ) -> None:
        """The others arrive, and a file tells of those that did not; over the limit none does."""
        table, rejects = bench.new_table(), tmp_path / "rejects.csv"
        session.move(moving.no_numbers(), table.endpoint)
        rows = [["1", "10"], ["2", "x"], ["3", "30"], ["4", "y"], ["5", "50"]]
        path = str(write_text(tmp_path / "in.csv", ["id", "v"], rows))
        with pytest.raises(MoverError):
            session.move(path, table.endpoint, max_failure_rows=1, **TEXT)
        assert bench.count(table) == 0
        options = {"max_failure_rows": 2, "rejects": rejects, **TEXT}
        result = session.move(path, table.endpoint, **options)
        assert (result.rows, result.rejected) == (3, 2)
        assert bench.count(table) == 3
        assert len(moving.leaving_out(rejects)) == 2

    @behaviour()
    def test_a_move_that_is_cancelled_leaves_the_old_rows(
        self, session: Session, bench: Bench
    ) -> None:
        """Who asks to stop while rows pass is heard."""
        table, cancellation = bench.new_table(), Cancellation()
        session.move(moving.two_columns(1, OLD), table.endpoint)
        rows = moving.endless(moving.two_columns(10, 1000, "new"), cancellation, 50)
        with pytest.raises(MoveCancelled):
            session.move(rows, table.endpoint, if_exists="truncate", cancellation=cancellation)
        assert bench.look(table, moving.TEXT_FIELD) == ["old"] * OLD

    @behaviour("memory")
    def test_memory_does_not_grow_with_the_rows(self, bench: Bench) -> None:
        """Ten times the rows need about the same memory."""
        peaks = []
        for rows in (self.memory // 10, self.memory):
            task = Task(
                target=bench.new_table().endpoint,
                rows=rows,
                part=("loader", self.part),
                session=bench.options,
            )
            code, told = run_child(task, bench.env)
            assert (code, told["rows"]) == (0, rows)
            peaks.append(told["peak"])
        assert peaks[1] - peaks[0] < self.growth

    @behaviour("secrets")
    def test_no_secret_in_any_record(
        self, session: Session, bench: Bench, caplog: pytest.LogCaptureFixture, tmp_path: Path
    ) -> None:
        """Neither logs nor plans, results and errors show the password."""
        table = bench.new_table()
        path = write_text(tmp_path / "in.csv", ["id", "v"], [["1", "x"]])
        with spoken(bench, caplog) as say:
            say(session.explain(str(path), table.endpoint))
            say(session.move(str(path), table.endpoint))
            for target in (f"{table.endpoint}.{table.name}.x.y.z", f"{bench.url}x::t"):
                with suppress(MoverError), say.errors():
                    session.move(str(path), target)

    @behaviour("scratch")
    def test_scratch_space_is_empty_afterwards(self, session: Session, bench: Bench) -> None:
        """What was staged is gone, where the move failed too."""
        table = bench.new_table()
        session.move(moving.two_columns(1, OLD), table.endpoint)
        assert list(bench.scratch_left()) == []
        broken = RecordsException("the source broke off", "this is a test")
        with pytest.raises(MoverError):
            session.move(moving.cut_off(moving.two_columns(1, 10), broken), table.endpoint)
        assert list(bench.scratch_left()) == []

    @behaviour()
    def test_the_route_taken_is_the_one_expected(self, bench: Bench, tmp_path: Path) -> None:
        """A fast path cannot vanish in silence."""
        assert self.routes, "say which routes are expected"
        table, other = bench.new_table(), bench.new_table()
        with Session(**bench.options) as session:
            rows = moving.two_columns(1, OLD)
            session.move(rows, table.endpoint)
            sources = _sources(tmp_path, session)
            taken = {}
            for name in self.routes:
                source = table.endpoint if name == "table" else sources[name]
                target = other if name == "table" else table
                taken[name] = session.explain(source, target.endpoint).route.names
        assert taken == {name: tuple(route) for name, route in self.routes.items()}


def _sources(folder: Path, session: Session) -> dict[str, Any]:
    rows = moving.two_columns(1, MANY)
    text, parquet = folder / "rows.csv", folder / "rows.parquet"
    session.move(rows, str(text))
    session.move(rows, str(parquet))
    return {"batches": rows, "text": str(text), "parquet": str(parquet)}
