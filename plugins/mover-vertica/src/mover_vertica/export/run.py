"""One EXPORT or S3EXPORT: what is looked at before, what it says, and the files that it leaves."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from mover_vertica.export.names import claim, claiming
from mover_vertica.export.selecting import columns_of, looked_for, source_of
from mover_vertica.export.statements import ExportStatement, LibraryStatement
from mover_vertica.words import s3_url
from records_mover.errors import BadRowError, LoadUnloadError
from records_mover.parts import Files

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from mover_vertica.database import VerticaDatabase
    from mover_vertica.export.options import ExportOptions
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Part, Stores, UnloadJob
    from records_mover.schema import RecordsSchema

    Statements = Literal["EXPORT", "S3EXPORT"]

__all__ = ["Run"]

log = logging.getLogger(__name__)

_NAME = "records.csv"
_CHUNK_BYTES = 128 << 20
_LONGEST_URL = 236


@dataclass(frozen=True, slots=True)
class Run:
    """One run of either statement."""

    database: VerticaDatabase
    job: UnloadJob
    stores: Stores
    options: ExportOptions
    statement: Statements
    schema: RecordsSchema

    @classmethod
    def of(
        cls, job: UnloadJob, stores: Stores, options: ExportOptions, statement: Statements
    ) -> Self:
        """Return the run of a job."""
        from mover_vertica.database import as_vertica

        database = as_vertica(job.database)
        schema = job.schema or database.schema_of(job.selection)
        return cls(database, job, stores, options, statement, schema)

    def files(self, form: BaseRecordsFormat) -> Files:
        """Run it and return what it has written; of no rows at all a file is written here."""
        composed = self._composed()
        rows = self._send(composed)
        self.job.meter.rows = rows
        parts = self.stores.parts(self.folder)
        if self.job.names is not None:
            claim(self.job.names, parts)
        parts = parts or (self._empty(form),)
        return Files(parts=parts, format=form, columns=self.schema.names)

    @property
    def folder(self) -> str:
        """The folder, as Vertica knows it."""
        return s3_url(self.job.form.place)

    def _source(self) -> str:
        table = self.job.selection.table
        return source_of(
            self.job.selection, "" if table is None else self.database.table_sql(table)
        )

    def _composed(self) -> str:
        columns, source = columns_of(self.schema, self.options), self._source()
        if self.statement == "EXPORT":
            query = f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 - all are quoted
            return str(
                ExportStatement(
                    query=query,
                    folder=self.folder,
                    options=self.options,
                    file_mb=self.database.settings.export_file_mb,
                )
            )
        names = self.job.names
        url = f"{self.folder}{names.beginning if names is not None else ''}{_NAME}"
        if len(url) > _LONGEST_URL or not url.isascii():
            raise LoadUnloadError(
                f"S3EXPORT cannot write to {url!r}: URLs are ASCII, {_LONGEST_URL} characters at "
                "most",
                "name scratch space, or a folder, with a shorter name",
            )
        return str(
            LibraryStatement(
                columns=columns,
                source=source,
                url=url,
                options=self.options,
                chunk_bytes=_CHUNK_BYTES,
            )
        )

    def _send(self, composed: str) -> int:
        from mover_vertica.access import s3_access
        from mover_vertica.connect import driver_connection
        from mover_vertica.select.unload import stopping

        with (
            self.database.connection() as connection,
            stopping(self.job.cancellation, connection),
        ):
            self._look(connection)
            access, driver = self.stores.access(self.folder), driver_connection(connection)
            with s3_access(self.database, driver, access):
                log.info("unloading: %s", composed)
                with self._naming():
                    answer = self._asked(connection, composed)
        return sum(int(row[0]) for row in answer)

    def _naming(self) -> AbstractContextManager[None]:
        """Find out how EXPORT begins the names of its files, where they are to stay."""
        if self.statement != "EXPORT" or self.job.names is None:
            return nullcontext()
        return claiming(self.stores, self.folder, self.job.names)

    def _look(self, connection: Connection) -> None:
        """Raise where text holds what would be taken for the end of a field, or of a row."""
        query = looked_for(self.schema, self.options, self._source())
        found = self._asked(connection, query) if query else []
        if found:
            signs = ", ".join(map(repr, self.options.forbidden))
            raise BadRowError(
                f"column '{found[0][0]}' of '{self.job.selection}' holds one of {signs}, which "
                "this format has no way to write inside a value",
                "choose other hints, such as escape or quoting",
                source=str(self.job.selection),
                column=str(found[0][0]),
            )

    def _asked(self, connection: Connection, statement: str) -> list[Any]:
        with self.database.doing(f"cannot unload '{self.job.selection}'"):
            try:
                return list(self.database.run(connection, statement))
            except Exception:
                self.job.cancellation.check()
                raise

    def _empty(self, form: BaseRecordsFormat) -> Part:
        """Write a file without rows, where the server has written none."""
        import pyarrow as pa

        from records_mover.formats.writing import write_batches

        name = form.generate_filename("data")
        if self.job.names is not None:
            self.job.names.claim(name)
        url = f"{self.job.form.place}{name}"
        reader = pa.RecordBatchReader.from_batches(self.schema.to_arrow(), [])
        with self.stores.write(url) as sink:
            write_batches(reader, form, sink, schema=self.schema)
        return self.stores.part(url)
