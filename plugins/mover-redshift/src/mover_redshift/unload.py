"""Unloading by UNLOAD into S3."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_redshift.access import authorization
from mover_redshift.errors import is_lost
from mover_redshift.manifest import await_manifest, read_manifest
from mover_redshift.options import Options, unload_options
from mover_redshift.selecting import cannot_carry, unload_query
from mover_redshift.statements import UnloadStatement
from mover_redshift.words import s3_url
from records_mover.db.connections.failures import sqlalchemy_errors
from records_mover.errors import LoadUnloadError
from records_mover.formats import DelimitedRecordsFormat, ParquetRecordsFormat
from records_mover.parts import Files, Reach, write_answers
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mover_redshift.database import RedshiftDatabase
    from mover_redshift.manifest import Unloaded
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, Offer, Payload, Refusal, Stores, UnloadJob
    from records_mover.schema import RecordsSchema

__all__ = ["RedshiftUnload"]

_MANIFEST = "manifest"

log = logging.getLogger(__name__)

PACKED = DelimitedRecordsFormat("bluelabs", {"compression": "ZSTD"})
"""What UNLOAD writes into scratch space where Parquet does not serve: text, packed."""


@dataclass(frozen=True, slots=True)
class RedshiftUnload:
    """UNLOAD into S3, with a manifest."""

    name: str = "redshift-unload"
    dialects: frozenset[str] = frozenset({"redshift"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what UNLOAD writes of these columns, into S3 or into scratch space."""
        schema = ask.database.schema_of(ask.selection)
        lenient = not ask.instructions.fail_if_cant_handle_hint

        def unable(form: BaseRecordsFormat) -> str:
            return _unable(form, schema, lenient=lenient)

        liked: tuple[BaseRecordsFormat, ...] = (ParquetRecordsFormat(), PACKED)
        reach = Reach(
            statement="UNLOAD",
            schemes=frozenset({"s3", "s3a"}),
            unable=unable,
            liked=tuple(form for form in liked if not unable(form)),
        )
        return write_answers(ask, reach)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Have the server write the files, and give them."""
        from mover_redshift.database import as_redshift

        if job.stores is None or job.form.format is None:
            raise LoadUnloadError("UNLOAD writes files in S3 only", "report this defect")
        yield _Unload(as_redshift(job.database), job, job.stores).run(job.form.format)


def _unable(form: BaseRecordsFormat, schema: RecordsSchema, *, lenient: bool) -> str:
    found = unload_options(form)
    if not isinstance(found, Options):
        return "; ".join(map(str, found))
    return cannot_carry(schema, found, lenient=lenient)


@dataclass(frozen=True, slots=True)
class _Unload:
    """One UNLOAD."""

    database: RedshiftDatabase
    job: UnloadJob
    stores: Stores

    def run(self, form: BaseRecordsFormat) -> Files:
        """Run it; when the connection is lost on the way, the manifest tells that it was done."""
        job, folder = self.job, self.job.form.place
        options = unload_options(form)
        if not isinstance(options, Options):
            raise LoadUnloadError(f"UNLOAD cannot: {'; '.join(map(str, options))}")
        schema = job.schema or self.database.schema_of(job.selection)
        access = self.stores.access(folder)
        begin = folder + self._beginning()
        statement = UnloadStatement(
            query=unload_query(self.database, job.selection, schema, options),
            target=s3_url(begin),
            options=options,
            region=access.region,
            settings=self.database.settings,
        )
        done = self._send(statement, f"{begin}{_MANIFEST}")
        return Files(parts=done.parts(self.stores), format=form, columns=schema.names)

    def _beginning(self) -> str:
        """Return how the names of files begin, unless each partition gets a folder."""
        names = self.job.names
        if names is None:
            return ""
        if self.database.settings.unload_partition:
            names.claim(_MANIFEST)
            return ""
        return names.beginning

    def _send(self, unload: UnloadStatement, manifest: str) -> Unloaded:
        what = f"cannot unload '{self.job.selection}'"
        access = authorization(
            self.database.settings, self.stores.access(unload.target), [unload.target], "write"
        )
        statement = unload.statement(access)
        log.info("unloading with %s: %s", access.kind, statement)
        failed: Exception | None = None
        with self.database.connection() as connection:
            with self.database.doing(what):
                self.database.begin(connection)
            try:
                self.database.run(connection, statement.reveal())
                rows = self.database.run(connection, "SELECT pg_last_unload_count()").scalar()
            except sqlalchemy_errors() as error:
                failed = error
        if failed is None:
            self.job.meter.rows = int(rows or 0)
            return read_manifest(self.stores, manifest)
        if not is_lost(failed):
            # Not chained: SQLAlchemy's error holds the statement, and so the credentials.
            raise self.database.translate(failed, what) from None
        return self._recovered(unload, manifest)

    def _recovered(self, unload: UnloadStatement, manifest: str) -> Unloaded:
        seconds = self.database.settings.unload_wait_seconds
        log.warning("the connection was lost; looking for %s for %d seconds", manifest, seconds)
        check = self.job.cancellation.check
        found = await_manifest(self.stores, manifest, seconds=seconds, check=check)
        if found is None:
            raise LoadUnloadError(
                f"the connection was lost while '{self.job.selection}' was unloaded, and no "
                f"manifest came within {many(seconds, 'second')}",
                "move again, or wait longer with REDSHIFT_UNLOAD_WAIT_SECONDS",
            )
        if found.records is not None:
            headers = len(found.files) if unload.options.header else 0
            self.job.meter.rows = found.records - headers
        return found
