"""What a loader must do: keep every value or refuse it, and leave the old rows where it fails."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from records_mover.errors import MoveCancelled, MoverError, RecordsException
from records_mover.meter import Cancellation
from records_mover.schema import Field
from records_mover.session import Session
from records_mover.testing import moving
from records_mover.testing.arrows import shape_batches
from records_mover.testing.child import Task, many_rows
from records_mover.testing.files import TEXT, shape_text, write_text
from records_mover.testing.part_suite import PartSuite
from records_mover.testing.spoken import spoken
from records_mover.testing.suite import behaviour, over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from records_mover.testing.bench import Bench
    from records_mover.testing.case import Door, Shape, ValueCase

__all__ = ["LoaderSuite"]

OLD = 3
MANY = 20_000
FILES = {"text": "rows.csv", "parquet": "rows.parquet"}


class LoaderSuite(PartSuite):
    """A loader, by its name as ``part``; a fixture ``bench`` is the database that it loads into.

    ``routes`` are the routes that moves must take of themselves, by what comes (``batches``,
    ``text``, ``parquet`` or ``table``): the names of their steps. ``memory`` is how many rows a
    large move has, and ``growth`` how many bytes more it may need than one of a tenth.

    A loader that takes rows of tables alone says ``doors = ("table",)``. They come from the
    database of the fixture ``elsewhere``, and files from where the fixture ``folder`` says.
    """

    kind = "loader"
    known = frozenset({"rejects", "memory", "secrets", "scratch"})

    @pytest.fixture
    def give(self, session: Session, elsewhere: Bench, tmp_path: Path) -> moving.Give:
        """Make what moves the values of cases into a table by a door."""
        return moving.Give(session=session, elsewhere=elsewhere, folder=tmp_path)

    @over("values")
    def test_values(self, give: moving.Give, bench: Bench, case: ValueCase, door: Door) -> None:
        """Every value arrives as it is, or none does."""
        table = bench.new_table()

        def together(cases: Sequence[ValueCase]) -> dict[str, list[str | None]]:
            result = give(table, cases, door)
            assert result.route[-1] == self.part
            return {case.name: moving.looked(bench, table, case) for case in cases}

        seen = self.seen_together(door, together).get(case.name)
        if seen != moving.wanted(case):
            self._one_value(give, bench, case, door)

    def _one_value(self, give: moving.Give, bench: Bench, case: ValueCase, door: Door) -> None:
        table = bench.new_table()
        with moving.judged(bench, table, f"{case.name}[{door}]", made=door == "text"):
            result = give(table, [case], door)
        assert result.route[-1] == self.part
        assert result.rows == len(case.texts)
        moving.unchanged(case, moving.looked(bench, table, case), result)

    @over("shapes")
    def test_shapes(
        self, session: Session, bench: Bench, elsewhere: Bench, shape: Shape, tmp_path: Path
    ) -> None:
        """Tables of all sizes arrive."""
        table, rows = bench.new_table(), self._coming(elsewhere, shape_batches(shape))
        with moving.judged(bench, table, shape.name):
            result = session.move(rows, table.endpoint)
        assert result.rows == shape.rows
        assert bench.count(table) == shape.rows
        if "text" in self.doors:
            path = shape_text(shape, tmp_path / "in.csv")
            with moving.judged(bench, table, shape.name, made=True):
                result = session.move(path, table.endpoint, if_exists="delete", **TEXT)
            assert (result.rows, bench.count(table)) == (shape.rows, shape.rows), "of text"

    @behaviour()
    def test_columns_of_any_name_are_filled(
        self, session: Session, bench: Bench, elsewhere: Bench, tmp_path: Path
    ) -> None:
        """Quotes, capitals, blanks and letters of any script, each with its own value."""
        names = moving.odd_names(session.context.database(bench.url), self.cases)
        sources: dict[Door, Callable[[], Any]] = {
            "batches": lambda: moving.named(names),
            "text": lambda: moving.named_text(names, tmp_path / "in.csv"),
            "table": lambda: moving.filled(elsewhere, moving.named(names)).endpoint,
        }
        for door in self.doors:
            table = moving.filled(bench, moving.named(names).slice(0, 0))
            result = session.move(sources[door](), table.endpoint, **moving.TOLD[door])
            assert result.route[-1] == self.part
            values = [bench.look(table, Field(name, "integer")) for name in ("id", *names)]
            assert values == [[str(value)] for value in moving.row_of(names)], door

    @behaviour()
    @pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace", "new"])
    def test_a_failed_load_leaves_the_old_rows(
        self, session: Session, bench: Bench, elsewhere: Bench, mode: str
    ) -> None:
        """Where the source breaks off, the old rows are there, and no new one."""
        table = bench.new_table()
        if mode != "new":
            session.move(self._coming(elsewhere, moving.two_columns(1, OLD)), table.endpoint)
        broken = self._breaking(elsewhere, moving.two_columns(10, 2000, "new"))
        before = set(bench.tables())
        with pytest.raises(MoverError):
            broken(session, table, if_exists=None if mode == "new" else mode)
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
        self, session: Session, bench: Bench, elsewhere: Bench
    ) -> None:
        """Who asks to stop while rows pass is heard."""
        table, cancellation = bench.new_table(), Cancellation()
        session.move(self._coming(elsewhere, moving.two_columns(1, OLD)), table.endpoint)
        rows: Any = moving.endless(moving.two_columns(10, 1000, "new"), cancellation, 50)
        options: dict[str, Any] = {"if_exists": "truncate", "cancellation": cancellation}
        if self._from_tables:
            rows = self._coming(elsewhere, moving.two_columns(10, MANY, "new"))
            options["meter"] = moving.AlarmMeter(cancellation.cancel)
        with pytest.raises(MoveCancelled):
            session.move(rows, table.endpoint, **options)
        assert bench.look(table, moving.TEXT_FIELD) == ["old"] * OLD

    @behaviour("memory")
    def test_memory_does_not_grow_with_the_rows(self, bench: Bench, elsewhere: Bench) -> None:
        """Ten times the rows need about the same memory."""

        def task(rows: int) -> Task:
            made = moving.filled(elsewhere, many_rows(rows)) if self._from_tables else None
            return Task(
                target=bench.new_table().endpoint,
                source=made.endpoint if made else "",
                rows=rows,
                part=("loader", self.part),
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
        table = bench.new_table()
        source = str(write_text(tmp_path / "in.csv", ["id", "v"], [["1", "x"]]))
        if self._from_tables:
            source = self._coming(elsewhere, moving.two_columns(1, OLD))
        with spoken(bench, caplog) as say:
            say(session.explain(source, table.endpoint))
            say(session.move(source, table.endpoint))
            for target in (f"{table.endpoint}.{table.name}.x.y.z", f"{bench.url}x::t"):
                with suppress(MoverError), say.errors():
                    session.move(source, target)

    @behaviour("scratch")
    def test_scratch_space_is_empty_afterwards(
        self, session: Session, bench: Bench, elsewhere: Bench
    ) -> None:
        """What was staged is gone, where the move failed too."""
        table, rows = bench.new_table(), moving.two_columns(1, OLD)
        session.move(self._coming(elsewhere, rows), table.endpoint)
        assert list(bench.scratch_left()) == []
        with pytest.raises(MoverError):
            self._breaking(elsewhere, moving.two_columns(1, 10))(session, table)
        assert list(bench.scratch_left()) == []

    @behaviour()
    def test_the_route_taken_is_the_one_expected(
        self, bench: Bench, elsewhere: Bench, folder: str
    ) -> None:
        """A fast path cannot vanish in silence."""
        rows, other = moving.two_columns(1, MANY), bench.new_table()
        table = moving.filled(bench, moving.two_columns(1, OLD))
        sources: dict[str, Any] = {"batches": rows}
        with Session(**bench.options) as session:
            for name, file in FILES.items():
                sources[name] = folder + file
                session.move(rows, sources[name])
            if "table" in self.routes:
                sources["table"] = moving.filled(elsewhere, rows).endpoint
            self._take_their_routes(
                {*sources, "table"},
                lambda name: session.explain(
                    sources[name], (other if name == "table" else table).endpoint
                ),
            )

    @property
    def _from_tables(self) -> bool:
        return "batches" not in self.doors

    def _coming(self, elsewhere: Bench, rows: pa.Table | pa.RecordBatchReader) -> Any:
        """Return rows as this loader takes them: as they are, or in a table of their own."""
        return moving.filled(elsewhere, rows).endpoint if self._from_tables else rows

    def _breaking(self, elsewhere: Bench, rows: pa.Table) -> Callable[..., object]:
        """Return a move of rows into a table, which breaks off in their middle."""
        error = RecordsException("the source broke off", "this is a test")
        if self._from_tables:
            source = moving.filled(elsewhere, rows).endpoint
            alarm = moving.breaking_off(error)
            return lambda session, table, **options: session.move(
                source, table.endpoint, meter=alarm, **options
            )
        cut = moving.cut_off(rows, error)
        return lambda session, table, **options: session.move(cut, table.endpoint, **options)
