"""Loading by COPY from S3, which the server reads itself: no byte comes through this machine."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_vertica.columns import text_columns
from mover_vertica.load import ARGUMENTS, DIALECTS, LIKED, unable
from mover_vertica.options import CopyOptions, copy_options
from mover_vertica.parquet_types import misfit
from mover_vertica.rejected import Place
from mover_vertica.statements import CopyColumn, CopyStatement
from mover_vertica.words import s3_url
from records_mover.errors import FormatError, LoadUnloadError
from records_mover.parts import Files, Loaded, Reach, Refusal, Staging, read_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mover_vertica.copying import Copying
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, LoadJob, Offer, Payload

__all__ = ["VerticaCopyS3"]

_SCHEMES = frozenset({"s3", "s3a"})
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class VerticaCopyS3:
    """COPY of files in S3, several in one statement, each by any node."""

    name: str = "vertica-copy-s3"
    dialects: frozenset[str] = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what COPY reads, where it is or in scratch space."""
        from mover_vertica.database import as_vertica

        if not as_vertica(ask.database).settings.s3:
            return [Refusal(why="the setting s3=off keeps the server from S3")]
        reach = Reach(
            statement="COPY",
            schemes=_SCHEMES,
            unable=lambda form: _unable(ask, form),
            liked=() if unable(ask, LIKED) else (LIKED,),
            staging=Staging(multiple=1),
        )
        return read_answers(ask, reach)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Have the server load every file, or raise in its own words."""
        from mover_vertica.access import s3_access
        from mover_vertica.connect import cancelling, driver_connection
        from mover_vertica.copying import Copying
        from mover_vertica.database import as_vertica

        if not isinstance(payload, Files) or job.stores is None:
            raise LoadUnloadError("COPY reads files in S3 here", "report this defect")
        if not payload.parts:
            return Loaded(rows=0)
        database = as_vertica(job.database)
        driver = driver_connection(job.landing.connection)
        copying = Copying(database=database, job=job, driver=driver)
        urls = [_named(part.url or part.name) for part in payload.parts]
        access = job.stores.access(urls[0])
        with (
            job.cancellation.stopping_by(cancelling(driver)),
            s3_access(database, driver, access),
        ):
            _copy(copying, payload, urls)
        return Loaded(rows=copying.rows, rejected=copying.rejected)


def _unable(ask: Ask, form: BaseRecordsFormat) -> str:
    why = unable(ask, form)
    if why or form.format_type != "parquet":
        return why
    if ask.instructions.tolerant:
        return "COPY leaves out no rows of Parquet"
    return _parquet_misfit(ask)


def _parquet_misfit(ask: Ask) -> str:
    """Say which column of Parquet is not of the type of its column, as COPY converts none."""
    from mover_vertica.database import as_vertica
    from mover_vertica.types import made

    if ask.schema is None:
        return "nothing says which columns the files have"
    database, table = as_vertica(ask.database), ask.selection.table
    into = ask.into or ask.columns or ask.schema.names
    if ask.exists and table is not None and ask.mode != "drop":
        with database.connection() as connection, database.doing(f"cannot look at '{table}'"):
            types = {c.name.lower(): c.type for c in database.described(connection, table).columns}
    else:
        fields = [made(field) for field in ask.schema.fields]
        known = [field.representations["origin"] for field in fields]
        types = {
            name.lower(): getattr(each, "col_type", "") or ""
            for name, each in zip(into, known, strict=True)
        }
    pairs = zip(into, ask.schema.to_arrow(), strict=True)
    found = (misfit(name, field.type, types.get(name.lower(), "")) for name, field in pairs)
    return next((why for why in found if why), "")


def _copy(copying: Copying, files: Files, urls: list[str]) -> None:
    lenient = not copying.job.instructions.fail_if_cant_handle_hint
    options = copy_options(files.format, lenient=lenient)
    if not isinstance(options, CopyOptions):
        raise LoadUnloadError(f"COPY cannot: {'; '.join(map(str, options))}")
    statement = CopyStatement(
        table=copying.target,
        columns=_columns(copying, files, options),
        options=options,
        sources=tuple(urls),
        arguments=ARGUMENTS.get(options.mode, {}),
        **copying.limits(),
    )

    def send(sql: str) -> None:
        cursor = copying.driver.cursor()
        cursor.execute(sql)
        cursor.fetchall()

    def place_of(file: str) -> Place:
        return Place(source=file or urls[0], skip=options.skip, by_line=options.by_line)

    copying.run(statement, send, place_of)


def _columns(copying: Copying, files: Files, options: CopyOptions) -> tuple[CopyColumn, ...]:
    names: Sequence[str] = copying.job.columns
    if options.mode == "delimited":
        return text_columns(copying.table, names, options.formats)
    if options.mode == "parquet":
        _check_order(files)
    return tuple(CopyColumn(name=name) for name in names)


def _check_order(files: Files) -> None:
    """Raise where files have their columns in another order than the first: COPY goes by it."""
    from pyarrow import parquet

    first: list[str] | None = None
    for part in files.parts:
        with closing(part.open()) as stream, parquet.ParquetFile(stream) as file:
            names = list(file.schema_arrow.names)
        if first is not None and names != first:
            what = f"'{part.name}' has other columns than '{files.parts[0].name}', or another order"
            raise FormatError(what, "move them one by one, or say s3=off in the database's URL")
        first = names


def _named(url: str) -> str:
    """Return a URL as COPY reads it, which takes some characters for any others."""
    found = s3_url(url)
    if _GLOB & set(found):
        what = f"the name '{url}' holds one of * ? [, which COPY takes for any characters"
        raise FormatError(what, "rename the file, or say s3=off in the URL of the database")
    return found
