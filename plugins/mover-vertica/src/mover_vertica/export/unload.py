"""The unloaders ``vertica-export`` and ``vertica-s3export``: the server writes files into S3."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mover_vertica.export.options import ExportOptions, export_options, s3export_options
from mover_vertica.export.run import Run
from mover_vertica.export.selecting import cannot_carry
from records_mover.errors import LoadUnloadError
from records_mover.formats import DelimitedRecordsFormat, ParquetRecordsFormat
from records_mover.parts import Reach, Refusal, Tier, write_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mover_vertica.export.run import Statements
    from mover_vertica.options import Unable
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, Offer, Payload, UnloadJob

    Options = Callable[[BaseRecordsFormat], ExportOptions | tuple[Unable, ...]]

__all__ = ["VerticaExport", "VerticaS3Export"]

log = logging.getLogger(__name__)

_DIALECTS = frozenset({"vertica"})
_SCHEMES = frozenset({"s3", "s3a"})
_TEXT = {
    "header-row": False,
    "dateformat": "YYYY-MM-DD",
    "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
}
"""Text is enclosed in scratch space: where it is not, nothing escapes a carriage return."""
_PACKED = DelimitedRecordsFormat("csv", {**_TEXT, "compression": "GZIP"})
_LIBRARY = DelimitedRecordsFormat("csv", {**_TEXT, "compression": None})
_BARE = "a carriage return that nothing encloses is not escaped, which not every reader takes"
_S3_IS_OFF = "s3=off says that Vertica is not to use S3 itself"
_FIRST = Tier.SERVER_SIDE - 0.1
"""Whoever has S3EXPORT switched on wants it."""
_TEXT_SINCE, _DEPRECATED_SINCE = (11,), (11,)


@dataclass(frozen=True, slots=True)
class VerticaExport:
    """EXPORT TO PARQUET and EXPORT TO DELIMITED into S3."""

    name: str = "vertica-export"
    dialects: frozenset[str] = _DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what EXPORT writes of these columns, into S3 or into scratch space."""
        from mover_vertica.database import as_vertica

        database = as_vertica(ask.database)
        if not database.settings.s3:
            return [Refusal(why=_S3_IS_OFF)]
        return _answers(ask, "EXPORT", database.version, (ParquetRecordsFormat(), _PACKED))

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Have the server write the files, and give them."""
        yield _run(job, export_options, "EXPORT")


@dataclass(frozen=True, slots=True)
class VerticaS3Export:
    """S3EXPORT, for servers that know no EXPORT TO DELIMITED."""

    name: str = "vertica-s3export"
    dialects: frozenset[str] = _DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer what S3EXPORT writes of these columns, where it is wanted."""
        from mover_vertica.database import as_vertica

        database = as_vertica(ask.database)
        if not database.settings.s3:
            return []  # EXPORT has said so
        if not _wants_library(database.settings.s3export, database.version):
            return []
        return _answers(ask, "S3EXPORT", database.version, (_LIBRARY,), _FIRST)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Have the server write the files, and give them."""
        yield _run(job, s3export_options, "S3EXPORT")


def _wants_library(said: bool | None, version: tuple[int, ...]) -> bool:
    return version < _DEPRECATED_SINCE if said is None else said


def _answers(
    ask: Ask,
    statement: Statements,
    version: tuple[int, ...],
    liked: tuple[BaseRecordsFormat, ...],
    cost: float = float(Tier.SERVER_SIDE),
) -> Sequence[Offer | Refusal]:
    schema = ask.database.schema_of(ask.selection)
    lenient = not ask.instructions.fail_if_cant_handle_hint

    def unable(form: BaseRecordsFormat) -> str:
        found = export_options(form) if statement == "EXPORT" else s3export_options(form)
        if not isinstance(found, ExportOptions):
            return "; ".join(map(str, found))
        if statement == "EXPORT" and found.mode == "delimited" and version < _TEXT_SINCE:
            return "EXPORT TO DELIMITED came with Vertica 11"
        return cannot_carry(schema, found, statement, lenient=lenient)

    reach = Reach(
        statement=statement,
        schemes=_SCHEMES,
        unable=unable,
        liked=tuple(form for form in liked if not unable(form)),
        cost=cost,
    )
    bare = [form for form in ask.forms if form.place == ask.scratch and _is_bare(form.format)]
    refused = [Refusal(why=_BARE, form=form) for form in bare]
    rest = tuple(form for form in ask.forms if form not in bare)
    return [*write_answers(replace(ask, forms=rest), reach), *refused]


def _is_bare(form: BaseRecordsFormat | None) -> bool:
    return isinstance(form, DelimitedRecordsFormat) and form.hints["quoting"] is None


def _run(job: UnloadJob, options: Options, statement: Statements) -> Payload:
    form = job.form.format
    if job.stores is None or form is None:
        raise LoadUnloadError(f"{statement} writes files in S3 only", "report this defect")
    found = options(form)
    if not isinstance(found, ExportOptions):
        raise LoadUnloadError(f"{statement} cannot: {'; '.join(map(str, found))}")
    return Run.of(job, job.stores, found, statement).files(form)
