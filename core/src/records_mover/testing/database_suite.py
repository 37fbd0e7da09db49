"""What a database must do: name things, make columns as promised, and publish all or nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from records_mover.errors import MoverError
from records_mover.parts import Keeping, Selection, TableName
from records_mover.schema import RecordsSchema
from records_mover.session import Session
from records_mover.testing import moving
from records_mover.testing.arrows import empty_table, names_table
from records_mover.testing.child import BATCH, Task, run_child
from records_mover.testing.gap import ValueLossy
from records_mover.testing.spoken import spoken
from records_mover.testing.suite import Suite, behaviour, over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from records_mover.parts import Database
    from records_mover.schema import Field
    from records_mover.testing.bench import Bench, Table
    from records_mover.testing.case import Door, NameCase, ValueCase

__all__ = ["DatabaseSuite"]

ROWS = 500
TIMES = 5
FIELD = moving.TEXT_FIELD
AFTER: Mapping[str, list[str]] = {
    "append": ["old", "old", "new", "new"],
    "delete": ["new", "new"],
    "truncate": ["new", "new"],
    "drop": ["new", "new"],
    "replace": ["new", "new"],
}


class DatabaseSuite(Suite):
    """A database; a fixture ``bench`` is one to look at from outside. Any loader will do.

    ``hidden`` is a schema that is not there, for a database that has the capability ``schemas``.
    """

    kind = "database"
    known = frozenset({"grants", "kill", "readers", "schemas", "secrets", "upsert", "views"})
    hidden: ClassVar[str] = "no_such_schema"
    doors = ("batches",)

    @pytest.fixture
    def session(self, bench: Bench) -> Iterator[Session]:
        """Open a session with every plugin."""
        with Session(**bench.options) as session:
            yield session

    @over("values")
    def test_a_new_column_is_the_one_that_the_plan_promised(
        self, session: Session, bench: Bench, case: ValueCase, door: Door
    ) -> None:
        """What ``made_field`` says, and the plan's marks rest on, is what the table then has."""
        database = _database(session, bench)

        def broken(cases: Sequence[ValueCase]) -> dict[str, list[str | None]]:
            table, rows = bench.new_table(), empty_table(*(case.field for case in cases))
            session.move(rows, table.endpoint, allow_lossy="all")
            made, come = _fields(database, table), RecordsSchema.from_arrow(rows.schema)
            assert bench.count(table) == 0
            return {
                case.name: _differences(database, field, made[field.name])
                for case, field in zip(cases, come.fields[1:], strict=True)
            }

        if self.seen_together(door, broken).get(case.name) != []:
            assert broken([case])[case.name] == []

    @over("names")
    def test_names(self, session: Session, bench: Bench, case: NameCase) -> None:
        """Columns are called as ``column_name`` says, or the table is not made."""
        table, rows = bench.new_table(), names_table(case)
        database = _database(session, bench)
        with moving.judged(bench, table, case.name):
            session.move(rows, table.endpoint)
        assert list(_fields(database, table)) == [database.column_name(each) for each in case.names]
        session.move(rows, table.endpoint)
        assert bench.count(table) == 2
        if [database.column_name(each) for each in case.names] != list(case.names):
            raise ValueLossy(f"names are cut: gaps = {{{case.name!r}: lossy('why')}}")

    @behaviour()
    @pytest.mark.parametrize("mode", AFTER)
    def test_a_mode_does_what_it_says(self, session: Session, bench: Bench, mode: str) -> None:
        """Old rows stay with append alone, and nothing else is left."""
        table = bench.new_table()
        session.move(moving.two_columns(1, 2), table.endpoint)
        before = set(bench.tables())
        session.move(moving.two_columns(3, 2, "new"), table.endpoint, if_exists=mode)
        assert bench.look(table, FIELD) == AFTER[mode]
        assert set(bench.tables()) == before

    @behaviour("upsert")
    def test_an_upsert_merges_by_its_key(self, session: Session, bench: Bench) -> None:
        """Rows with a key that is there are updated, others come beside them."""
        table = bench.new_table()
        session.move(moving.two_columns(1, 3), table.endpoint)
        before = set(bench.tables())
        rows = moving.two_columns(3, 2, "new")
        session.move(rows, table.endpoint, if_exists="upsert", key=("id",))
        assert bench.look(table, FIELD) == ["old", "old", "new", "new"]
        assert set(bench.tables()) == before

    @behaviour()
    def test_a_table_is_described_or_absent(self, session: Session, bench: Bench) -> None:
        """``inspect`` answers None for no table, and the columns in order for one."""
        table, database = bench.new_table(), _database(session, bench)
        assert database.inspect(_named(table)) is None
        session.move(moving.two_columns(1, 1), table.endpoint)
        info = database.inspect(_named(table))
        assert info is not None
        assert [column.name for column in info.columns] == ["id", "v"]

    @behaviour()
    def test_one_database_has_one_identity(self, session: Session, bench: Bench) -> None:
        """Two engines of one URL see the same tables, and the planner knows by ``identity``."""
        with Session(**bench.options) as other:
            there = _database(other, bench).identity()
        assert _database(session, bench).identity() == there
        assert there

    @behaviour("schemas")
    def test_a_schema_that_is_not_there_is_named(self, session: Session, bench: Bench) -> None:
        """The error says which one was meant."""
        with pytest.raises(MoverError, match=self.hidden):
            session.move(moving.two_columns(1, 1), f"{bench.url}::{self.hidden}.t")

    @behaviour("readers")
    @pytest.mark.parametrize("mode", ["delete", "truncate", "replace"])
    def test_a_reader_never_sees_an_empty_table(
        self, session: Session, bench: Bench, mode: str
    ) -> None:
        """While rows are replaced, whoever reads sees the old ones or the new ones, whole."""
        table = bench.new_table()
        session.move(moving.two_columns(1, ROWS), table.endpoint)
        with _reading(bench, table) as seen:
            for at in range(TIMES):
                rows = moving.two_columns(1, ROWS, f"new {at}")
                session.move(rows, table.endpoint, if_exists=mode)
        assert set(seen) == {ROWS}, f"a reader saw {sorted(map(str, set(seen)))}"

    @behaviour("views")
    def test_views_survive_a_replace(self, session: Session, bench: Bench) -> None:
        """A view shows the new rows."""
        table, view = bench.new_table(), bench.new_table()
        session.move(moving.two_columns(1, 2), table.endpoint)
        bench.make_view(view, table)
        rows = moving.two_columns(1, 3, "new")
        session.move(rows, table.endpoint, if_exists="replace")
        assert bench.look(view, FIELD) == ["new"] * 3

    @behaviour("grants")
    def test_grants_survive_a_replace(self, session: Session, bench: Bench) -> None:
        """Who could read the table still can."""
        table = bench.new_table()
        session.move(moving.two_columns(1, 2), table.endpoint)
        without = bench.grants(table)
        bench.grant(table)
        before = bench.grants(table)
        assert before != without, "the grant does not show, so that nobody could miss it"
        session.move(moving.two_columns(1, 3), table.endpoint, if_exists="replace")
        assert bench.grants(table) == before

    @behaviour("kill")
    @pytest.mark.parametrize("mode", ["truncate", "drop", "new"])
    def test_kill_9_leaves_the_old_rows_and_the_next_move_arrives(
        self, bench: Bench, mode: str
    ) -> None:
        """A process that dies in the middle leaves what was there, and no lasting stray."""
        table = bench.new_table()
        if mode != "new":
            _move(bench, moving.two_columns(1, 2), table)
        before = set(bench.tables())
        options = {} if mode == "new" else {"if_exists": mode}
        task = Task(
            target=table.endpoint,
            rows=3 * BATCH,
            dies_at=BATCH,
            options=options,
            session=bench.options,
        )
        assert run_child(task, bench.env)[0] < 0
        if mode != "new":
            assert bench.look(table, FIELD) == ["old"] * 2
        _move(bench, moving.two_columns(1, 3, "new"), table, **options)
        assert bench.look(table, FIELD) == ["new"] * 3
        assert set(bench.tables()) == before | {table.name}

    @behaviour("secrets")
    def test_no_secret_in_any_record(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        """Neither the database's own words nor its errors show the password."""
        with spoken(bench, caplog) as say, Session(**bench.options) as session:
            database = _database(session, bench)
            say(database)
            say(database.identity())


def _move(bench: Bench, rows: pa.Table, table: Table, **options: Any) -> None:
    """Move in a session that is closed again: some databases let in one process alone."""
    with Session(**bench.options) as session:
        session.move(rows, table.endpoint, **options)


def _database(session: Session, bench: Bench) -> Database:
    return session.context.database(bench.url)


def _named(table: Table) -> TableName:
    schema, _, name = table.endpoint.rpartition("::")[2].rpartition(".")
    return TableName(name=name, schema=schema or None)


def _differences(database: Database, came: Field, made: Field) -> list[str | None]:
    """Say in what a column differs from the one that was promised."""
    if not isinstance(database, Keeping):
        return []
    promised = database.made_field(came)
    pairs = ((made.field_type, promised.field_type), (made.constraints, promised.constraints))
    return [f"{one} is made, and {other} was promised" for one, other in pairs if one != other]


def _fields(database: Database, table: Table) -> dict[str, Field]:
    found = database.schema_of(Selection(table=_named(table)))
    return {field.name: field for field in found.fields}


class _reading:  # noqa: N801 - it is used as a function
    """Count a table's rows again and again while the block runs."""

    def __init__(self, bench: Bench, table: Table) -> None:
        self._bench, self._table = bench, table
        self._done = threading.Event()
        self._seen: list[object] = []
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> list[object]:
        self._thread.start()
        return self._seen

    def __exit__(self, *_: Any) -> None:
        self._done.set()
        self._thread.join(30)

    def _read(self) -> None:
        while not self._done.wait(0.002):
            try:
                self._seen.append(self._bench.count(self._table))
            except Exception as error:  # noqa: BLE001 - a reader must see no error either
                self._seen.append(error)
