"""The reference backend with a fault that its URL names: each suite must find it."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from records_mover import hookimpl
from records_mover.errors import MoverError
from records_mover.meter import Cancellation, Meter
from records_mover.parts import (
    Ask,
    DatabaseKind,
    Landing,
    LoadJob,
    PublishRequest,
    Selection,
    TableName,
)
from records_mover.schema import Field, RecordsSchema
from support.fakeplugins import FakePlugin
from support.reference import parts
from support.reference.database import ReferenceDatabase
from support.reference.dialect import ReferenceDialect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Engine

    from records_mover.parts import Database, Loader, Payload, Unloader, UnloadJob
    from records_mover.parts.jobs import Loaded

__all__ = ["MOVER_API", "PLUGIN", "mover_databases", "mover_loaders", "mover_unloaders"]

MOVER_API = 1
DIALECTS = frozenset({"hostile"})
PLUGIN = FakePlugin(
    name="mover-hostile",
    source="from support.reference.hostile import *\n",
    requires=("records-mover>=2.0.0.dev0,<3",),
    points="\n[sqlalchemy.dialects]\nhostile = support.reference.hostile:HostileDialect\n",
)


def fault_of(database: Any) -> str:
    """Return the fault that a database's URL names."""
    return str(make_url(database.engine.url).query.get("fault", ""))


class HostileDialect(ReferenceDialect):
    """The reference's, under another name."""

    name = "hostile"
    supports_statement_cache = True


class HostileDatabase(ReferenceDatabase):
    """Does one thing wrong."""

    @property
    def fault(self) -> str:
        return fault_of(self)

    def identity(self) -> str:
        if self.fault == "nameless":
            return ""
        changing = f" {id(self)}" if self.fault == "identity" else ""
        return super().identity() + changing

    def schema_of(self, selection: Selection) -> RecordsSchema:
        found = super().schema_of(selection)
        if self.fault == "misnames":
            return RecordsSchema([field.rename(field.name.upper()) for field in found.fields])
        return found

    def inspect(self, name: TableName) -> Any:
        found = super().inspect(name)
        if self.fault == "inspect" and found is None:
            raise MoverError(f"no table '{name}'", "make it")
        if self.fault == "blind":
            return None
        if self.fault == "reversed" and found is not None:
            return replace(found, columns=found.columns[::-1])
        return found

    def column_name(self, name: str) -> str:
        return name[:5] if self.fault == "names" else super().column_name(name)

    def made_field(self, field: Field) -> Field:
        made = super().made_field(field)
        return made.cast("json") if self.fault == "made_field" else made

    def __repr__(self) -> str:
        return str(self.engine.url) if self.fault == "secrets" else object.__repr__(self)

    def _check_schema(self, inspector: Any, name: TableName) -> None:
        if self.fault == "schemas" and name.schema:
            raise MoverError("something is missing", "guess what")
        super()._check_schema(inspector, name)

    @contextmanager
    def publish(self, request: PublishRequest) -> Iterator[Landing]:
        fault, name = self.fault, request.table.name
        if fault == "commits_early":
            self._now(f'DELETE FROM "{name}"', request)
        with self._beside(), super().publish(request) as landing:
            if fault == "keeps_old" and request.mode != "append":
                self._again(landing, request)
            yield landing
        if fault == "drops_grants" and request.mode == "replace":
            self._now(f"DELETE FROM privileges WHERE name = '{name}'", request)
        if fault == "drops_views" and request.mode == "replace":
            for (view,) in self._ask("SELECT name FROM sqlite_schema WHERE type = 'view'"):
                self._ask(f'DROP VIEW "{view}"')
        if fault == "strays":
            self._ask(f'CREATE TABLE "stray_{os.urandom(4).hex()}" (a)')

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Make a table that goes when the move ends well: a stray one, or one that locks."""
        if self.fault not in ("litters", "locks"):
            yield
            return
        name = "in_use" if self.fault == "locks" else f"litter_{os.urandom(4).hex()}"
        with self.doing("cannot lock"):
            self._ask(f'CREATE TABLE "{name}" (a)')
        yield
        self._ask(f'DROP TABLE "{name}"')

    def _again(self, landing: Landing, request: PublishRequest) -> None:
        quoted = self.table_sql(landing.table)
        count = len(request.columns or (1, 1))
        blanks = ", ".join(["'1'"] * count)
        self.run(landing.connection, f"INSERT INTO {quoted} VALUES ({blanks})")

    def _now(self, sql: str, request: PublishRequest) -> None:
        if request.info is not None:
            self._ask(sql)

    def _ask(self, sql: str) -> list[Any]:
        path = self.engine.url.database or ""
        with sqlite3.connect(path, timeout=30) as connection:
            found = connection.execute(sql).fetchall()
        connection.close()
        return found


def _offers(ask: Ask) -> Any:
    said = parts.answers(ask)
    return said[:1] if fault_of(ask.database) == "slow" else said


class HostilePut(parts.Put):
    """Loads, and does one thing wrong."""

    name = "hostile-put"
    dialects = DIALECTS
    given = 0

    def offers(self, ask: Ask) -> Any:
        return _offers(ask)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        fault = fault_of(job.database)
        if fault == "shows_secret":
            logging.getLogger("hostile").warning("at %s", job.database.engine.url)
        if fault == "leaves_scratch":
            _leave_scratch(job.database)
        try:
            loaded = super().load(job, payload)
        except MoverError:
            if fault == "keeps_some":
                _commit(job)
            if fault == "leaves_scratch_behind":
                _leave_scratch(job.database)
            raise
        late = fault == "fails_late" and loaded.rows
        if fault == "deaf" or late:
            _commit(job)
        if late:
            raise MoverError("this does not fit", "guess what")
        claimed = {"overstates": loaded.rows + 1, "lies": self.given}
        return replace(loaded, rows=claimed.get(fault, loaded.rows))

    def texts(self, job: LoadJob, fields: Sequence[Field], payload: Payload) -> Iterator[Any]:
        fault, rows = fault_of(job.database), super().texts(job, fields, payload)
        if fault == "deaf":
            object.__setattr__(job, "cancellation", Cancellation())
            rows = super().texts(job, fields, payload)
        if fault == "hoards":
            rows = iter(list(rows))
        if fault in ("short", "lies"):
            some = list(rows)
            self.given, rows = len(some), islice(some, 10)
        if fault == "repeats":
            rows = _repeating(rows)
        if fault == "rotates":
            rows = ((row[0], *row[2:], row[1]) for row in rows)
        if fault in ("swallows", "deaf"):
            rows = _swallowing(rows)
        for row in rows:
            yield tuple("" if cell is None else cell for cell in row) if fault == "nulls" else row

    def checked(self, job: LoadJob, fields: Sequence[Field], rows: Any) -> Iterator[Any]:
        if fault_of(job.database) != "puts_rejects":
            yield from super().checked(job, fields, rows)
            return
        for number, row in enumerate(rows, start=1):
            if "x" in row or "y" in row:
                self.misfit(job, number, row, "it does not fit")
            yield row

    def misfit(self, job: LoadJob, number: int, row: Any, why: str) -> None:
        if fault_of(job.database) != "drops_rejects":
            super().misfit(job, number, row, why)


def _swallowing(rows: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from rows
    except MoverError:
        return  # an early end, which looks like a short table


def _repeating(rows: Iterator[Any]) -> Iterator[Any]:
    """Yield rows with their own ``id`` and what the first of them has beside it."""
    first: Any = None
    for row in rows:
        first = first or row
        yield (row[0], *first[1:])


def _commit(job: LoadJob) -> None:
    job.landing.connection.connection.driver_connection.commit()  # type: ignore[union-attr]


def _leave_scratch(database: Any) -> None:
    folder = Path(database.engine.url.database or "").parent / "scratch"
    (folder / "left").write_text("x")


class HostileTake(parts.Take):
    """Unloads, and does one thing wrong."""

    name = "hostile-take"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Any:
        return _offers(ask)

    def batches(self, job: UnloadJob, fields: Any, arrow: Any) -> Iterator[Any]:
        fault = fault_of(job.database)
        if fault == "shows_secret":
            logging.getLogger("hostile").warning("at %s", job.database.engine.url)
        if fault == "leaves_scratch":
            _leave_scratch(job.database)
        found = super().batches(job, fields, arrow)
        if fault == "hoards":
            found = iter(list(found))
        if fault == "gives_repeats":
            found = (_with_repeats(batch) for batch in found)
        if fault == "gives_rotated":
            found = (_rotated(batch) for batch in found)
        if fault == "deaf":
            object.__setattr__(job, "cancellation", Cancellation())
            object.__setattr__(job, "meter", Meter())
        for number, batch in enumerate(found):
            if fault == "nulls" and batch.num_rows:
                yield batch.slice(0, batch.num_rows - 1)
            elif fault != "short" or number == 0:
                yield batch


def _with_repeats(batch: Any) -> Any:
    import pyarrow as pa

    places = pa.array([0] * batch.num_rows, pa.int64())
    columns = [column.take(places) for column in batch.columns[1:]]
    return pa.RecordBatch.from_arrays([batch.column(0), *columns], schema=batch.schema)


def _rotated(batch: Any) -> Any:
    import pyarrow as pa

    first, second, *others = batch.columns
    return pa.RecordBatch.from_arrays([first, *others, second], schema=batch.schema)


def _open(engine: Engine) -> Database:
    return HostileDatabase(engine)


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Own the dialect."""
    return [DatabaseKind(name="hostile", dialects=DIALECTS, open=_open)]


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Register the one way in."""
    return [HostilePut()]


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Register the one way out."""
    return [HostileTake()]
