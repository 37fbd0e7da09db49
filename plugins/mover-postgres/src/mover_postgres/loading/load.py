"""Loading by COPY FROM STDIN, with no row looked at on the way."""

from __future__ import annotations

import logging
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from mover_postgres.forms import options_or_error
from mover_postgres.options import load_options
from records_mover.errors import BadRowError
from records_mover.frozen import frozen
from records_mover.parts import Loaded, Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.options import LoadOptions
    from mover_postgres.salvage.again import Again
    from mover_postgres.salvage.run import Reading
    from mover_postgres.statements import Output
    from mover_postgres.watched.roundings import Watched
    from mover_postgres.wire.blocks import Intake
    from records_mover.parts import LoadJob, Part, RejectSink

__all__ = ["Run", "load_streams", "prepared"]

logger = logging.getLogger(__name__)

LARGE = 16 << 20
"""Bytes of a file from which on it can pay to parse it here."""
PARSED = 64 << 20
"""Bytes from which on it is done unasked; below, starting up costs more than it saves."""

_PARSERS = 4
_NO_TEXT = "22021"


def load_streams(job: LoadJob, payload: Streams, driver: PsycopgConnection) -> Loaded:
    """Load every part, each by a COPY of its own."""
    from mover_postgres.errors import DRIVER_ERRORS, translate

    try:
        run = prepared(job, driver)
    except DRIVER_ERRORS as error:
        raise translate(error, f"loading into {job.landing.table}") from error
    rows = 0
    rejected = job.rejects.count if job.rejects is not None else 0
    for part in payload.parts:
        job.cancellation.check()
        loaded = _in_binary(run, part)
        rows += run.load(part) if loaded is None else loaded
        job.meter.rows = rows
    if job.rejects is not None:
        rejected = job.rejects.count - rejected
    return Loaded(rows=rows, rejected=rejected)


def _in_binary(run: Run, part: Part) -> int | None:
    """Load a large file by parsing it here, which spares the server; None leaves it to COPY.

    It takes more of this machine than it takes off the server, and so is not done where there is
    but one processor. Where one stream was asked for, one thread parses.
    """
    job = run.job
    size = part.size or job.meter.total_bytes or 0
    processors = os.cpu_count() or 1
    enough = LARGE if (job.parallel or 1) > 1 else PARSED
    if not part.rereadable or size < enough or processors < 2:
        return None
    # The driver and the server have the other one, or as good as that.
    workers = min(job.parallel or processors, processors - 1, _PARSERS)
    from mover_postgres.binary.ladder import Declined, plan_csv

    with run.driver.cursor() as cursor:
        table, columns = job.landing.table, job.columns
        ladder = plan_csv(cursor, table, columns, run.options, run.watched, workers)
        if isinstance(ladder, str):
            logger.debug("%s goes as text: %s", part.name, ladder)
            return None
        try:
            return ladder.run(cursor, part, job.meter, job.cancellation)
        except Declined as why:
            logger.info("%s goes as text: %s", part.name, why)
            return None


def prepared(job: LoadJob, driver: PsycopgConnection) -> Run:
    """Set the session up for one load, and return what runs it."""
    from mover_postgres.connections import EXACT_TEXT, set_locally
    from mover_postgres.outputs import field_types, inputs_of
    from mover_postgres.watched.roundings import watched_columns

    def loaded() -> list[Output]:
        inputs = inputs_of(driver, job.landing.table)
        return [column for column in inputs if column.name in job.columns]

    options = options_or_error(
        job.form,
        load_options,
        server=driver.server_version,
        types=lambda: field_types(loaded()),
    )
    set_locally(driver, {**EXACT_TEXT, "datestyle": options.date_style})
    forced = loaded() if options.null_if_quoted_empty else []
    return Run(
        job,
        driver,
        options,
        [column.name for column in forced if column.is_never_text],
        watched=watched_columns(driver, job.landing.table, job.columns, (*job.lossy, *job.fitted)),
    )


def _state(error: BaseException) -> str | None:
    return getattr(error, "pgcode", None)


@frozen(kw_only=False)
class Run:
    """One load: the statement that every part goes through.

    A run over a range of a file knows what comes ``before`` it: how many lines, asked when there
    is an error to tell, and the run and the part of which it is a range. ``halted`` is asked
    before each block, and raises where another connection has failed. ``watched`` are columns in
    which the server would change a value without a word.
    """

    job: LoadJob
    driver: PsycopgConnection
    options: LoadOptions
    force_null: Sequence[str]
    lines_before: Callable[[], int] = lambda: 0
    whole: tuple[Run, Part] | None = None
    halted: Callable[[], None] = lambda: None
    watched: tuple[Watched, ...] = ()

    @property
    def codec(self) -> str:
        """Python's name of the encoding that the rows are in."""
        from records_mover.formats import DelimitedRecordsFormat

        form = self.job.form.format
        return form.validate().codec if isinstance(form, DelimitedRecordsFormat) else "utf-8"

    def load(self, part: Part) -> int:
        """Load one part and return its count of rows."""
        if self.job.rejects is None:
            with closing(part.open()) as stream:
                return self.copy(part, stream)
        from mover_postgres.salvage.again import Again

        with Again(part) as again:
            return self._load_what_fits(part, again, self.job.rejects)

    def _load_what_fits(self, part: Part, again: Again, sink: RejectSink) -> int:
        """Load as quickly as ever; only when a row is refused, load the others with care."""
        from mover_postgres.errors import DRIVER_ERRORS, translate
        from mover_postgres.salvage.find import undoing
        from mover_postgres.salvage.run import Salvage

        counted = self.job.meter.bytes
        try:
            with undoing(self.driver), closing(again.open()) as stream:
                return self.copy(part, stream)
        except BadRowError as error:
            if error.__cause__ is None and error.column is None:
                raise  # a trap in the file that leads the server astray
            suspect = error.column
        job = self.job
        salvage = Salvage(
            job=job,
            sink=sink,
            driver=self.driver,
            read=lambda: self._reading(part, again, counted),
            copy=self.options.copy,
            codec=self.codec,
            source=part.name,
            suspect=suspect,
            force_null=self.force_null,
            watched=self.watched,
        )
        try:
            return salvage.run()
        except DRIVER_ERRORS as error:
            job.cancellation.check()
            doing = f"loading the good rows of {part.name} into {job.landing.table}"
            raise translate(error, doing) from error

    @contextmanager
    def _reading(self, part: Part, again: Again, counted: int) -> Iterator[Reading]:
        """Read a part once more; its bytes, of which so many came before, are counted once."""
        from mover_postgres.salvage.run import Reading
        from mover_postgres.wire.blocks import Intake

        if part.rereadable:
            self.job.meter.bytes = counted
        with closing(again.open()) as stream:
            server = self.driver.server_version
            intake = Intake(stream, self.options, server=server, source=part.name)
            yield Reading(intake.blocks(), lambda: intake.lines_before)

    def _watched(self, blocks: Iterator[bytes], intake: Intake, part: Part) -> Iterator[bytes]:
        if not self.watched:
            return blocks
        from mover_postgres.watched.watch import watched

        return watched(
            blocks,
            self.watched,
            self.options.copy,
            codec=self.codec,
            source=part.name,
            line=lambda seen: seen + intake.lines_before + self.lines_before(),
        )

    def copy(self, part: Part, stream: BinaryIO) -> int:
        """Load one part and return its count of rows."""
        from mover_postgres.errors import DRIVER_ERRORS, translate
        from mover_postgres.statements import copy_in
        from mover_postgres.wire.blocks import Intake
        from mover_postgres.wire.feed import send

        job = self.job
        statement = copy_in(
            job.landing.table, job.columns, self.options.copy, force_null=self.force_null
        )
        intake = Intake(stream, self.options, server=self.driver.server_version, source=part.name)
        blocks = self._watched(self._blocks(intake), intake, part)
        try:
            return send(self.driver, statement.as_string(self.driver), blocks)
        except DRIVER_ERRORS as error:
            job.cancellation.check()
            doing = f"loading {part.name} into {job.landing.table}"
            bad = translate(error, doing, source=part.name, line=self._line(intake))
            if job.rejects is None and part.rereadable and _state(error) == _NO_TEXT:
                run, whole = self.whole or (self, part)
                bad = run._located(whole) or bad  # noqa: SLF001  another of this class
            raise bad from error

    def _line(self, intake: Intake) -> Callable[[int], int]:
        return lambda counted: intake.line(counted) + self.lines_before()

    def _located(self, part: Part) -> BadRowError | None:
        """Say in which column bytes stand that are no text, which the server does not tell."""
        from mover_postgres.salvage.again import Again
        from mover_postgres.salvage.cut import Cutter

        cutter = Cutter(
            self.options.copy, self.job.columns, codec=self.codec, header=self.options.copy.header
        )
        with Again(part) as again, self._reading(part, again, self.job.meter.bytes) as reading:
            for piece in cutter.pieces(reading.blocks):
                for record, bad in sorted(piece.bad.items()):
                    if not bad.is_text:
                        (line,) = piece.lines([record])
                        return bad.error(part.name, line + reading.lines_before(), self.job.columns)
        return None

    def _blocks(self, intake: Intake) -> Iterator[bytes]:
        for block in intake.blocks():
            self.job.cancellation.check()
            self.halted()
            yield block
