"""Rows as statements, SELECT and INSERT: for a few of them, where nothing can be staged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from records_mover.db.rows.parts import SqlInsert, SqlSelect
from records_mover.errors import LoadUnloadError
from records_mover.parts import NAME_SCRATCH, Batches, Offer, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from mover_redshift.database import RedshiftDatabase
    from records_mover.parts import Ask, Loaded, LoadJob, Payload, UnloadJob

__all__ = ["RedshiftInsert", "RedshiftSelect"]

_DIALECTS = frozenset({"redshift"})
_BEYOND = ("super", "varbyte", "geometry", "geography", "hllsketch")


def _too_many(ask: Ask, statement: str) -> list[Refusal]:
    from mover_redshift.database import as_redshift

    limit = as_redshift(ask.database).settings.max_statement_rows
    if ask.rows is None or ask.rows <= limit:
        return []
    what = f"about {ask.rows:,} rows are too many for {statement}, which is for {limit:,} at most"
    remedy = f"{NAME_SCRATCH}; or allow more with REDSHIFT_MAX_STATEMENT_ROWS"
    return [Refusal(why=what, remedy=remedy)]


@dataclass(frozen=True, slots=True)
class RedshiftSelect:
    """SELECT over a cursor of the server's."""

    name: str = "redshift-select"
    dialects: frozenset[str] = _DIALECTS
    inner: SqlSelect = field(default_factory=SqlSelect)

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches, of a table that is small."""
        return _too_many(ask, "SELECT") or self.inner.offers(ask)

    def unload(self, job: UnloadJob) -> AbstractContextManager[Payload]:
        """Give the rows in batches."""
        return self.inner.unload(job)


@dataclass(frozen=True, slots=True)
class RedshiftInsert:
    """INSERT with many rows of parameters at a time."""

    name: str = "redshift-insert"
    dialects: frozenset[str] = _DIALECTS
    inner: SqlInsert = field(default_factory=SqlInsert)

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer to take batches, if they are not many."""
        return _too_many(ask, "INSERT") or self.inner.offers(ask)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Insert the rows; more than are allowed end the load, and nothing is kept."""
        from mover_redshift.database import as_redshift

        if not isinstance(payload, Batches):
            raise LoadUnloadError("INSERT takes Arrow batches only", "report this defect")
        database = as_redshift(job.database)
        _check_types(database, job)
        reader = _limited(payload.reader, database.settings.max_statement_rows)
        return self.inner.load(job, replace(payload, reader=reader))


def _check_types(database: RedshiftDatabase, job: LoadJob) -> None:
    table = job.landing.table
    with database.doing(f"cannot look at '{table}'"):
        found = database.described(job.landing.connection, table)
    for column in found.columns:
        if column.name in job.columns and column.type.startswith((*_BEYOND, "binary varying")):
            what = f"INSERT carries no {column.type}, which column '{column.name}' is"
            raise LoadUnloadError(what, NAME_SCRATCH)


def _limited(reader: pa.RecordBatchReader, limit: int) -> pa.RecordBatchReader:
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in reader:
            rows += batch.num_rows
            if rows > limit:
                raise LoadUnloadError(
                    f"there are more than the {limit:,} rows that may travel by INSERT",
                    f"{NAME_SCRATCH}; or allow more with REDSHIFT_MAX_STATEMENT_ROWS",
                )
            yield batch

    return pa.RecordBatchReader.from_batches(reader.schema, batches())
