"""What an unloader must do: give every value as it is, and nothing at all where it fails."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from records_mover.errors import MoveCancelled, MoverError
from records_mover.meter import Cancellation
from records_mover.records.ends.frame import FrameTarget
from records_mover.schema import Field
from records_mover.session import Session
from records_mover.testing import moving
from records_mover.testing.arrows import shape_batches, texts_of
from records_mover.testing.case import ValueCase
from records_mover.testing.child import Task, many_rows
from records_mover.testing.files import TEXT, read_text
from records_mover.testing.part_suite import PartSuite
from records_mover.testing.spoken import spoken
from records_mover.testing.suite import behaviour, over
from records_mover.testing.texts import spelt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from records_mover import MoveResult
    from records_mover.testing.bench import Bench, Table
    from records_mover.testing.case import Door, Shape

__all__ = ["UnloaderSuite"]

ROWS = 50_000


class UnloaderSuite(PartSuite):
    """An unloader, by its name as ``part``; a fixture ``bench`` is the database that it reads.

    Tables are filled by whatever way there is, and looked at from outside before they are read.
    ``routes``, ``memory`` and ``growth`` are as those of a loader; a route may lead into a
    ``folder`` too, of Parquet unless ``folder_options`` say otherwise.

    An unloader that gives rows to tables alone says ``doors = ("table",)``: they go into the
    database of the fixture ``elsewhere``, and files where the fixture ``folder`` says.
    """

    kind = "unloader"
    known = frozenset({"memory", "secrets", "scratch"})
    folder_options: ClassVar[Mapping[str, Any]] = {"target_format": "parquet"}

    @pytest.fixture
    def take(self, session: Session, elsewhere: Bench, tmp_path: Path) -> Take:
        """Make what brings the values of cases out of a table by a door."""
        return Take(session=session, elsewhere=elsewhere, folder=tmp_path)

    @over("values")
    def test_values(
        self, take: Take, bench: Bench, tmp_path: Path, case: ValueCase, door: Door
    ) -> None:
        """Every value comes out as it is, or none does."""

        def together(cases: Sequence[ValueCase]) -> dict[str, list[str | None]]:
            table = bench.new_table()
            moving.fill(bench, table, cases, tmp_path)
            result, values = take(table, cases, door)
            assert result.route[0] == self.part
            return values

        seen = self.seen_together(door, together).get(case.name)
        if seen != moving.wanted(case):
            self._one_value(take, bench, case, door)

    def _one_value(self, take: Take, bench: Bench, case: ValueCase, door: Door) -> None:
        table = bench.new_table()
        moving.fill(bench, table, [case], take.folder)
        with moving.left_alone(take.folder / "out.csv", f"{case.name}[{door}]"):
            result, values = take(table, [case], door)
        assert result.route[0] == self.part
        moving.unchanged(case, values[case.name], result)

    @over("shapes")
    def test_shapes(
        self, session: Session, bench: Bench, elsewhere: Bench, shape: Shape, tmp_path: Path
    ) -> None:
        """Tables of all sizes come out."""
        table = bench.new_table()
        with Session(**bench.options) as filling, moving.judged(bench, table, shape.name):
            filling.move(shape_batches(shape), table.endpoint)
        if self._into_tables:
            target = elsewhere.new_table()
            result = session.move(table.endpoint, target.endpoint)
            assert (result.rows, elsewhere.count(target)) == (shape.rows, shape.rows)
        else:
            _into_frame(session, table, shape)
        if "text" in self.doors:
            _into_text(session, table, shape, tmp_path / "out.csv")

    @behaviour()
    def test_columns_of_any_name_are_read(self, take: Take, bench: Bench) -> None:
        """Quotes, capitals, blanks and letters of any script, each with its own value."""
        names = moving.odd_names(take.session.context.database(bench.url), self.cases)
        table = moving.filled(bench, moving.named(names))
        for door in self.doors:
            result, values = take.named(table, names, door)
            assert result.route[0] == self.part
            assert values == [str(value) for value in moving.row_of(names)], door

    @behaviour()
    def test_a_move_that_is_cancelled_leaves_no_file(
        self, session: Session, bench: Bench, elsewhere: Bench, tmp_path: Path
    ) -> None:
        """Who asks to stop while rows pass is heard, and half a file never stands there."""
        table, folder = (
            moving.filled(bench, moving.two_columns(1, ROWS, "x" * 50)),
            tmp_path / "out",
        )
        folder.mkdir()
        before = set(elsewhere.tables())
        for target in self._targets(elsewhere, folder):
            cancellation = Cancellation()
            with pytest.raises(MoveCancelled):
                session.move(
                    table.endpoint,
                    target,
                    meter=moving.AlarmMeter(cancellation.cancel),
                    cancellation=cancellation,
                )
        assert not list(folder.iterdir())
        assert set(elsewhere.tables()) == before

    @behaviour("memory")
    def test_memory_does_not_grow_with_the_rows(
        self, bench: Bench, elsewhere: Bench, tmp_path: Path
    ) -> None:
        """Ten times the rows need about the same memory."""

        def task(rows: int) -> Task:
            table = moving.filled(bench, many_rows(rows))
            target = str(tmp_path / "out.jsonl")  # Parquet is written by groups of many rows
            if set(self.doors) != {"batches"}:
                target = self._targets(elsewhere, tmp_path)[0]
            return Task(
                source=table.endpoint,
                target=target,
                part=("unloader", self.part),
                session=bench.options,
            )

        self._needs_the_same_memory(bench, task)

    @behaviour("secrets")
    def test_no_secret_in_any_record(
        self,
        session: Session,
        bench: Bench,
        elsewhere: Bench,
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
    ) -> None:
        """Neither logs nor plans, results and errors show the password."""
        target = self._targets(elsewhere, tmp_path)[0]
        with spoken(bench, caplog) as say:
            table = moving.filled(bench, moving.two_columns(1, 3))
            say(session.explain(table.endpoint, target))
            say(session.move(table.endpoint, target))
            for source in (f"{table.endpoint}_x", f"{bench.url}x::t"):
                with suppress(MoverError), say.errors():
                    session.move(source, target)

    @behaviour("scratch")
    def test_scratch_space_is_empty_afterwards(
        self, session: Session, bench: Bench, elsewhere: Bench, tmp_path: Path
    ) -> None:
        """What was staged is gone."""
        table = moving.filled(bench, moving.two_columns(1, 3))
        session.move(table.endpoint, self._targets(elsewhere, tmp_path)[0])
        assert list(bench.scratch_left()) == []

    @behaviour()
    def test_the_route_taken_is_the_one_expected(
        self, bench: Bench, elsewhere: Bench, folder: str
    ) -> None:
        """A fast path cannot vanish in silence."""
        table = moving.filled(bench, moving.two_columns(1, 3))
        targets: dict[str, Any] = {
            "batches": FrameTarget(kind="arrow"),
            "text": f"{folder}out.csv",
            "parquet": f"{folder}out.parquet",
            "folder": f"{folder}out/",
            "table": elsewhere.new_table().endpoint,
        }
        with Session(**bench.options) as session:
            self._take_their_routes(
                targets,
                lambda name: session.explain(
                    table.endpoint,
                    targets[name],
                    **(self.folder_options if name == "folder" else {}),
                ),
            )

    @property
    def _into_tables(self) -> bool:
        return set(self.doors) == {"table"}

    def _targets(self, elsewhere: Bench, folder: Path) -> list[str]:
        """Return a target for each of the doors."""
        targets = {
            "text": str(folder / "out.csv"),
            "batches": str(folder / "out.parquet"),
            "table": elsewhere.new_table().endpoint,
        }
        return [target for door, target in targets.items() if door in self.doors]


def _into_frame(session: Session, table: Table, shape: Shape) -> None:
    target: Any = FrameTarget(kind="arrow")
    result = session.move(table.endpoint, target)
    rows = target.frame
    assert (result.rows, rows.num_rows, rows.num_columns) == (
        shape.rows,
        shape.rows,
        shape.columns,
    )
    numbers = list(range(1, shape.rows + 1))
    assert sorted(map(int, rows.column(shape.columns - 1).to_pylist())) == numbers


def _into_text(session: Session, table: Table, shape: Shape, path: Path) -> None:
    options = {f"target_{name}": value for name, value in TEXT.items()}
    result = session.move(table.endpoint, str(path), **options)
    header, *rows = read_text(path)
    assert (result.rows, len(rows), len(header)) == (shape.rows, shape.rows, shape.columns)
    assert {len(row) for row in rows} <= {shape.columns}


Values = dict[str, list[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Brings the values of cases out of a table, by ``id``, as ``canonical`` spells them."""

    session: Session
    elsewhere: Bench
    folder: Path

    def __call__(
        self, table: Table, cases: Sequence[ValueCase], door: Door
    ) -> tuple[MoveResult, Values]:
        """Return those of each case by its name."""
        by_door = {"batches": self._batches, "text": self._text, "table": self._table}
        result, columns = by_door[door](table, cases)
        return result, {case.name: columns[case.field.name][: len(case.texts)] for case in cases}

    def named(
        self, table: Table, names: Sequence[str], door: Door
    ) -> tuple[MoveResult, list[str | None]]:
        """Return the only row of ``id`` and columns of integers that have these names."""
        fields = [Field(name, "integer") for name in names]
        cases = [ValueCase(name=each.name, about="", field=each, values=()) for each in fields]
        result, values = self(table, cases, door)
        return result, ["1", *(values[name][0] for name in names)]

    def _batches(self, table: Table, cases: Sequence[ValueCase]) -> tuple[MoveResult, Values]:
        target: Any = FrameTarget(kind="arrow")
        result = self.session.move(table.endpoint, target)
        frame = target.frame.sort_by("id")
        fields = [case.field for case in cases]
        return result, {field.name: texts_of(field, frame.column(field.name)) for field in fields}

    def _text(self, table: Table, cases: Sequence[ValueCase]) -> tuple[MoveResult, Values]:
        path = self.folder / "out.csv"
        options = {f"target_{name}": value for name, value in TEXT.items()}
        result = self.session.move(table.endpoint, str(path), **options)
        header, *rows = read_text(path)
        assert header == ["id", *(case.field.name for case in cases)]
        rows.sort(key=lambda row: int(row[0] or 0))
        return result, {
            case.field.name: [spelt(case.field, row[at]) for row in rows]
            for at, case in enumerate(cases, start=1)
        }

    def _table(self, table: Table, cases: Sequence[ValueCase]) -> tuple[MoveResult, Values]:
        target = self.elsewhere.new_table()
        with moving.judged(self.elsewhere, target, f"{cases[0].name}[table]"):
            result = self.session.move(table.endpoint, target.endpoint)
        fields = [case.field for case in cases]
        return result, {field.name: self.elsewhere.look(target, field) for field in fields}
