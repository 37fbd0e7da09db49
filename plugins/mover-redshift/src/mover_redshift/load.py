"""Loading by COPY from S3."""

from __future__ import annotations

import json
import logging
import math
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mover_redshift.access import authorization
from mover_redshift.arrival import landed, parquet_arrivals, text_arrivals
from mover_redshift.options import COLUMNAR, Options, copy_options
from mover_redshift.rejected import hearing, load_errors, untold
from mover_redshift.statements import CopyStatement
from mover_redshift.words import s3_url
from records_mover.db.connections.failures import sqlalchemy_errors
from records_mover.errors import LoadUnloadError
from records_mover.formats import DelimitedRecordsFormat, JsonLinesRecordsFormat
from records_mover.parts import NAME_SCRATCH, Files, Loaded, Offer, Reach, Staging, read_answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from sqlalchemy import Connection

    from mover_redshift.arrival import Arrival
    from mover_redshift.database import RedshiftDatabase
    from mover_redshift.rejected import LoadError
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, LoadJob, Part, Payload, Refusal, Stores, TableName

__all__ = ["STAGED", "RedshiftCopy"]

log = logging.getLogger(__name__)

STAGED = DelimitedRecordsFormat("bluelabs", {"compression": "ZSTD"})
"""What is staged for COPY: text that tells NULL from empty text, cut into files for the slices.

It is packed by the quickest level of zstd, which takes hardly more of a processor here than to
send the text as it is, while a third of the bytes goes over the network (docs/performance.md).
"""

_FILE_BYTES = 64 << 20
_UNPACKED = 25.0
"""What it costs to stage text as it is, more than what the core says of packing it."""
_MOST_ERRORS = 100_000
_PATIENCE = 30.0
"""Seconds to wait for the tables of errors to tell of rows that COPY has said it left out."""
_DIALECTS = frozenset({"redshift"})


@dataclass(frozen=True, slots=True)
class RedshiftCopy:
    """COPY from S3, through a manifest of the files."""

    name: str = "redshift-copy"
    dialects: frozenset[str] = _DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what COPY reads, where it is or in scratch space."""
        from mover_redshift.database import as_redshift

        lenient = not ask.instructions.fail_if_cant_handle_hint
        slices = as_redshift(ask.database).slices if ask.scratch else 1
        rejecting = ask.instructions.tolerant
        reach = Reach(
            statement="COPY",
            schemes=frozenset({"s3", "s3a"}),
            unable=lambda form: _unable(form, lenient=lenient, rejecting=rejecting),
            liked=(STAGED,),
            staging=Staging(size=_FILE_BYTES, multiple=slices, manifest=True),
        )
        return list(_rather_packed(read_answers(ask, reach), ask.scratch))

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Have the server load every file, or raise in its own words."""
        from mover_redshift.database import as_redshift

        if not isinstance(payload, Files) or job.stores is None:
            raise LoadUnloadError("COPY reads files in S3 only", "report this defect")
        return _Copy(as_redshift(job.database), job, payload, job.stores).run()


def _rather_packed(
    answers: Sequence[Offer | Refusal], scratch: str | None
) -> Iterator[Offer | Refusal]:
    """Offer to read text packed wherever it is offered to be staged as it is."""
    for answer in answers:
        form = answer.form
        packed = form and form.place == scratch and _packed(form.format)
        if isinstance(answer, Offer) and form and packed:
            yield replace(answer, form=replace(form, format=packed))
            yield replace(answer, cost=answer.cost + _UNPACKED)
        else:
            yield answer


def _packed(form: BaseRecordsFormat | None) -> BaseRecordsFormat | None:
    """Return text as it is packed for COPY; None for what is packed already, or is no text."""
    if form is None or form.compression is not None:
        return None
    if isinstance(form, DelimitedRecordsFormat):
        return form.alter_hints({"compression": "ZSTD"})
    return JsonLinesRecordsFormat("ZSTD") if isinstance(form, JsonLinesRecordsFormat) else None


def _unable(form: BaseRecordsFormat, *, lenient: bool, rejecting: bool) -> str:
    found = copy_options(form, lenient=lenient)
    if not isinstance(found, Options):
        return "; ".join(map(str, found))
    if rejecting and found.mode in COLUMNAR:
        return f"COPY leaves out no rows of {found.mode.upper()}"
    return ""


@dataclass(frozen=True, slots=True)
class _Copy:
    """One COPY."""

    database: RedshiftDatabase
    job: LoadJob
    files: Files
    stores: Stores

    def run(self) -> Loaded:
        """Load, count, and tell of the rows left out."""
        if not self.files.parts:
            return Loaded(rows=0)
        connection, job = self.job.landing.connection, self.job
        options = self._options()
        source = self._source()
        arrivals = self._arrivals(options)
        with self.database.doing(f"cannot prepare the load of '{job.landing.shown}'"):
            session = self._number("SELECT pg_backend_pid()")
            before = self._number("SELECT pg_last_copy_id()")
            table, insert = landed(self.database, connection, job.landing.table, arrivals)
        statement = self._statement(table, arrivals, options, source)
        told = self._send(connection, statement, session, max(before, 0))
        with self.database.doing(f"cannot count the rows of '{job.landing.shown}'"):
            rows = self._number("SELECT pg_last_copy_count()")
        rejected = self._left_out(session, told)
        if insert:
            with self.database.doing(f"cannot load '{job.landing.shown}'"):
                self.database.run(connection, insert)
                self.database.drop(connection, table)
        job.meter.rows = rows
        return Loaded(rows=rows, rejected=rejected)

    def _options(self) -> Options:
        lenient = not self.job.instructions.fail_if_cant_handle_hint
        options = copy_options(self.files.format, lenient=lenient)
        if not isinstance(options, Options):
            raise LoadUnloadError(f"COPY cannot: {'; '.join(map(str, options))}")
        return options

    def _number(self, query: str) -> int:
        """Return what a query for one number answers, 0 for NULL."""
        connection = self.job.landing.connection
        return int(self.database.run(connection, query).scalar() or 0)

    def _statement(
        self,
        table: TableName,
        arrivals: Sequence[Arrival],
        options: Options,
        source: tuple[str, bool],
    ) -> CopyStatement:
        url, manifest = source
        return CopyStatement(
            table=self.database.table_sql(table),
            columns=tuple(arrival.column for arrival in arrivals),
            source=url,
            options=options,
            manifest=manifest,
            region=self.stores.access(url).region,
            max_errors=self._max_errors(options),
            nested=any(arrival.type == "super" for arrival in arrivals),
            settings=self.database.settings,
        )

    def _send(self, connection: Connection, copy: CopyStatement, session: int, before: int) -> int:
        """Run COPY, and return how many rows it says that it left out.

        Where it fails, the server's log of errors says which row was at fault.
        """
        shown = self.job.landing.shown
        access = authorization(
            self.database.settings, self.stores.access(copy.source), self._covered(copy), "read"
        )
        statement = copy.statement(access)
        log.info("loading '%s' with %s: %s", shown, access.kind, statement)
        failed: Exception | None = None
        with hearing(connection.connection.driver_connection) as heard:
            try:
                self.database.run(connection, statement.reveal())
            except sqlalchemy_errors() as error:
                failed = error
        if failed is None:
            return heard.left_out
        found = self._first_error(failed, session, before)
        if found is not None:
            raise found.error(str(shown))
        # Not chained: SQLAlchemy's error holds the statement, and so the credentials.
        raise self.database.translate(failed, f"cannot load '{shown}'") from None

    def _first_error(self, failed: Exception, session: int, before: int) -> LoadError | None:
        said = str(getattr(failed, "orig", failed))
        if "load_error" not in said:  # "Check 'stl_load_errors' system table for details."
            return None
        errors = load_errors(self.database, session, after=before)
        return errors[0] if errors else None

    def _covered(self, copy: CopyStatement) -> list[str]:
        """Return what the names of all that COPY reads begin with."""
        names = [s3_url(part.url or part.name) for part in self.files.parts]
        if len(names) > 1:
            names = [f"{name.rpartition('/')[0]}/" for name in names]
        return sorted({copy.source, *names})

    def _max_errors(self, options: Options) -> int | None:
        """Return MAXERROR, which is the number of errors that ends the load."""
        sink = self.job.rejects
        if sink is None or options.mode in COLUMNAR:
            return None
        left = sink.limit - sink.count
        return _MOST_ERRORS if math.isinf(left) else min(int(max(left, 0)) + 1, _MOST_ERRORS)

    def _left_out(self, session: int, told: int) -> int:
        sink = self.job.rejects
        if sink is None:
            return 0
        with self.database.doing("cannot look for rejected rows"):
            query = self._number("SELECT pg_last_copy_id()")
        found = load_errors(
            self.database,
            session,
            after=query - 1,
            wait=_PATIENCE if told else 1.0,
            least=told or 1,
            check=self.job.cancellation.check,
        )
        for error in found:
            sink.add(error.reject())
        for _ in range(told - len(found)):
            sink.add(untold())
        sink.check()
        return max(told, len(found))

    def _source(self) -> tuple[str, bool]:
        """Return what COPY is to read, and whether that is a manifest.

        A name is a prefix to COPY, and would load whatever else begins with it; a manifest names
        files one by one.
        """
        parts = [part.url or part.name for part in self.files.parts]
        if self.files.manifest is not None:
            return s3_url(self.files.manifest), True
        written = self._written_manifest(parts)
        if written is not None:
            return s3_url(written), True
        if len(parts) == 1 and not self._others(parts[0]):
            return s3_url(parts[0]), False
        raise LoadUnloadError(
            "COPY needs a manifest to load these files and no others, and there is no place for it",
            NAME_SCRATCH,
        )

    def _others(self, url: str) -> bool:
        """Whether anything else beside a file begins with its name."""
        there = self.stores.parts(url.rpartition("/")[0] + "/")
        return any((part.url or part.name) != url for part in there if part.name.startswith(url))

    def _written_manifest(self, parts: list[str]) -> str | None:
        """Return the manifest of a records directory, if it names these very files."""
        folder = parts[0].rpartition("/")[0] + "/"
        url = f"{folder}_manifest"
        there = {part.url or part.name for part in self.stores.parts(folder)}
        if url not in there:
            return None
        with closing(self.stores.open(url)) as stream:
            entries = json.loads(stream.read()).get("entries", ())
        same = sorted(str(entry.get("url")) for entry in entries) == sorted(parts)
        sized = all("content_length" in (entry.get("meta") or {}) for entry in entries)
        return url if same and sized else None

    def _arrivals(self, options: Options) -> list[Arrival]:
        columns, table = self.job.columns, self.job.landing.table
        with self.database.doing(f"cannot look at '{table}'"):
            info = self.database.described(self.job.landing.connection, table).info
        if options.mode in COLUMNAR:
            return parquet_arrivals(info, _footer(self.files.parts[0], options))
        types = {column.name: column.type for column in info.columns}
        return text_arrivals(columns, [types[name] for name in columns])


def _footer(part: Part, options: Options) -> pa.Schema:
    """Return the columns of a Parquet or ORC file as Arrow has them."""
    if options.mode == "orc":
        from records_mover.formats.orc import arrow_schema

        return arrow_schema(part.open(), part.name)
    from pyarrow import parquet

    with closing(part.open()) as stream, parquet.ParquetFile(stream) as file:
        return file.schema_arrow
