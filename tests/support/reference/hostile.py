"""The reference backend with a fault that its URL names: each suite must find it."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from records_mover import hookimpl
from records_mover.errors import MoverError
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Ask, DatabaseKind, Landing, LoadJob, PublishRequest, TableName
from records_mover.schema import Field
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
        changing = f" {id(self)}" if self.fault == "identity" else ""
        return super().identity() + changing

    def inspect(self, name: TableName) -> Any:
        found = super().inspect(name)
        if self.fault == "inspect" and found is None:
            raise MoverError(f"no table '{name}'", "make it")
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
        with super().publish(request) as landing:
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

    def offers(self, ask: Ask) -> Any:
        return _offers(ask)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        fault = fault_of(job.database)
        if fault == "shows_secret":
            logging.getLogger("hostile").warning("at %s", job.database.engine.url)
        if fault == "leaves_scratch":
            folder = Path(job.database.engine.url.database or "").parent / "scratch"
            (folder / "left").write_text("x")
        loaded = super().load(job, payload)
        if fault == "deaf":
            job.landing.connection.connection.driver_connection.commit()  # type: ignore[union-attr]
        return loaded

    def texts(self, job: LoadJob, fields: Sequence[Field], payload: Payload) -> Iterator[Any]:
        fault, rows = fault_of(job.database), super().texts(job, fields, payload)
        if fault == "deaf":
            object.__setattr__(job, "cancellation", Cancellation())
            rows = super().texts(job, fields, payload)
        if fault == "hoards":
            rows = iter(list(rows))
        if fault == "short":
            rows = islice(rows, 10)
        if fault in ("swallows", "deaf"):
            rows = _swallowing(rows)
        for row in rows:
            yield tuple("" if cell is None else cell for cell in row) if fault == "nulls" else row

    def misfit(self, job: LoadJob, number: int, row: Any, why: str) -> None:
        if fault_of(job.database) != "drops_rejects":
            super().misfit(job, number, row, why)


def _swallowing(rows: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from rows
    except MoverError:
        return  # an early end, which looks like a short table


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
            folder = Path(job.database.engine.url.database or "").parent / "scratch"
            (folder / "left").write_text("x")
        found = super().batches(job, fields, arrow)
        if fault == "hoards":
            found = iter(list(found))
        if fault == "deaf":
            object.__setattr__(job, "cancellation", Cancellation())
            object.__setattr__(job, "meter", Meter())
        for number, batch in enumerate(found):
            if fault == "nulls" and batch.num_rows:
                yield batch.slice(0, batch.num_rows - 1)
            elif fault != "short" or number == 0:
                yield batch


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
