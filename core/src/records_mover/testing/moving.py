"""Moves as the suites make them, and what is demanded when one fails."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.errors import MoverError, NoRouteError
from records_mover.meter import Meter
from records_mover.schema import Field
from records_mover.session import Session
from records_mover.testing.arrows import empty_table, row_texts, value_table
from records_mover.testing.case import NameCase, cases_of
from records_mover.testing.files import TEXT, write_text
from records_mover.testing.gap import ValueChanged, judgement
from records_mover.testing.texts import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from records_mover import MoveResult
    from records_mover.meter import Cancellation
    from records_mover.parts import Database
    from records_mover.testing.bench import Bench, Table
    from records_mover.testing.case import Door, ValueCase

__all__ = [
    "TEXT_FIELD",
    "TOLD",
    "AlarmMeter",
    "Give",
    "breaking_off",
    "cut_off",
    "endless",
    "fill",
    "filled",
    "judged",
    "leaving_out",
    "left_alone",
    "looked",
    "named",
    "named_text",
    "no_numbers",
    "odd_names",
    "row_of",
    "two_columns",
    "unchanged",
    "wanted",
]


@contextmanager
def left_alone(path: Path, name: str) -> Iterator[None]:
    """Tell what was refused from what is lossy; either way, there is no file."""
    try:
        yield
    except NoRouteError:
        raise  # the part is not for such values at all
    except MoverError as error:
        assert not path.exists(), "the move failed, and a file is there"
        raise judgement(error, name) from error


TEXT_FIELD = Field("v", "string")
"""The column ``v`` of ``two_columns``."""


TOLD: Mapping[Door, Mapping[str, Any]] = {"batches": {}, "text": TEXT, "table": {}}
"""How a move is told what comes by a door."""


def no_numbers() -> pa.Table:
    """Return no rows of ``id`` and the number ``v``."""
    return empty_table(Field("v", "integer"))


def wanted(case: ValueCase) -> list[str | None]:
    """Return what must be in the column of a case, as ``look`` returns it."""
    return [canonical(case.field, text) for text in case.texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """Moves the values of cases into a table: into an empty one from text, else into a new one.

    Values that come from a table are put into one ``elsewhere`` before, by whatever way there is.
    """

    session: Session
    elsewhere: Bench
    folder: Path

    def __call__(self, table: Table, cases: Sequence[ValueCase], door: Door) -> MoveResult:
        """Move them by a door."""
        if door == "batches":
            return self.session.move(value_table(cases), table.endpoint)
        if door == "table":
            source = self.elsewhere.new_table()
            fill(self.elsewhere, source, cases, self.folder)
            return self.session.move(source.endpoint, table.endpoint)
        return self._text(table, cases)

    def _text(self, table: Table, cases: Sequence[ValueCase]) -> MoveResult:
        fields = [case.field for case in cases]
        self.session.move(empty_table(*fields), table.endpoint, allow_lossy="all")
        rows = [[str(at), *row] for at, row in enumerate(row_texts(cases), start=1)]
        columns = ["id", *(field.name for field in fields)]
        path = write_text(self.folder / f"{table.name}.csv", columns, rows)
        return self.session.move(str(path), table.endpoint, **TEXT)


def unchanged(case: ValueCase, seen: Sequence[str | None], result: MoveResult) -> None:
    """Raise where values are others than those of a case: no gap can be declared for that."""
    if seen != wanted(case):
        verdicts = [each.verdict for each in result.columns]
        what = f"{wanted(case)} became {seen}, and the plan says {verdicts}"
        raise ValueChanged(f"values were changed in silence: {what}")


def looked(bench: Bench, table: Table, case: ValueCase) -> list[str | None]:
    """Return the values in the column of a case, without the NULLs that longer ones bring it."""
    return bench.look(table, case.field)[: len(case.texts)]


def fill(bench: Bench, table: Table, cases: Sequence[ValueCase], folder: Path) -> None:
    """Put the values of cases into a table by whatever way there is, and see them there."""
    by_text = any("batches" not in case.doors for case in cases)
    with Session(**bench.options) as session, judged(bench, table, cases[0].name, made=by_text):
        give = Give(session=session, elsewhere=bench, folder=folder)
        give(table, cases, "text" if by_text else "batches")
    for case in cases:
        assert looked(bench, table, case) == wanted(case), (
            "the values are not in the table, so that they cannot come out"
        )


@contextmanager
def judged(bench: Bench, table: Table, name: str, *, made: bool = False) -> Iterator[None]:
    """Tell what was refused from what is lossy; either way, nothing may have been changed.

    ``name`` is by what a gap is declared. ``made`` says that the table may have been made before,
    without a row.
    """
    try:
        yield
    except NoRouteError:
        raise
    except MoverError as error:
        there = table.name in set(bench.tables())
        assert made or not there, "the move failed, and a table is there"
        assert not there or not bench.count(table), "the move failed, and rows are there"
        raise judgement(error, name) from error


def odd_names(database: Database, own: Path | None) -> list[str]:
    """Return the names of all cases that a database stores as they are."""
    cases = [case for case in cases_of("names", own) if isinstance(case, NameCase)]
    names = dict.fromkeys(name for case in cases for name in case.names)
    return [name for name in names if database.column_name(name) == name]


def row_of(names: Sequence[str]) -> list[int]:
    """Return a row of ``id`` and columns of these names, each with a value of its own."""
    return list(range(1, len(names) + 2))


def named(names: Sequence[str]) -> pa.Table:
    """Return that row with its names."""
    import pyarrow as pa

    columns = [pa.array([value], pa.int64()) for value in row_of(names)]
    return pa.table(columns, names=["id", *names])


def named_text(names: Sequence[str], path: Path) -> str:
    """Write that row into a file, and return its path."""
    row = list(map(str, row_of(names)))
    return str(write_text(path, ["id", *names], [row]))


def two_columns(start: int, rows: int, text: str = "old") -> pa.Table:
    """Return rows of ``id``, from ``start`` on, and the text ``v``."""
    import pyarrow as pa

    schema = pa.schema([("id", pa.int64()), ("v", pa.string())])
    numbers = pa.array(range(start, start + rows), pa.int64())
    return pa.table([numbers, pa.array([text] * rows, pa.string())], schema)


def filled(bench: Bench, rows: pa.Table | pa.RecordBatchReader) -> Table:
    """Return a new table with these rows, by whatever way there is."""
    table = bench.new_table()
    with Session(**bench.options) as filling:
        filling.move(rows, table.endpoint)
    return table


def breaking_off(error: BaseException) -> AlarmMeter:
    """Return a meter that breaks a move off with an error while its rows pass."""

    def ring() -> None:
        raise error

    return AlarmMeter(ring)


def cut_off(table: pa.Table, error: BaseException) -> pa.RecordBatchReader:
    """Return batches that break off with an error after a table's rows."""
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise error

    return pa.RecordBatchReader.from_batches(table.schema, batches())


def endless(table: pa.Table, cancellation: Cancellation, times: int) -> pa.RecordBatchReader:
    """Return a table's batches many times, and ask to stop after the first of them."""
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        for at in range(times):
            yield from table.to_batches()
            if at == 0:
                cancellation.cancel()

    return pa.RecordBatchReader.from_batches(table.schema, batches())


class AlarmMeter(Meter):
    """Rings as soon as a byte or a row has passed; what the ringing raises breaks the move off."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._rows = 0
        super().__init__()

    @property
    def rows(self) -> int:
        """The rows so far."""
        return self._rows

    @rows.setter
    def rows(self, count: int) -> None:
        self._rows = count
        if count:
            self._ring()

    def add_bytes(self, count: int) -> None:
        """Count bytes that passed."""
        super().add_bytes(count)
        if count:
            self._ring()


def leaving_out(path: Path) -> Sequence[str]:
    """Return the rows of a file of rejects, without its header."""
    return path.read_text("utf-8").splitlines()[1:]
