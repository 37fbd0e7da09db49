"""What an unloader must do: give every value as it is, and nothing at all where it fails."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from records_mover.errors import MoveCancelled, MoverError
from records_mover.meter import Cancellation
from records_mover.records.frame import FrameTarget
from records_mover.session import Session
from records_mover.testing import moving
from records_mover.testing.arrows import shape_batches, texts_of
from records_mover.testing.child import Task, many_rows, run_child
from records_mover.testing.files import TEXT, read_text
from records_mover.testing.only import OnlyPart
from records_mover.testing.spoken import spoken
from records_mover.testing.suite import Suite, behaviour, over
from records_mover.testing.texts import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from records_mover import MoveResult
    from records_mover.testing.bench import Bench, Table
    from records_mover.testing.case import Door, Shape, ValueCase

__all__ = ["UnloaderSuite"]

ROWS = 50_000


class UnloaderSuite(Suite):
    """An unloader, by its name as ``part``; a fixture ``bench`` is the database that it reads.

    Tables are filled by whatever way there is, and looked at from outside before they are read.
    ``routes``, ``memory`` and ``growth`` are as those of a loader.
    """

    kind = "unloader"
    known = frozenset({"memory", "secrets", "scratch"})
    part: ClassVar[str] = ""
    routes: ClassVar[Mapping[str, Sequence[str]]] = {}
    memory: ClassVar[int] = 200_000
    growth: ClassVar[int] = 16 << 20

    @pytest.fixture
    def session(self, bench: Bench) -> Iterator[Session]:
        """Open a session in which this unloader is the only one of its dialect."""
        with Session(plugins=OnlyPart("unloader", self.part), **bench.options) as session:
            yield session

    @over("values")
    def test_values(
        self, session: Session, bench: Bench, tmp_path: Path, case: ValueCase, door: Door
    ) -> None:
        """Every value comes out as it is, or none does."""

        def together(cases: Sequence[ValueCase]) -> dict[str, list[str | None]]:
            table = bench.new_table()
            moving.fill(bench, table, cases, tmp_path)
            result, values = _taken(session, table, cases, door, tmp_path)
            assert result.route[0] == self.part
            return values

        seen = self.seen_together(door, together).get(case.name)
        if seen != moving.wanted(case):
            self._one_value(session, bench, tmp_path, case, door)

    def _one_value(
        self, session: Session, bench: Bench, folder: Path, case: ValueCase, door: Door
    ) -> None:
        table = bench.new_table()
        moving.fill(bench, table, [case], folder)
        with moving.left_alone(folder / "out.csv"):
            result, values = _taken(session, table, [case], door, folder)
        assert result.route[0] == self.part
        assert values[case.name] == moving.wanted(case), (
            f"values were changed, and the plan says {[each.verdict for each in result.columns]}"
        )

    @over("shapes")
    def test_shapes(self, session: Session, bench: Bench, shape: Shape) -> None:
        """Tables of all sizes come out."""
        table = bench.new_table()
        target: Any = FrameTarget(kind="arrow")
        with Session(**bench.options) as filling, moving.judged(bench, table):
            filling.move(shape_batches(shape), table.endpoint)
        result = session.move(table.endpoint, target)
        rows = target.frame
        assert (result.rows, rows.num_rows, rows.num_columns) == (
            shape.rows,
            shape.rows,
            shape.columns,
        )
        numbers = list(range(1, shape.rows + 1))
        assert sorted(map(int, rows.column(shape.columns - 1).to_pylist())) == numbers

    @behaviour()
    def test_a_move_that_is_cancelled_leaves_no_file(
        self, session: Session, bench: Bench, tmp_path: Path
    ) -> None:
        """Who asks to stop while rows pass is heard, and half a file never stands there."""
        table, folder = bench.new_table(), tmp_path / "out"
        folder.mkdir()
        with Session(**bench.options) as filling:
            filling.move(moving.two_columns(1, ROWS, "x" * 50), table.endpoint)
        for name in ("out.csv", "out.parquet"):
            cancellation = Cancellation()
            with pytest.raises(MoveCancelled):
                session.move(
                    table.endpoint,
                    str(folder / name),
                    meter=moving.CancellingMeter(cancellation),
                    cancellation=cancellation,
                )
        assert not list(folder.iterdir())

    @behaviour("memory")
    def test_memory_does_not_grow_with_the_rows(self, bench: Bench, tmp_path: Path) -> None:
        """Ten times the rows need about the same memory."""
        peaks = []
        for rows in (self.memory // 10, self.memory):
            table = bench.new_table()
            with Session(**bench.options) as filling:
                filling.move(many_rows(rows), table.endpoint)
            task = Task(
                source=table.endpoint,
                target=str(tmp_path / "out.csv"),
                part=("unloader", self.part),
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
        table, target = bench.new_table(), str(tmp_path / "out.csv")
        with spoken(bench, caplog) as say:
            session.move(moving.two_columns(1, 3), table.endpoint)
            say(session.explain(table.endpoint, target))
            say(session.move(table.endpoint, target))
            for source in (f"{table.endpoint}_x", f"{bench.url}x::t"):
                with suppress(MoverError), say.errors():
                    session.move(source, target)

    @behaviour("scratch")
    def test_scratch_space_is_empty_afterwards(
        self, session: Session, bench: Bench, tmp_path: Path
    ) -> None:
        """What was staged is gone."""
        table = bench.new_table()
        session.move(moving.two_columns(1, 3), table.endpoint)
        session.move(table.endpoint, str(tmp_path / "out.csv"))
        assert list(bench.scratch_left()) == []

    @behaviour()
    def test_the_route_taken_is_the_one_expected(self, bench: Bench, tmp_path: Path) -> None:
        """A fast path cannot vanish in silence."""
        assert self.routes, "say which routes are expected"
        table = bench.new_table()
        targets: dict[str, Any] = {
            "batches": FrameTarget(kind="arrow"),
            "text": str(tmp_path / "out.csv"),
            "parquet": str(tmp_path / "out.parquet"),
        }
        with Session(**bench.options) as session:
            session.move(moving.two_columns(1, 3), table.endpoint)
            taken = {
                name: session.explain(table.endpoint, targets[name]).route.names
                for name in self.routes
            }
        assert taken == {name: tuple(route) for name, route in self.routes.items()}


def _taken(
    session: Session, table: Table, cases: Sequence[ValueCase], door: Door, folder: Path
) -> tuple[MoveResult, dict[str, list[str | None]]]:
    """Return the values of each case by ``id``, as they came out."""
    result, columns = (_batches if door == "batches" else _text)(session, table, cases, folder)
    return result, {case.name: columns[case.field.name][: len(case.texts)] for case in cases}


def _batches(
    session: Session, table: Table, cases: Sequence[ValueCase], folder: Path
) -> tuple[MoveResult, dict[str, list[str | None]]]:
    del folder
    target: Any = FrameTarget(kind="arrow")
    result = session.move(table.endpoint, target)
    frame = target.frame.sort_by("id")
    fields = [case.field for case in cases]
    return result, {field.name: texts_of(field, frame.column(field.name)) for field in fields}


def _text(
    session: Session, table: Table, cases: Sequence[ValueCase], folder: Path
) -> tuple[MoveResult, dict[str, list[str | None]]]:
    path = folder / "out.csv"
    options = {f"target_{name}": value for name, value in TEXT.items()}
    result = session.move(table.endpoint, str(path), **options)
    header, *rows = read_text(path)
    assert header == ["id", *(case.field.name for case in cases)]
    rows.sort(key=lambda row: int(row[0] or 0))
    return result, {
        case.field.name: [canonical(case.field, row[at]) for row in rows]
        for at, case in enumerate(cases, start=1)
    }
