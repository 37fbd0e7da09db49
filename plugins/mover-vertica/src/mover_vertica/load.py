"""Loading by COPY FROM STDIN, through the driver."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mover_vertica.columns import FILLED, arrow_columns, text_columns
from mover_vertica.options import CopyOptions, copy_options
from mover_vertica.rejected import Place
from mover_vertica.statements import CopyStatement
from records_mover.errors import ColumnMismatchError, LoadUnloadError
from records_mover.formats import DelimitedRecordsFormat
from records_mover.parts import Batches, Form, Loaded, Offer, Refusal, Streams, Tier
from records_mover.schema import DecimalConstraints
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mover_vertica.copying import Copying
    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Ask, LoadJob, Part, Payload
    from records_mover.schema import Field

__all__ = ["LIKED", "VerticaCopy", "unable"]

DIALECTS = frozenset({"vertica"})

LIKED = DelimitedRecordsFormat(
    "bluelabs",
    {
        "compression": None,
        "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
        "boolean-format": "t/f",
    },
)
r"""Text with escapes, in which ``\N`` is NULL and no other text is."""

_BATCHES = Form(kind="batches")
_NESTED = frozenset({"array", "json"})


@dataclass(frozen=True, slots=True)
class VerticaCopy:
    """COPY FROM STDIN: takes text as it is, packed too, and Arrow batches by writing such text."""

    name: str = "vertica-copy"
    dialects: frozenset[str] = DIALECTS

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer each form that COPY can read, the one that it reads best, and Arrow batches."""
        liked = [] if _barred(ask, LIKED) else [_streams(LIKED)]
        forms = [form for form in ask.forms if form.kind == "streams" and form not in liked]
        return [
            *(Offer(form=form, cost=Tier.BULK - 1.0) for form in liked),
            *(_answer(ask, form) for form in forms if not (form.format and form.format.opaque)),
            Offer(form=_BATCHES, cost=Tier.RECODE / 2, note="written as text in bulk"),
        ]

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Load every part, each by a COPY of its own, inside the transaction that is open."""
        from mover_vertica.connect import cancelling, driver_connection
        from mover_vertica.copying import Copying
        from mover_vertica.database import as_vertica

        driver = driver_connection(job.landing.connection)
        copying = Copying(database=as_vertica(job.database), job=job, driver=driver)
        with job.cancellation.stopping_by(cancelling(driver)):
            if isinstance(payload, Streams):
                _load_streams(copying, payload)
            elif isinstance(payload, Batches):
                _load_batches(copying, payload)
            else:
                raise LoadUnloadError("COPY FROM STDIN takes no files", "report this defect")
        return Loaded(rows=copying.rows, rejected=copying.rejected)


def _streams(form: BaseRecordsFormat) -> Form:
    return Form(kind="streams", format=form)


def _answer(ask: Ask, form: Form) -> Offer | Refusal:
    why = "COPY needs a format" if form.format is None else unable(ask, form.format)
    if not why and form.format is not None and form.format.format_type == "parquet":
        why = "COPY reads Parquet from files of a store only"
    return Refusal(why=why, form=form) if why else Offer(form=form, cost=Tier.BULK)


def unable(ask: Ask, form: BaseRecordsFormat) -> str:
    """Say why COPY cannot load a format into these columns; nothing where it can."""
    found = copy_options(form, lenient=not ask.instructions.fail_if_cant_handle_hint)
    if not isinstance(found, CopyOptions):
        return "; ".join(map(str, found))
    return _barred(ask, form)


def _barred(ask: Ask, form: BaseRecordsFormat) -> str:
    """Say what stands against a format because of the columns that there are."""
    fields = () if ask.schema is None else ask.schema.fields
    columns = ask.columns or ask.into or tuple(field.name for field in fields)
    delimited = isinstance(form, DelimitedRecordsFormat)
    if delimited and len(columns) <= 1:
        return "COPY takes an empty line for no row, and a row of one column may be empty"
    if delimited and any(field.field_type == "bytes" for field in fields):
        return "COPY would read the text of bytes through 65,000 octets"
    if form.format_type in ("jsonl", "avro"):
        return _barred_by_name(ask, form)
    return ""


def _barred_by_name(ask: Ask, form: BaseRecordsFormat) -> str:
    if ask.schema is None:
        return "COPY is told too little: give the columns types with --schema"
    if ask.into is not None and ask.columns != ask.into:
        return "COPY finds columns by their names, and here they are not the same"
    nested = [field.name for field in ask.schema.fields if field.field_type in _NESTED]
    if nested:
        return f"COPY would take column '{nested[0]}' apart"
    logical = [field for field in ask.schema.fields if not _is_plain(field)]
    if form.format_type == "avro" and logical:
        return f"COPY may not know what Avro says of column '{logical[0].name}'"
    return ""


def _is_plain(field: Field) -> bool:
    facts = field.constraints
    if isinstance(facts, DecimalConstraints):
        return facts.fp_total_bits is not None
    return field.field_type in ("integer", "string", "boolean")


def _load_streams(copying: Copying, payload: Streams) -> None:
    lenient = not copying.job.instructions.fail_if_cant_handle_hint
    options = copy_options(payload.format, lenient=lenient)
    if not isinstance(options, CopyOptions):
        raise LoadUnloadError(f"COPY cannot: {'; '.join(map(str, options))}")
    for part in payload.parts:
        _load_part(copying, part, options)


def _load_part(copying: Copying, part: Part, options: CopyOptions) -> None:
    from mover_vertica.feed import send

    statement = CopyStatement(
        table=copying.target,
        columns=text_columns(copying.table, copying.job.columns, options.formats),
        options=options,
        arguments=ARGUMENTS.get(options.mode, {}),
        **copying.limits(),
    )
    place = Place(source=part.name, skip=options.skip, by_line=options.by_line)
    with closing(part.open()) as stream:
        read = _checked(copying.job, stream)
        copying.run(statement, lambda sql: send(copying.driver, sql, read), lambda _: place)


ARGUMENTS = {
    "json": {
        "flatten_maps": "false",
        "reject_on_duplicate": "true",
        "reject_on_materialized_type_error": "true",
    },
    "avro": {"reject_on_materialized_type_error": "true"},
}
"""What the parsers are told, which else make NULL of what they cannot read."""


def _checked(job: LoadJob, stream: Any) -> Any:
    def read(size: int) -> Any:
        job.cancellation.check()
        return stream.read(size)

    return read


def _load_batches(copying: Copying, payload: Batches) -> None:
    from mover_vertica.arrow_text import Lines
    from mover_vertica.feed import send

    job = copying.job
    names = payload.reader.schema.names
    if len(names) != len(job.columns):
        come = many(len(names), "column comes", "columns come")
        what = f"{come} for the {len(job.columns)} of '{job.landing.shown}'"
        raise ColumnMismatchError(what, "name the columns")
    options = copy_options(LIKED)
    assert isinstance(options, CopyOptions), "it is the format that COPY likes"
    alone = (FILLED,) if len(names) == 1 else ()
    statement = CopyStatement(
        table=copying.target,
        columns=(*arrow_columns(copying.table, job.columns), *alone),
        options=options,
        **copying.limits(),
    )
    lines = Lines(payload.reader, LIKED.validate(), job.cancellation.check, alone=bool(alone))
    place = Place(source="", by_line=False)
    seen = copying.run(
        statement, lambda sql: send(copying.driver, sql, lines.read), lambda _: place
    )
    if seen != lines.rows:
        raise LoadUnloadError(
            f"{many(lines.rows, 'row was', 'rows were')} sent to '{job.landing.shown}', and the "
            f"server counts {seen}"
        )
