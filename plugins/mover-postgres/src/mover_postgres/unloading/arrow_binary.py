"""The unloader ``postgres-binary-arrow``: binary COPY, decoded into Arrow batches in bulk."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from struct import Struct
from typing import TYPE_CHECKING

from mover_postgres.unloading.copy_out import unloading
from records_mover.bridge import pulled
from records_mover.parts import Batches, Form, Offer, Refusal, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    import pyarrow as pa

    from mover_postgres.decode.columns import Decoder
    from mover_postgres.decode.messages import Rows
    from mover_postgres.wire.frames import Wired
    from records_mover.parts import Ask, Payload, UnloadJob

__all__ = ["BinaryArrow"]

_BATCHES = Form(kind="batches")
_COST = Tier.BULK + Tier.RECODE / 4
_head = Struct(">cI").pack


class BinaryArrow:
    """Gives Arrow batches of rows whose binary form is known here."""

    name = "postgres-binary-arrow"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches, unless the text of COPY is what is wanted in the end."""
        if _BATCHES not in ask.forms or any(_is_text(form) for form in ask.forms):
            return ()
        if ask.instructions.tolerant:
            return (Refusal(why="rows to be left out are told of as text", form=_BATCHES),)
        found = _decoder(ask)
        if isinstance(found, str):
            return (Refusal(why=found, form=_BATCHES),)
        return (Offer(form=_BATCHES, cost=_COST, note="decoded in bulk"),)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Read in one snapshot, and decode the rows as they come."""
        import pyarrow as pa

        from mover_postgres.wire.pgcopy import PgCopyFormat
        from records_mover.formats.ordered import in_order

        found = _decoder(job)
        assert not isinstance(found, str), "refused before"
        form = Form(kind="streams", format=PgCopyFormat(()))
        with unloading(replace(job, form=form), binary=True, turns=True) as streams:
            (part,) = streams.parts
            wired: Wired = part.open  # type: ignore[assignment]  # binary streams are
            batches = in_order(_rows(job, wired, found), partial(_batch, found))
            reader = pa.RecordBatchReader.from_batches(found.schema, _counted(job, batches))
            try:
                yield Batches(reader=reader, schema=job.schema)
            finally:
                batches.close()


def _batch(found: Decoder, rows: Rows) -> pa.RecordBatch:
    batch = found.batch(rows)
    rows.release()
    return batch


def _is_text(form: Form) -> bool:
    from records_mover.formats import DelimitedRecordsFormat

    return isinstance(form.format, DelimitedRecordsFormat)


def _decoder(asked: Ask | UnloadJob) -> Decoder | str:
    from mover_postgres.decode.columns import decoder
    from mover_postgres.source import source_types

    schema = asked.schema or asked.database.schema_of(asked.selection)
    types = source_types(asked.database, asked.selection)
    return decoder(types, schema.to_arrow())


def _counted(job: UnloadJob, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in batches:
        job.cancellation.check()
        rows += batch.num_rows
        job.meter.rows = rows
        yield batch


def _rows(job: UnloadJob, wired: Wired, found: Decoder) -> Iterator[Rows]:
    """Yield the rows: past the driver where its socket is bare, else by way of it."""
    from mover_postgres.connections import stopping
    from mover_postgres.errors import DRIVER_ERRORS, translate
    from mover_postgres.wire.frames import is_bare

    doing = f"reading {job.selection}"
    driver = wired.driver
    try:
        yield from _past(job, wired, found) if is_bare(driver) else _driven(job, wired, found)
    except DRIVER_ERRORS as error:
        driver.close()
        job.cancellation.check()
        raise translate(error, doing) from error
    except BaseException:
        stopping(driver)()
        driver.close()
        raise


def _past(job: UnloadJob, wired: Wired, found: Decoder) -> Iterator[Rows]:
    from mover_postgres.decode.messages import BinaryInbox
    from mover_postgres.wire.lanes import in_turn

    before, check = 0, job.cancellation.check
    drivers = [wired.driver, *wired.others]
    inbox = partial(BinaryInbox, found.columns)
    with closing(in_turn(drivers, wired.statements(), inbox, check)) as pieces:
        for rows in pieces:
            job.meter.add_bytes(int(rows.ends[-1] - rows.starts[0]))
            yield replace(rows, before=before)
            before += rows.count


class _Framing:
    """Puts the heads of their messages before rows that the driver has taken them from."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink

    def write(self, row: bytes) -> int:
        self._sink.write(_head(b"d", len(row) + 4))
        return self._sink.write(row)


def _driven(job: UnloadJob, wired: Wired, found: Decoder) -> Iterator[Rows]:
    from mover_postgres.connections import stopping
    from mover_postgres.decode.messages import rows_of

    def push(sink: BinaryIO) -> None:
        with wired.driver.cursor() as cursor:
            cursor.copy_expert(wired.statement, _Framing(sink))

    with closing(job.meter.counting(pulled(push, stop=stopping(wired.driver)))) as stream:
        yield from rows_of(stream.readinto, found.columns)  # type: ignore[attr-defined]  # a Reader
