"""The last resort for any dialect: rows out by SELECT and in by INSERT, batch by batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from records_mover.errors import LoadUnloadError
from records_mover.parts import (
    Ask,
    Batches,
    Form,
    Loaded,
    LoadJob,
    Offer,
    Payload,
    Refusal,
    Tier,
    UnloadJob,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.db.database import SqlDatabase
    from records_mover.parts import Database

__all__ = ["SqlInsert", "SqlSelect"]

_ANY = frozenset({"*"})


def _offers(ask: Ask, statement: str) -> list[Offer | Refusal]:
    why = f"{statement} statements carry rows of this process, not "
    note = f"rows travel as {statement} statements"
    # What only plugins of one kind hand each other is nothing that a user could expect of us.
    refused = [
        Refusal(why=why + form.kind, form=form)
        for form in ask.forms
        if form.kind in ("files", "streams") and not (form.format and form.format.opaque)
    ]
    return [Offer(form=Form(kind="batches"), cost=float(Tier.ROWS), note=note), *refused]


class SqlSelect:
    """Unload by SELECT over a streaming cursor, into Arrow batches."""

    name = "sql-select"
    dialects = _ANY

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches of this process, from any database."""
        return _offers(ask, "SELECT")

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Give the rows in batches of a few megabytes, whose types are known from the start."""
        from records_mover.db.selecting import rows_on

        database = as_sql(job.database)
        schema = job.schema or database.schema_of(job.selection)
        with (
            database.connection() as connection,
            rows_on(database, connection, job, schema) as batches,
        ):
            yield batches


class SqlInsert:
    """Load Arrow batches by INSERT with many rows of parameters at a time."""

    name = "sql-insert"
    dialects = _ANY

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer to take batches of this process, into any database."""
        return _offers(ask, "INSERT")

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Insert every row of the batches inside the transaction that is open."""
        from records_mover.db.rows.inserting import Inserter

        if not isinstance(payload, Batches):
            what = f"INSERT cannot take {type(payload).__name__.lower()}"
            raise LoadUnloadError(what, "hand it Arrow batches")
        inserter = Inserter(as_sql(job.database), job, payload.reader.schema)
        for batch in payload.reader:
            inserter.put(batch)
        return Loaded(rows=inserter.rows, rejected=inserter.rejected)


def as_sql(database: Database) -> SqlDatabase:
    """Return the database itself where it is built on ours, else generic SQL over its engine."""
    from records_mover.db.database import SqlDatabase

    return database if isinstance(database, SqlDatabase) else SqlDatabase(database.engine)
