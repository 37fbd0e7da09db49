"""Loads one large file, or many files, by several connections at a time into a shared table."""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mover_postgres.connections import driver_connection, stopping
from mover_postgres.errors import DRIVER_ERRORS, translate
from mover_postgres.forms import LARGE
from mover_postgres.loading.cuts import Range, ranges_of_file
from mover_postgres.loading.load import Run, prepared
from mover_postgres.progress import rows_watched
from records_mover.parts import Loaded

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.db import SqlDatabase
    from records_mover.parts import LoadJob, Streams

__all__ = ["load_shared"]


def load_shared(job: LoadJob, payload: Streams, driver: PsycopgConnection) -> Loaded:
    """Load every part; what the other connections have loaded is committed at the end."""
    database: SqlDatabase = job.database  # type: ignore[assignment]  # whose landing it is
    asked = job.landing.sessions
    with ExitStack() as stack:
        run = _prepared(job, driver)
        pieces = _pieces(job, payload, run, asked)
        runs = [run]
        for _ in range(min(asked, len(pieces)) - 1):
            connection = stack.enter_context(database.transaction())
            other = driver_connection(connection)
            stack.enter_context(job.cancellation.stopping_by(stopping(other)))
            runs.append(_prepared(job, other))
        stack.enter_context(rows_watched(job.meter, database, [one.driver for one in runs]))
        rows = _Crew(pieces).load(runs)
    job.meter.rows = rows
    return Loaded(rows=rows)


def _prepared(job: LoadJob, driver: PsycopgConnection) -> Run:
    try:
        return prepared(job, driver)
    except DRIVER_ERRORS as error:
        raise translate(error, f"loading into {job.landing.shown}") from error


def _pieces(job: LoadJob, payload: Streams, run: Run, asked: int) -> list[Range]:
    """Cut what is large, unless there are files enough for everyone."""
    counted = job.meter.bytes
    pieces: list[Range] = []
    for part in payload.parts:
        few = len(payload.parts) < 2 * asked
        many = asked if few and (part.size or 0) >= LARGE else 1
        pieces += ranges_of_file(part, many, run.options)
    job.meter.bytes = counted  # what was read to find the cuts is read again
    return pieces


class _Halted(Exception):
    """Another connection has failed."""


@dataclass(slots=True)
class _Crew:
    """Connections that take one piece after another, until there are none or one has failed."""

    pieces: list[Range]
    failures: list[BaseException] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def load(self, runs: list[Run]) -> int:
        """Load every piece, and return the count of rows; raises what failed first."""
        waiting: queue.SimpleQueue[Range] = queue.SimpleQueue()
        for piece in self.pieces:
            waiting.put(piece)
        threads = [
            threading.Thread(target=self._work, args=(run, waiting), name="mover-copy", daemon=True)
            for run in runs[1:]
        ]
        for thread in threads:
            thread.start()
        try:
            self._work(runs[0], waiting)
        except BaseException as error:
            self.failures.append(error)
            raise
        finally:
            for thread in threads:
                thread.join()
        if self.failures:
            raise self.failures[0]
        return sum(self.rows)

    def _work(self, run: Run, waiting: queue.SimpleQueue[Range]) -> None:
        try:
            while not self.failures:
                self.rows.append(self._of(run, waiting.get_nowait()))
        except (queue.Empty, _Halted):
            return
        except Exception as error:  # noqa: BLE001  raised again on the calling thread
            self.failures.append(error)

    def _of(self, run: Run, piece: Range) -> int:
        if piece.start:
            options = replace(
                run.options, copy=replace(run.options.copy, header=False), skip_header=False
            )
            before, whole = piece.lines_before, (run, piece.whole)
            run = replace(run, options=options, lines_before=before, whole=whole)
        run = replace(run, halted=self._halted)
        return run.load(piece.part)

    def _halted(self) -> None:
        if self.failures:
            raise _Halted
