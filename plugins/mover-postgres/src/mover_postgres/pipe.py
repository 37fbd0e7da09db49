"""From one PostgreSQL into another by binary COPY at both ends: no value is written or read."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mover_postgres.unloading.copy_out import unloading
from records_mover.errors import LoadUnloadError
from records_mover.parts import Form, Loaded, Offer, Refusal, Streams, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.signature import ColumnType
    from mover_postgres.wire.frames import Wired
    from records_mover.parts import Ask, LoadJob, Part, Payload, UnloadJob

__all__ = ["BinaryIn", "BinaryOut"]

_COST = Tier.BULK * 0.6


def _payloads(types: Sequence[ColumnType]) -> tuple[str, ...]:
    return tuple(column.payload for column in types)


def _form(types: Sequence[ColumnType]) -> Form:
    from mover_postgres.wire.pgcopy import PgCopyFormat

    return Form(kind="streams", format=PgCopyFormat(_payloads(types)))


def _without_binary(types: Sequence[ColumnType]) -> str | None:
    for column in types:
        if not column.payload:
            what = f"column {column.column!r} is {column.name}"
            return f"{what}, whose binary form means nothing elsewhere"
    return None


class BinaryOut:
    """Gives rows as binary COPY, to whoever asks for that."""

    name = "postgres-binary-out"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer the binary form of the rows' own types, where the target is a PostgreSQL."""
        from mover_postgres.wire.pgcopy import PgCopyFormat

        if not any(isinstance(form.format, PgCopyFormat) for form in ask.forms):
            return ()
        from mover_postgres.source import source_types

        types = source_types(ask.database, ask.selection)
        why = _without_binary(types)
        return (Offer(form=_form(types), cost=_COST) if why is None else Refusal(why=why),)

    def unload(self, job: UnloadJob) -> AbstractContextManager[Payload]:
        """Read in one snapshot; closing the stream early cancels the COPY."""
        return unloading(job, binary=True)


class BinaryIn:
    """Takes binary COPY of the same types."""

    name = "postgres-binary-in"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer the binary form of the table's own types, and refuse that of any other."""
        from mover_postgres.source import NO_CHOICE, postgres_source, target_types

        if postgres_source(ask) is None:
            return ()
        if ask.instructions.tolerant:
            return (Refusal(why=NO_CHOICE),)
        types = target_types(ask)
        why = _without_binary(types)
        if why is not None:
            return (Refusal(why=why),)
        own = Offer(form=_form(types), cost=_COST, note="no value is looked at")
        return (own, *_refusals(ask, types))

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Load every part, each by a COPY of its own, inside the transaction that is open."""
        from mover_postgres.connections import (
            BINARY_SETTINGS,
            driver_connection,
            set_locally,
            stopping,
        )
        from mover_postgres.progress import rows_watched

        if not isinstance(payload, Streams):
            raise LoadUnloadError("binary COPY comes as a stream", "this is a defect; report it")
        driver = driver_connection(job.landing.connection)
        with (
            job.cancellation.stopping_by(stopping(driver)),
            rows_watched(job.meter, job.database, [driver]),
        ):
            set_locally(driver, BINARY_SETTINGS)
            rows = 0
            for part in payload.parts:
                rows += _copied(job, driver, part)
                job.meter.rows = rows
        return Loaded(rows=rows)


def _refusals(ask: Ask, into: Sequence[ColumnType]) -> Iterator[Refusal]:
    from mover_postgres.source import source_types
    from mover_postgres.wire.pgcopy import PgCopyFormat

    source = ask.source
    assert source is not None, "only rows of a database come in binary"
    for form in ask.forms:
        if isinstance(form.format, PgCopyFormat) and form.format.payloads != _payloads(into):
            types = source_types(source.database, source.selection)
            yield Refusal(why=_difference(types, into), form=form)


def _difference(types: Sequence[ColumnType], into: Sequence[ColumnType]) -> str:
    for here, there in zip(types, into, strict=True):
        if here.payload != there.payload:
            what = (here.name, there.name)
            if here.name == there.name:
                what = (here.payload, there.payload)
            return f"column {here.column!r} is {what[0]} in the source and {what[1]} in the target"
    return "the columns differ"


_BLOCK = 1 << 20


def _copied(job: LoadJob, driver: PsycopgConnection, part: Part) -> int:
    """Load a part: past both drivers where their sockets are bare, else through them."""
    from mover_postgres.binary.command import check_count, statement
    from mover_postgres.errors import DRIVER_ERRORS, translate
    from mover_postgres.wire.frames import Wired, is_bare

    try:
        with driver.cursor() as cursor:
            command = statement(job.landing.table, job.columns, cursor)
            wired = part.open
            if isinstance(wired, Wired) and is_bare(wired.driver) and is_bare(driver):
                sent, counted = _pumped(job, wired, driver, command)
            else:
                counted = _sent(job, driver, part, command)
                sent = job.meter.rows
            check_count(cursor, job.landing.table, sent=sent, counted=counted)
            return counted
    except DRIVER_ERRORS as error:
        job.cancellation.check()
        doing = f"copying {part.name} into {job.landing.table}"
        raise translate(error, doing, unit="row") from error


def _pumped(job: LoadJob, wired: Wired, driver: PsycopgConnection, command: str) -> tuple[int, int]:
    from mover_postgres.wire.frames import pump

    def passed(count: int) -> None:
        job.cancellation.check()
        job.meter.add_bytes(count)

    return pump((wired.driver, wired.statement), (driver, command), passed)


def _sent(job: LoadJob, driver: PsycopgConnection, part: Part, command: str) -> int:
    from mover_postgres.wire.feed import send

    def blocks(stream: BinaryIO) -> Iterator[bytes]:
        while block := stream.read(_BLOCK):
            job.cancellation.check()
            yield block

    with closing(part.open()) as stream:
        return send(driver, command, blocks(stream))
