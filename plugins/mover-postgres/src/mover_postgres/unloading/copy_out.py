"""The unloader ``postgres-copy-out``: COPY TO STDOUT as a stream that is read as it comes."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from mover_postgres.forms import answers, preferred
from mover_postgres.options import unload_options
from mover_postgres.unloading.run import Run
from mover_postgres.unloading.snapshot import beside, snapshot_of
from records_mover.parts import Offer, Refusal, Streams, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Ask, Payload, Selection, UnloadJob

__all__ = ["CopyOut", "unloading"]


class CopyOut:
    """Gives the rows of a table, a view or a query as delimited text."""

    name = "postgres-copy-out"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer each form that COPY can write, and the two that it writes best."""
        liked = preferred(text=Tier.BULK + 0.1, csv=Tier.BULK)
        return answers(ask, unload_options, Tier.BULK, liked)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Read in one snapshot, a large table in several streams; closing one cancels its COPY."""
        from mover_postgres.connections import driver_connection, stopping
        from mover_postgres.progress import rows_watched

        with ExitStack() as stack:
            connection = stack.enter_context(snapshot_of(job.database))
            driver = driver_connection(connection)
            run = Run(job, driver)
            run.prepare()
            stack.enter_context(job.cancellation.stopping_by(stopping(driver)))
            taking_turns = job.single and run.is_bare
            others = [] if taking_turns else _others(job, run, driver, stack)
            if taking_turns:
                run.take_turns(stack)
            stack.callback(run.close, connection)
            backends = [*run.drivers, *(other.driver for _, other in others)]
            stack.enter_context(rows_watched(job.meter, job.database, backends))
            payload = run.payload(connection)
            yield replace(
                payload, parts=(*payload.parts, *(other.part(at) for at, other in others))
            )


def _others(
    job: UnloadJob, run: Run, driver: PsycopgConnection, stack: ExitStack
) -> list[tuple[int, Run]]:
    """Cut the table into ranges, the first of them for ``run``, and open the others."""
    from mover_postgres.ranges import export_snapshot

    ranges = run.ranges()
    if not ranges:
        return []
    name = export_snapshot(driver)
    run.prepare(ranges[0])
    others = []
    for number, blocks in enumerate(ranges[1:], start=2):
        connection, another = beside(job, name, stack)
        other = Run(job, another, counts=run.counts)
        other.prepare(blocks)
        stack.callback(other.close, connection)
        others.append((number, other))
    return others


@contextmanager
def unloading(
    job: UnloadJob,
    respelled: Callable[[PsycopgConnection], Selection] | None = None,
    *,
    binary: bool = False,
    turns: bool = False,
) -> Iterator[Streams]:
    """Read as one stream; ``respelled`` returns another query for the same rows.

    Where it may take ``turns``, a large table is read by several connections.
    """
    from mover_postgres.connections import driver_connection, stopping
    from mover_postgres.progress import rows_watched

    with ExitStack() as stack:
        connection = stack.enter_context(snapshot_of(job.database))
        driver = driver_connection(connection)
        run = Run(job, driver, rows=respelled(driver) if respelled else None)
        run.prepare_binary() if binary else run.prepare()
        stack.enter_context(job.cancellation.stopping_by(stopping(driver)))
        if turns and run.is_bare:
            run.take_turns(stack)
        stack.callback(run.close, connection)
        if not binary:  # where it is the target that tells
            stack.enter_context(rows_watched(job.meter, job.database, [driver]))
        yield run.payload(connection)
