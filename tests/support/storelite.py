"""A database whose server loads only from objects of S3, and unloads only into them.

It is SQLite behind a dialect of its own. ``COPY`` and ``UNLOAD`` use a client of their own, with
nothing but the credentials that the core hands them, as a warehouse would.
"""

from __future__ import annotations

import io
import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from records_mover import hookimpl
from records_mover.db.rows.parts import SqlInsert, SqlSelect
from records_mover.db.sqlite import open_sqlite
from records_mover.errors import LoadUnloadError
from records_mover.formats import BaseRecordsFormat, DelimitedRecordsFormat, ParquetRecordsFormat
from records_mover.formats.reading import read_batches
from records_mover.formats.writing import write_batches
from records_mover.parts import (
    Ask,
    Batches,
    DatabaseKind,
    Files,
    Form,
    Loaded,
    LoadJob,
    Offer,
    Payload,
    Reach,
    Refusal,
    Staging,
    Stores,
    UnloadJob,
    read_answers,
    write_answers,
)
from support.fakeplugins import FakePlugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from records_mover.parts import Loader, Unloader

__all__ = [
    "MOVER_API",
    "PLUGIN",
    "SEEN",
    "StoreLite",
    "mover_databases",
    "mover_loaders",
    "mover_unloaders",
]

MOVER_API = 1

PLUGIN = FakePlugin(name="mover-storelite", source="from support.storelite import *\n")

SEEN: list[Form] = []
"""The forms that COPY and UNLOAD were run with."""

DIALECTS = frozenset({"storelite"})
PIPES = DelimitedRecordsFormat("bluelabs", {"compression": None})
PACKED = DelimitedRecordsFormat("bluelabs", {"compression": "GZIP"})
ROWS_A_FILE = 2


class StoreLite(SQLiteDialect_pysqlite):
    """SQLite under another name."""

    name = "storelite"
    supports_statement_cache = True


registry.register("storelite", __name__, "StoreLite")


def unreadable(form: BaseRecordsFormat) -> str:
    """COPY reads Parquet, and text without quotes in UTF-8."""
    if isinstance(form, ParquetRecordsFormat):
        return ""
    if not isinstance(form, DelimitedRecordsFormat):
        return f"COPY reads text and Parquet, not {form.format_type}"
    hints = form.validate()
    if hints.encoding != "UTF8":
        return f"COPY reads UTF8, not {hints.encoding}"
    if hints.skip_lines:
        return "COPY skips no lines"
    return ""


def unwritable(form: BaseRecordsFormat) -> str:
    """UNLOAD writes Parquet, and text with pipes and no header."""
    if isinstance(form, ParquetRecordsFormat) or form in (PIPES, PACKED):
        return ""
    return "UNLOAD writes Parquet, or text with pipes and no header"


class Copy:
    """COPY of objects, through a manifest where there is one."""

    name = "storelite-copy"
    dialects = DIALECTS
    staging = Staging(size=1 << 20, manifest=True)

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what COPY reads."""
        reach = Reach(
            statement="COPY",
            schemes=frozenset({"s3"}),
            unable=unreadable,
            liked=(PIPES, ParquetRecordsFormat()),
            staging=self.staging,
        )
        return read_answers(ask, reach)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Fetch each object with the credentials of the job, and insert its rows."""
        if not isinstance(payload, Files) or job.stores is None:
            raise LoadUnloadError("COPY reads objects", "stage them")
        SEEN.append(job.form)
        rows = 0
        for url in _named(payload, job.stores):
            body = io.BytesIO(_client(job.stores, url).get_object(**_where(url))["Body"].read())
            with closing(read_batches(body, payload.format, source=url)) as reader:
                rows += SqlInsert().load(job, Batches(reader=reader)).rows
        return Loaded(rows=rows)


def _named(files: Files, stores: Stores) -> list[str]:
    if files.manifest is None:
        return [part.url or "" for part in files.parts]
    url = files.manifest
    text = _client(stores, url).get_object(**_where(url))["Body"].read()
    entries = json.loads(text)["entries"]
    for entry in entries:
        client = _client(stores, entry["url"])
        there = client.head_object(**_where(entry["url"]))["ContentLength"]
        assert there == entry["meta"]["content_length"]
    return [entry["url"] for entry in entries]


class Unload:
    """UNLOAD into objects, a few rows in each."""

    name = "storelite-unload"
    dialects = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what UNLOAD writes."""
        reach = Reach(
            statement="UNLOAD",
            schemes=frozenset({"s3"}),
            unable=unwritable,
            liked=(ParquetRecordsFormat(), PIPES),
        )
        return write_answers(ask, reach)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Write the rows with the credentials of the job."""
        if job.stores is None or job.form.format is None:
            raise LoadUnloadError("UNLOAD writes objects", "name a folder")
        SEEN.append(job.form)
        form, folder = job.form.format, job.form.place
        with SqlSelect().unload(job) as batches:
            assert isinstance(batches, Batches)
            for number, batch in enumerate(_few_rows(batches.reader)):
                sink = io.BytesIO()
                one = pa.RecordBatchReader.from_batches(batch.schema, [batch])
                write_batches(one, form, sink, schema=batches.schema)
                url = folder + form.generate_filename(f"{number:04}_part_00")
                _client(job.stores, folder).put_object(**_where(url), Body=sink.getvalue())
            columns = tuple(batches.reader.schema.names)
        yield Files(parts=job.stores.parts(folder), format=form, columns=columns)


def _few_rows(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, batch.num_rows, ROWS_A_FILE):
            yield batch.slice(start, ROWS_A_FILE)


def _where(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _client(stores: Stores, url: str) -> Any:
    import boto3

    access = stores.access(url)
    if access.access_key is None or access.secret_key is None:
        raise LoadUnloadError("the server needs credentials", "give it some")
    token = access.session_token
    return boto3.client(
        "s3",
        endpoint_url=access.endpoint,
        region_name=access.region,
        aws_access_key_id=access.access_key.reveal(),
        aws_secret_access_key=access.secret_key.reveal(),
        aws_session_token=token.reveal() if token else None,
    )


@hookimpl
def mover_databases() -> Iterable[DatabaseKind]:
    """Own the dialect; rows as statements are not for it."""
    return [DatabaseKind(name="StoreLite", dialects=DIALECTS, open=open_sqlite, statements=False)]


@hookimpl
def mover_loaders() -> Iterable[Loader]:
    """Register COPY."""
    return [Copy()]


@hookimpl
def mover_unloaders() -> Iterable[Unloader]:
    """Register UNLOAD."""
    return [Unload()]
